"""What rehearsals came to, and what of their runbook they never met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from rich.text import Text

from hisops.console.duration import spoken
from hisops.console.grid import Column, grid, wrapped
from hisops.console.i18n import mark
from hisops.console.theme import BAD, GOOD, STRONG, Page
from hisops.model.coverage import Measure

_KINDS = {
    "steps": mark("steps carried out"),
    "conditions": mark("conditions that did not hold"),
    "failures": mark("steps that failed"),
    "undos": mark("ways back taken"),
    "failure patterns": mark("failure patterns met"),
}


class Outcome(Protocol):
    """What became of one scenario (`cli.rehearsing.Outcome`)."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def run(self) -> str | None:
        """The run that it came to."""

    @property
    def wrong(self) -> Sequence[str]:
        """What was not as expected."""


def outcome_lines(outcome: Outcome, title: str, seconds: float, page: Page) -> list[Text]:
    """Return one scenario: as expected, or what was not."""
    good = not outcome.wrong
    head = Text("  ").append(f"{page.signs.done if good else page.signs.bad} ", GOOD if good else BAD)
    lines = wrapped(f"{outcome.id}  {title}  {spoken(seconds, page.say)}", page.width, first=head, indent=4)
    for text in outcome.wrong:
        lines += wrapped(text, page.width, indent=6)
    return lines


def coverage_lines(runbook: str, measures: Mapping[str, Measure], page: Page) -> list[Text]:
    """Return how much of a runbook was met, and the names of what never was."""
    rows = [
        (page.say(_KINDS[kind]), f"{each.there - len(each.never)}/{each.there}", ", ".join(each.never))
        for kind, each in measures.items()
    ]
    head = Text(f"  {runbook}", STRONG).append("   " + page.say("never met, in the last column"))
    return [head, *grid([Column(), Column(align="right"), Column(wraps=True)], rows, page.width, indent=4)]


def rehearsal_document(runbook: str, outcomes: Sequence[Outcome], measures: Mapping[str, Measure]) -> dict[str, Any]:
    """Return the same for `--json`."""
    return {
        "runbook": runbook,
        "scenarios": [{"id": each.id, "run": each.run, "wrong": list(each.wrong)} for each in outcomes],
        "coverage": {kind: asdict(each) for kind, each in measures.items()},
    }
