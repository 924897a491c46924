"""All that the sources of one sheet look into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hisops.model.report import Report
from hisops.report.moments import Reached
from hisops.report.sheet import Cell, Ref
from hisops.report.story import Story
from hisops.report.tongue import Tongue


@dataclass(frozen=True, slots=True)
class Logs:
    """The form, and the runs that it is filled from: it is about the first of `stories`, the others followed."""

    form: Report
    stories: tuple[Story, ...]
    moments: Mapping[str, Reached | None]
    tongue: Tongue

    def asked(self, of: str) -> tuple[Story, ...]:
        """Return the runs that a source looks into."""
        return self.stories if of == "all" else self.stories[:1]

    def blank(self) -> Cell:
        """Return what stands where nobody wrote anything."""
        return Cell(text=self.tongue.say(self.form.words.not_recorded), blank=True)

    def unknown(self, refs: tuple[Ref, ...]) -> Cell:
        """Return what stands where the logs have something that cannot be measured."""
        return Cell(text=self.tongue.say(self.form.words.not_measurable), refs=refs, tone="care")
