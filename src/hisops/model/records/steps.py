"""What a log says of steps: what is started, prints, ends; which state a step is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hisops.model.records.base import Json, Record

CallKind = Literal["action", "probe", "verify", "undo", "undo-verify", "state", "identity", "prepare"]


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
class UndoBegun(Record):
    """An undo begins with the step `first` and goes back to and including `to` (None: all the way).

    `by` is who asked for it; None if a failed step did. It is over when the run goes forward again, or ends.
    """

    TYPE: ClassVar[str] = "undo.begin"
    first: str
    to: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretUsed(Record):
    """A secret was handed to a call: its name and where it is kept, never more."""

    TYPE: ClassVar[str] = "secret.use"
    name: str
    source: str
    step: str
