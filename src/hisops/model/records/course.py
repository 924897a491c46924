"""What a log says of the run as a whole: states, links, locks, windows, clock, the runs below it, its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hisops.model.records.base import Record


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
class RunSealed(Record):
    """The run is over: end state and exit code. Nothing may follow."""

    TYPE: ClassVar[str] = "run.seal"
    state: str
    exit: int
