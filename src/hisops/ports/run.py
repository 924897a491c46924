"""What a run leans on: its log, time, locks, the runs below it, windows, evidence; and all ports in one bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from hisops.model.lock import ControlHost, Holder
from hisops.model.plan import Plan
from hisops.model.records import Record
from hisops.model.window import Look
from hisops.ports.far import Reach
from hisops.ports.people import Observer, Operator, Statements, Vault


class Clock(Protocol):
    """Time. `boottime` is µs since boot."""

    def now(self) -> datetime:
        """Return the time now, UTC."""

    def boottime(self) -> int:
        """Return microseconds since boot."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Journal(Protocol):
    """The log of the run that is carried out. The only state."""

    run_id: str

    def write(self, *records: Record) -> None:
        """Append; durable and signed at the next commit at the latest."""

    def commit(self, *records: Record) -> None:
        """Append, sign, fsync. Returns when durable; LogBroken if it cannot be."""

    def blob(self, data: bytes) -> str:
        """Store bytes beside the log, durable at the next commit; return `sha256:…`."""

    def read_blob(self, digest: str) -> bytes:
        """Return the bytes of a blob; LogBroken if they are missing or changed."""

    def records(self) -> Sequence[Record]:
        """Return all records of the run so far, earlier segments included."""

    def seal(self, state: str, exit_code: int) -> None:
        """Close the run for good."""


class Locks(Protocol):
    """Locks on the control host; the system gives them back when the process that holds them ends."""

    here: ControlHost

    def lives(self, holder: Holder) -> bool | None:
        """Whether a process on this machine carries the holder's run on; None if that cannot be told from here."""

    def take(self, name: str, text: str) -> str | None:
        """Take the lock `name` and leave `text` in it; return None if won, else the text of its holder."""

    def release(self) -> None:
        """Give all of them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOrder:
    """A run that a step of a playbook asks for: its id, its runbook (of which digest), its target, its values."""

    run: str
    runbook: str
    digest: str
    target: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLook:
    """What a plan for a child run came to: how many checks are good, what warns, what forbids it."""

    checked: int
    steps: int
    warnings: Sequence[str] = ()
    refusals: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLeft:
    """How a child run was left. REFUSED: it was never opened. `head` is the digest of the HEAD of a sealed run."""

    state: str
    exit_code: int
    reason: str | None = None
    head: str | None = None
    wrote: bool = False


class Children(Protocol):
    """The runs of a playbook: ordinary runs, each with a plan, gates and a log of its own."""

    def new_id(self, target: str) -> str:
        """Return an id for a run on `target`."""

    def known(self, run: str) -> bool:
        """Return whether the run was ever opened."""

    def look(self, order: ChildOrder) -> ChildLook:
        """Plan the run and say what was found, without opening it."""

    def left(self, run: str) -> ChildLeft:
        """Return how a run that is known stands, without going on with it."""

    def carry_on(self, order: ChildOrder) -> ChildLeft:
        """Plan and open the run if it is not known, else resume it, else adopt its end; return how it stands now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOrder:
    """Two reports that are to be compared: by which definition of which digest, for which day, from where.

    By side: `files`, and `databases` other than the target. `busy` are the busy hours of those, parted by blanks.
    """

    definition: str
    digest: str
    target: str
    day: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    databases: Mapping[str, str] = field(default_factory=dict)
    busy: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of it: the verdict (balanced, differs), one line of why, and the document that goes into the log."""

    verdict: str
    summary: str
    document: Mapping[str, Any]


class Comparing(Protocol):
    """Compares reports."""

    def text(self, order: CompareOrder) -> bytes:
        """Return exactly what is about to be done: definition, queries, files. Raises Refused if it is another now."""

    def compare(self, order: CompareOrder) -> Compared:
        """Carry it out. Raises UsageProblem for what cannot be read, Refused, StatementFailed, Unreachable."""


class Windows(Protocol):
    """The calendars of the site."""

    def look(self, database: str, now: datetime) -> Look | None:
        """Return what the calendar of `database` says now, None if it has none; UsageProblem if it cannot be read."""


class EvidenceBook(Protocol):
    """The results of other runs that runbooks require."""

    def missing(self, plan: Plan) -> list[str]:
        """Return what of the evidence that the plan's runbook requires is not there now, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All ports of one run. A rehearsal is other ports."""

    reach: Reach
    vault: Vault
    clock: Clock
    journal: Journal
    statements: Statements
    operator: Operator
    observer: Observer
    locks: Locks
    windows: Windows
    evidence: EvidenceBook
    children: Children | None = None
    comparing: Comparing | None = None
