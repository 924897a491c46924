"""`runbook/v1`: one versioned procedure on one target."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hisops.model.choosing import told
from hisops.model.required import Required
from hisops.model.spot import HERE, Spot
from hisops.model.text import Definition, DefinitionId, Duration, HostName, JudgeRef, Name, StepId, Text

ParameterType = Literal[
    "string", "integer", "boolean", "file", "sha256", "identifier", "tag", "scn", "timestamp", "path"
]
OutputType = Literal["string", "identifier", "integer", "boolean", "version", "list"]
Effect = Literal["read", "stage", "write", "destructive"]
Role = Literal["owner", "grid", "root", "login"]
Place = Literal["control", "db_host", "db", "peer_host", "peer", "scratch_host", "destination_host", "destination"]
SESSIONS: tuple[Place, ...] = ("db", "peer", "destination")
"""Places where statements go; the host of each is called after it."""
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Words = Annotated[tuple[Word | int, ...], Field(min_length=1)]
OnFailure = Literal["stop", "hold", "undo", "continue"]
Over = Literal["nodes", "databases", "hosts"]


class Parameter(Definition):
    """A value that the operator gives; its type decides where it may be rendered."""

    type: ParameterType
    title: Text
    required: bool = False
    default: str | int | bool | None = None
    pattern: str | None = None
    choices: tuple[str, ...] = ()


class TargetRequirement(Definition):
    """What the target must be: its engine (`any`: whatever it is), role and version (`>=12.1`, `<19`, comma-joined)."""

    engine: str
    role: str | None = None
    version: str | None = None

    @property
    def any_engine(self) -> bool:
        """Whether it does not matter what kind of target it is: a part that many procedures use."""
        return self.engine == "any"


class Call(Definition):
    """One thing to carry out and judge: a script or a statement, never both; where and as whom, if not as its step."""

    sh: str | None = None
    sql: str | None = None
    stdin: str | None = None
    on: Place | None = None
    as_: Role | None = Field(default=None, alias="as")
    judge: JudgeRef | None = None
    allow: tuple[str, ...] = ()
    timeout: Duration | None = None


class Probe(Call):
    """A read-only question to the target: did it happen? `done` is true, false, or an error (unknown)."""

    done: str


class Requirement(Call):
    """A postcondition: `require` must be true of what is read now."""

    require: str
    title: Text | None = None


class Undo(Call):
    """How a step is taken back; or `none`, with the reason."""

    none: Text | None = None
    verify: tuple[Requirement, ...] = ()
    expect: Duration | None = None


class Approve(Definition):
    """An approval by another person who holds `role`."""

    role: Name
    of: Literal["plan", "evidence"] = "evidence"
    quorum: int = Field(default=1, ge=1)


class Gate(Definition):
    """What must be answered before the step; every part that is given must pass."""

    confirm: bool = False
    type_target: bool = False
    read_back: str | None = None
    approve: Approve | None = None
    show: tuple[StepId, ...] = ()


class Output(Definition):
    """A value that later steps may use.

    A saved plan is stale when a value that a writing step uses is another now, unless the value `drifts` by itself;
    `drifts: false` holds the plan to a value that no such step uses.
    """

    from_: Literal["judge", "json", "rows"] = Field(alias="from")
    type: OutputType
    key: str | None = None
    drifts: bool | None = None


class Upload(Definition):
    """Bring the file of a parameter into the run's staging folder under `to`."""

    file: Name
    to: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]


class Compare(Definition):
    """Compare two reports; each key names the parameter that gives its value. `digest` is that of the definition."""

    definition: Name
    digest: Name
    day: Name
    a: Name
    b: Name
    a_database: Name
    b_database: Name


class Manual(Definition):
    """What a person does, and the evidence that is typed in."""

    instruct: Text
    evidence: Literal["text", "boolean", "integer"] = "text"
    pattern: str | None = None


class Wait(Call):
    """Ask again `every` so often until `until` is true."""

    until: str
    every: Duration = 10


class From(Definition):
    """A value that is known by a name where it is given, such as `params.patch` or `steps.look.out.names`."""

    from_: Annotated[str, Field(alias="from")]


class ChildRun(Definition):
    """The run that a step of a playbook stands for; `digest` is that of the runbook with every step in it."""

    runbook: str
    version: str
    digest: str
    target: str
    values: dict[Name, str | int | bool | From] = Field(default_factory=dict)


def _usual_place(before: dict[str, Any]) -> Place:
    """Return where a step that does not say acts: a statement on the database, everything else on its host."""
    return "db" if before.get("sql") is not None else "db_host"


class Step(Definition):
    """One step: exactly one action of sh, sql, upload, manual, wait, reconcile, uses."""

    id: StepId
    title: Text
    why: Text | None = None
    needs: tuple[StepId, ...] = ()
    when: str | None = None
    as_: Role = Field(default="owner", alias="as")
    effect: Effect
    idempotent: bool = False
    sh: str | None = None
    sql: str | None = None
    on: Place = Field(default_factory=_usual_place)
    upload: Upload | None = None
    manual: Manual | None = None
    wait: Wait | None = None
    reconcile: Compare | None = None
    uses: DefinitionId | None = None
    with_: dict[Name, str | int | bool | From] = Field(default_factory=dict, alias="with")
    for_each: Over | Annotated[tuple[HostName, ...], Field(min_length=1)] | None = None
    parallel: Annotated[int, Field(ge=2, le=64)] | None = None
    stdin: str | None = None
    secrets: tuple[Name, ...] = ()
    outputs: dict[Name, Output] = Field(default_factory=dict)
    judge: JudgeRef | None = None
    allow: tuple[str, ...] = ()
    gate: Gate | None = None
    probe: Probe | None = None
    verify: tuple[Requirement, ...] = ()
    undo: Undo | None = None
    expect: Duration = 10
    timeout: Duration | None = None
    on_failure: OnFailure | None = None
    point_of_no_return: bool = False
    rehearsed: Text | None = None

    @property
    def writes(self) -> bool:
        """True if the step changes more than its own staging folder."""
        return self.effect in {"write", "destructive"}

    @property
    def places(self) -> frozenset[Place]:
        """Where the step and its calls go."""
        return frozenset({self.on, *(self.place_of(call) for call in self.calls.values())})

    def place_of(self, call: Call) -> Place:
        """Return where a call goes; if it does not say, SQL goes to the database and a shell to the step's host."""
        if call.on is not None:
            return call.on
        if call.sql is not None:
            return next((place for place in SESSIONS if self.on.startswith(place)), "db")
        hosts: dict[Place, Place] = {"db": "db_host", "peer": "peer_host", "destination": "destination_host"}
        return hosts.get(self.on, self.on)

    @property
    def failure_policy(self) -> OnFailure:
        """What a failure leads to: as written, else hold for steps that write and stop for the others."""
        return self.on_failure or ("hold" if self.writes else "stop")

    @property
    def calls(self) -> dict[tuple[str | int, ...], Call]:
        """What is carried out beside its own action, by the keys that lead to it: `("undo", "verify", 0)`."""
        found: dict[tuple[str | int, ...], Call] = {("verify", place): each for place, each in enumerate(self.verify)}
        for name, call in (("probe", self.probe), ("wait", self.wait), ("undo", self.undo)):
            if call is not None:
                found[name,] = call
        undone = self.undo.verify if self.undo else ()
        return found | {("undo", "verify", place): each for place, each in enumerate(undone)}

    @property
    def child(self) -> ChildRun | None:
        """The run that a step of a playbook stands for; see `model.expansion`."""
        return None

    @property
    def spot(self) -> Spot:
        """Where it stands among expanded steps; see `model.expansion`."""
        return HERE


class Refusal(Definition):
    """A condition under which the runbook does not apply, and why."""

    when: str
    because: Text


class Runbook(Definition):
    """A whole procedure, as written. `chosen_by` parts it from others of one `command`, by values of an option."""

    hisops: Literal["runbook/v1"]
    id: DefinitionId
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    command: Annotated[str, Field(pattern=r"^[a-z]+( [a-z-]+)?$")] | None = None
    chosen_by: Annotated[dict[Name, Annotated[tuple[Word | int, ...], Field(min_length=1)]], Field(max_length=1)] = (
        Field(default_factory=dict)
    )
    title: Text
    purpose: Text
    serves: tuple[int, ...] = ()
    target: TargetRequirement
    locks: tuple[Literal["database", "oracle_home"], ...] = ("database",)
    window: Literal["required", "none"] = "none"
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    refuse: tuple[Refusal, ...] = ()
    requires: tuple[Required, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def command_words(self) -> str | None:
        """Its command as it is typed, with what chooses it among others: `restore test --level 1|2`."""
        return f"{self.command} {told(self.chosen_by)}".rstrip() if self.command else None

    def step(self, step_id: str) -> Step:
        """Return the step `step_id`; KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)
