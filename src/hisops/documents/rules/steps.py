"""Which names the steps of a run can have: those written, of a runbook that is used, on an item of a `for_each`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from hisops.documents.load import Loaded
from hisops.errors import HisopsError
from hisops.model.runbook import Runbook


class Books(Protocol):
    """What is asked of the library."""

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all runbooks."""

    def runbook(self, name: str) -> Loaded[Runbook]:
        """Return a runbook; a HisopsError if there is none, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class StepName:
    """A name that steps of a run have; those of a `for_each` end with the item, which only a site knows."""

    name: str
    fanned: bool = False

    def fits(self, asked: str) -> bool:
        """Return whether a step that is asked for may be this one."""
        return asked == self.name or (self.fanned and asked.startswith(f"{self.name}-"))


def step_names(runbook: Runbook, library: Books, users: tuple[str, ...] = ()) -> Iterator[StepName]:
    """Give the names of all steps; a used runbook that cannot be read gives none: that is told where it is linted."""
    for step in runbook.steps:
        fanned = step.for_each is not None
        yield StepName(step.id, fanned)
        if step.uses is None or step.uses in (*users, runbook.id):
            continue
        with suppress(HisopsError):
            for part in step_names(library.runbook(step.uses).model, library, (*users, runbook.id)):
                yield StepName(f"{step.id}-{part.name}", fanned or part.fanned)


def is_known(asked: str, names: Iterable[StepName]) -> bool:
    """Return whether some step may have the name that is asked for."""
    return any(each.fits(asked) for each in names)
