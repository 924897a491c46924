"""`scenarios/v1`: rehearsals of a runbook in a lab. What goes wrong, how people act, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hisops.model.pattern import Regex
from hisops.model.text import Definition, DefinitionId, Name, StepId, Text

FaultName = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(@[a-z-]+)?$")]
ScenarioId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class FromLab(Definition):
    """A value that lies in the lab: the path of the one file that the pattern `file` finds there, or its digest."""

    file: str
    digest: Literal["sha256"] | None = None


Given = str | int | bool | FromLab


class Act(Definition):
    """One stretch of a rehearsal: faults that begin and end, then the run goes on as far as it goes.

    Every gate on the way is passed. `exit` is what the command ends with, `state` how the run stands then, `steps` how
    single steps stand, `passed` states that a step must have been in by then, `named` what the output must speak of,
    `starts` how often a tool was started in the lab since the scenario began (`opatch apply: 1`), by its own record.
    `undo` has the run undone back to a step, in place of going on.
    """

    begin: tuple[FaultName, ...] = ()
    end: tuple[FaultName, ...] = ()
    undo: StepId | None = None
    exit: int | Annotated[tuple[int, ...], Field(min_length=1)]
    state: str | None = None
    steps: dict[StepId, str] = Field(default_factory=dict)
    passed: dict[StepId, str] = Field(default_factory=dict)
    named: tuple[Regex, ...] = ()
    starts: dict[str, int] = Field(default_factory=dict)

    @property
    def exits(self) -> tuple[int, ...]:
        """The exit codes that are as expected."""
        return (self.exit,) if isinstance(self.exit, int) else self.exit


class Scenario(Definition):
    """One rehearsal, from a lab as it was made. The first act plans and runs; a plan that is refused ends it."""

    id: ScenarioId
    title: Text
    begin: tuple[FaultName, ...] = ()
    values: dict[Name, Given] = Field(default_factory=dict)
    answers: dict[StepId, str] = Field(default_factory=dict)
    acts: tuple[Act, ...] = Field(min_length=1)


class Scenarios(Definition):
    """All rehearsals of one runbook on one target of the lab."""

    hisops: Literal["scenarios/v1"]
    runbook: DefinitionId
    target: str
    values: dict[Name, Given] = Field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = Field(min_length=1)
