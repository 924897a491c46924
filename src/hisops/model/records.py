"""What a run's log can say, one frozen class a record type. The log is the only state: see `model.run`.

Field values are strings, integers, booleans, None, lists and dicts of these (what canonical JSON holds). Free text
(commands, output, errors) never stands in a record: it goes to a blob, and the record holds `sha256:…`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from hisops.errors import LogBroken

CallKind = Literal["action", "probe", "verify", "undo", "undo-verify", "state", "identity", "prepare"]
Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The root of all records."""

    TYPE: ClassVar[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOpened(Record):
    """A gate is announced: which parts still lack an answer, over which evidence."""

    TYPE: ClassVar[str] = "gate.opened"
    step: str
    parts: list[str]
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecided(Record):
    """One part of a gate is passed; `statement` is the digest of the signed file if there is one."""

    TYPE: ClassVar[str] = "gate.decided"
    step: str
    part: str
    by: str
    value: str | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIntent(Record):
    """Something is about to be started. It is durable before anything starts.

    `command` is the digest of the blob with the exact rendered text; `op` is the name of the detached operation, or
    None for an attached read. `boot` and `marker` are the host's boot identity and the mark of its folder of ops.
    """

    TYPE: ClassVar[str] = "step.intent"
    step: str
    kind: CallKind
    index: int = 0
    attempt: int
    effect: str
    idempotent: bool
    on: str
    user: str | None = None
    command: str
    op: str | None = None
    boot: str | None = None
    marker: str | None = None
    probed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(Record):
    """The tool runs, detached, as `pid` on its host."""

    TYPE: ClassVar[str] = "step.spawned"
    step: str
    kind: CallKind
    attempt: int
    pid: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutput(Record):
    """What a call has printed, as blobs (redacted); `cut` counts bytes left out between head and tail."""

    TYPE: ClassVar[str] = "step.output"
    step: str
    kind: CallKind
    attempt: int
    stdout: str | None
    stderr: str | None
    bytes: int
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Record):
    """A call has ended: exit code (None for SQL or when lost), verdict, rules that matched, captured values."""

    TYPE: ClassVar[str] = "step.end"
    step: str
    kind: CallKind
    index: int = 0
    attempt: int
    code: int | None
    verdict: str
    matched: list[str] = field(default_factory=list)
    out: dict[str, Json] = field(default_factory=dict)
    recovered: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChanged(Record):
    """A step enters a state; `out` holds its outputs when it has succeeded."""

    TYPE: ClassVar[str] = "step.state"
    step: str
    state: str
    attempt: int = 0
    reason: str | None = None
    out: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChanged(Record):
    """The run enters a state."""

    TYPE: ClassVar[str] = "run.state"
    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged(Record):
    """The link to a host was lost or is back."""

    TYPE: ClassVar[str] = "link"
    host: str
    event: Literal["lost", "back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChanged(Record):
    """A lock was taken, taken over by the run's own resume, adopted by another copy of the logs, or given back.

    `fence` is the number that the host gave the holder; `control` is the copy of the logs that holds it.
    """

    TYPE: ClassVar[str] = "lock"
    name: str
    where: str
    event: Literal["taken", "kept", "adopted", "released"]
    fence: int | None = None
    control: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKept(Record):
    """Which copy of the logs carries the run on from here (`model.lock.ControlHost.copy`), on which control host."""

    TYPE: ClassVar[str] = "run.kept"
    control: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretUsed(Record):
    """A secret was handed to a call: its name and where it is kept, never more."""

    TYPE: ClassVar[str] = "secret.use"
    name: str
    source: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTaken(Record):
    """A signed file (approval, answer, resolution, cancellation) was accepted."""

    TYPE: ClassVar[str] = "approval"
    statement: str
    kind: str
    by: str
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRefused(Record):
    """A signed file was refused, with the reason."""

    TYPE: ClassVar[str] = "approval.refused"
    statement: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation(Record):
    """Something was not as the runbook has it: a skip, a resolution by hand, an override, a kill; and by whom."""

    TYPE: ClassVar[str] = "deviation"
    kind: str
    step: str | None = None
    reason: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBegun(Record):
    """An undo begins with the step `first` and goes back to and including `to` (None: all the way).

    `by` is who asked for it; None if a failed step did. It is over when the run goes forward again, or ends.
    """

    TYPE: ClassVar[str] = "undo.begin"
    first: str
    to: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Record):
    """The run passes from `previous` to `by`, who both hold `role`. The first record of the new person's segment."""

    TYPE: ClassVar[str] = "handover"
    previous: str
    by: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookAmended(Record):
    """From here on the run goes by other definitions: `definitions` is their blob, `digest` that of their JSON.

    `request` is the statement of who carries the run out, `approval` that of a second person.
    """

    TYPE: ClassVar[str] = "runbook.amend"
    definitions: str
    digest: str
    request: str
    approval: str
    by: str
    approved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildIntended(Record):
    """A step of a playbook is about to plan and open the run `run`. It is durable before that run is opened."""

    TYPE: ClassVar[str] = "child.intent"
    step: str
    attempt: int
    run: str
    runbook: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded(Record):
    """The run that a step of a playbook stands for has ended: `head` is the digest of its HEAD.

    A run that was refused before it was opened has no HEAD; its state is REFUSED.
    """

    TYPE: ClassVar[str] = "child.end"
    step: str
    attempt: int
    run: str
    state: str
    exit: int
    head: str | None = None
    wrote: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSeen(Record):
    """What the target's calendar says: the window that is open, or none; `file` is the digest of the calendar."""

    TYPE: ClassVar[str] = "window"
    calendar: str
    file: str
    timezone: str
    cutoff: int = 0
    opens: str | None = None
    closes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStepped(Record):
    """The wall clock of the control host was moved by `drift` microseconds since the record before."""

    TYPE: ClassVar[str] = "clock.step"
    drift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSealed(Record):
    """The run is over: end state and exit code. Nothing may follow."""

    TYPE: ClassVar[str] = "run.seal"
    state: str
    exit: int


RECORDS: dict[str, type[Record]] = {
    kind.TYPE: kind
    for kind in (
        GateOpened,
        GateDecided,
        CallIntent,
        CallStarted,
        CallOutput,
        CallEnded,
        StepChanged,
        RunChanged,
        LinkChanged,
        LockChanged,
        RunKept,
        SecretUsed,
        StatementTaken,
        StatementRefused,
        Deviation,
        Handover,
        RunbookAmended,
        ChildIntended,
        ChildEnded,
        UndoBegun,
        WindowSeen,
        ClockStepped,
        RunSealed,
    )
}

_FIELDS = {kind: frozenset(item.name for item in fields(cls)) for kind, cls in RECORDS.items()}


def to_fields(record: Record) -> dict[str, Json]:
    """Return the fields of `record` as they stand in a line of the log."""
    return {item.name: getattr(record, item.name) for item in fields(record)}


def from_fields(kind: str, values: dict[str, Json]) -> Record | None:
    """Return the record of type `kind`, or None for a type that this version does not know.

    Raises LogBroken if the fields do not fit the type.
    """
    cls = RECORDS.get(kind)
    if cls is None:
        return None
    known = _FIELDS[kind]
    try:
        return cls(**{name: value for name, value in values.items() if name in known})
    except TypeError as error:
        raise LogBroken(
            "HIS-5010", "A record of type {kind} lacks a field: {error}.", kind=kind, error=error
        ) from error
