"""How far a run goes this time: one step, up to a step, or back instead of forward."""

from __future__ import annotations

from dataclasses import dataclass

from hisops.engine.leaving import Leave
from hisops.model.runbook import Step
from hisops.ports import Operator, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOrder:
    """Somebody wants the run undone, back to and including the step `to` (None: all of it)."""

    by: str
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What was asked for on the command line. `single`: at a terminal Enter before each step, without one one step.

    `break_glass` says why to do without approvals.
    """

    until: str | None = None
    single: bool = False
    undo: UndoOrder | None = None
    break_glass: str | None = None

    @property
    def words(self) -> str:
        """The options that ask for as much again."""
        return (f" --until {self.until}" if self.until else "") + (" --step" if self.single else "")


class Pace:
    """Keeps a run to its course."""

    def __init__(self, operator: Operator, course: Course) -> None:
        self._operator = operator
        self._course = course
        self._begun = False

    def before(self, step: Step, *, fresh: bool) -> None:
        """Leave before `step` if this was not asked for. What is open already (not `fresh`) is only settled."""
        if not self._course.single:
            return
        if self._operator.interactive:
            if fresh and self._operator.ask(Question(step=step.id, part="step", text=""), lambda: False) is None:
                raise Leave("PAUSED", f"paused before {step.id}, as asked")
            return
        if self._begun:
            raise Leave("PAUSED", f"paused before {step.id}, as asked")
        self._begun = True

    def after(self, step: Step) -> None:
        """Leave after `step` if the run was to go no further."""
        if self._course.until == step.id:
            raise Leave("PAUSED", f"paused after {step.id}, as asked")
