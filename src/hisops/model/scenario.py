"""`scenarios/v1`: rehearsals of a runbook in a lab. What goes wrong, how people act, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hisops.model.pattern import Regex
from hisops.model.text import Definition, DefinitionId, Name, StepId, Text

FaultName = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(@[a-z-]+)?$")]
PictureName = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
ScenarioId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class FromLab(Definition):
    """A value that lies in the lab: the path of the one file that `file` finds there, its digest or its text."""

    file: str
    digest: Literal["sha256"] | None = None
    text: bool = False


Given = str | int | bool | FromLab

KILLED = 137
"""What a process that was killed has ended with, as shells tell it."""


class Act(Definition):
    """One stretch of a rehearsal: faults that begin and end, then the run goes on as far as it goes.

    Every gate on the way is passed. `exit` is what the command ends with, `state` how the run stands then, `steps` how
    single steps stand, `passed` states that a step must have been in by then, `named` what the output must speak of,
    `starts` how often a tool was started in the lab since the scenario began (`opatch apply: 1`), by its own record.
    `until` has the run pause after a step; `undo` has it undone back to a step, in place of going on. `kill` kills
    hisops while a step is RUNNING; what it ends with is 137 then. `resolve` has a person decide before it goes on what
    became of steps that no probe can tell. People sit at a terminal, or with `terminal: false`
    answer by commands of their own.
    """

    begin: tuple[FaultName, ...] = ()
    end: tuple[FaultName, ...] = ()
    until: StepId | None = None
    undo: StepId | None = None
    kill: StepId | None = None
    resolve: dict[StepId, Literal["done", "not-done"]] = Field(default_factory=dict)
    terminal: bool = True
    exit: int | Annotated[tuple[int, ...], Field(min_length=1)]
    state: str | None = None
    steps: dict[StepId, str] = Field(default_factory=dict)
    passed: dict[StepId, str] = Field(default_factory=dict)
    named: tuple[Regex, ...] = ()
    starts: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Act:
        if self.kill and not (self.terminal and KILLED in self.exits):
            raise ValueError(f"what is killed sits at a terminal and ends with {KILLED}")
        if self.until and self.undo:
            raise ValueError("an act goes on until a step, or undoes")
        return self

    @property
    def exits(self) -> tuple[int, ...]:
        """The exit codes that are as expected."""
        return (self.exit,) if isinstance(self.exit, int) else self.exit


class Scenario(Definition):
    """One rehearsal, from a lab as it was made, or brought to `start`. The first act plans and runs.

    A plan that is refused ends it.
    """

    id: ScenarioId
    title: Text
    target: str | None = None
    start: PictureName | None = None
    begin: tuple[FaultName, ...] = ()
    values: dict[Name, Given] = Field(default_factory=dict)
    answers: dict[StepId, str] = Field(default_factory=dict)
    acts: tuple[Act, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _nothing_is_doubtful_yet(self) -> Scenario:
        if self.acts[0].resolve:
            raise ValueError("the first act has no run of which a step could be resolved")
        return self


class Scenarios(Definition):
    """All rehearsals of one runbook, on one target of the lab where a scenario does not name another."""

    hisops: Literal["scenarios/v1"]
    runbook: DefinitionId
    target: str
    values: dict[Name, Given] = Field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = Field(min_length=1)

    def target_of(self, scenario: Scenario) -> str:
        """Return the database that a scenario is for."""
        return scenario.target or self.target
