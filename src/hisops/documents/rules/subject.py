"""What rules look at: a runbook, and what is known around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from hisops.documents.findings import Finding
from hisops.documents.load import Loaded
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.model.judge import Action, Judge
from hisops.model.runbook import Call, Runbook, Step
from hisops.model.site import TargetType

ACTIONS = ("sh", "sql", "upload", "manual", "wait", "reconcile", "uses")


class Shelf(Protocol):
    """What rules ask of the library."""

    def runbook(self, name: str) -> Loaded[Runbook]:
        """Return the runbook; a HisopsError if there is none, or it cannot be read."""

    def judge(self, reference: str) -> tuple[Judge, Action]:
        """Return judge and action; a HisopsError if there is none."""

    def target_type(self, engine: str) -> Loaded[TargetType]:
        """Return the target type; a HisopsError if there is none."""


@dataclass(frozen=True)
class Subject:
    """One runbook under the eyes of the rules. `users`: those that led here by `uses`."""

    runbook: Runbook
    shelf: Shelf
    users: tuple[str, ...] = ()

    def steps(self) -> Iterator[tuple[Keys, Step]]:
        """Give every step with the keys that lead to it."""
        for index, step in enumerate(self.runbook.steps):
            yield ("steps", index), step

    def shells(self) -> Iterator[tuple[Keys, Step, str]]:
        """Give every shell script with the keys that lead to it."""
        return self._texts("sh")

    def statements(self) -> Iterator[tuple[Keys, Step, str]]:
        """Give every SQL statement with the keys that lead to it."""
        return self._texts("sql")

    def inputs(self) -> Iterator[tuple[Keys, Step, str]]:
        """Give every stdin text with the keys that lead to it."""
        return self._texts("stdin")

    def calls(self, step: Step, at: Keys) -> Iterator[tuple[Keys, Call]]:
        """Give every call of `step` beside its own action."""
        return (((*at, *keys), call) for keys, call in step.calls.items())

    def parts(self, step: Step, at: Keys) -> Iterator[tuple[Keys, Step | Call]]:
        """Give the step itself and its calls: whatever may carry a script, a statement, a judge."""
        yield at, step
        yield from self.calls(step, at)

    def used(self, step: Step) -> Subject | None:
        """Return the runbook that `step` uses; None if it uses none, none is there or a circle ends here."""
        users = (*self.users, self.runbook.id)
        if step.uses is None or step.uses in users:
            return None
        try:
            return Subject(self.shelf.runbook(step.uses).model, self.shelf, users)
        except HisopsError:
            return None

    def action(self, reference: str | None) -> Action | None:
        """Return the judge's action, or None if there is none (a rule of its own tells)."""
        try:
            return self.shelf.judge(reference)[1] if reference else None
        except HisopsError:
            return None

    @cached_property
    def target_type(self) -> TargetType | None:
        """The type of the target, or None if there is none (a rule of its own tells)."""
        try:
            return self.shelf.target_type(self.runbook.target.engine).model
        except HisopsError:
            return None

    @cached_property
    def place_of(self) -> dict[str, int]:
        """The number of each step by its id; the first counts."""
        found: dict[str, int] = {}
        for index, step in enumerate(self.runbook.steps):
            found.setdefault(step.id, index)
        return found

    def _texts(self, name: str) -> Iterator[tuple[Keys, Step, str]]:
        for at, step in self.steps():
            for keys, part in self.parts(step, at):
                if text := getattr(part, name):
                    yield (*keys, name), step, text


Rule = Callable[[Subject], Iterator[Finding]]


def actions_of(step: Step) -> list[str]:
    """Return the names of the actions that `step` has; a sound step has one."""
    return [name for name in ACTIONS if getattr(step, name) is not None]
