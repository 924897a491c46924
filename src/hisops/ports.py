"""What the engine asks of the world. Adapters, console and journal satisfy these; tests use small real fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from hisops.model.lock import ControlHost, Holder
from hisops.model.plan import Plan
from hisops.model.records import Record
from hisops.model.site import RunAs
from hisops.model.statement import Signed
from hisops.model.window import Look
from hisops.secret import Secret

Stream = Literal["stdout", "stderr"]
Sink = Callable[[Stream, bytes], None]
StdinPart = str | bytes | Secret | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A POSIX shell script for one host. Values travel in `env`, secrets and files only in `stdin` (in order)."""

    script: str
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: Sequence[StdinPart] = ()
    run_as: RunAs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """Who a host is now. `boot` changes at every boot; `home` is the home of the user asked for."""

    hostname: str
    boot: str
    user: str
    home: str
    os: str
    clock: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpStatus:
    """A detached operation as its folder on the host tells it.

    absent: no folder. starting: folder, no pid yet. running: the process lives. exited: `code` is known.
    lost: the process is gone and left no exit code. `marker` is the mark of the parent folder, `boot` the host's now.
    """

    state: Literal["absent", "starting", "running", "exited", "lost"]
    pid: int | None = None
    code: int | None = None
    boot: str = ""
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What was seen of an operation after a kill, and how many processes were sent TERM, and then KILL."""

    status: OpStatus
    terminated: int = 0
    killed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A lock that must still hold exactly `text` on the host, or nothing is started there."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A lock on a host as it is after a question. `text` is its holder's, None if nobody holds it.

    `done` tells whether what was asked has been done. `idle` is how many seconds ago, by the host's own clock, the
    holder was last heard of; None if never. `freed` is what the last holder left when it gave the lock back.
    """

    text: str | None
    done: bool = False
    idle: float | None = None
    freed: str | None = None


class Host(Protocol):
    """One host. Every method raises Unreachable when the link is missing or breaks; the caller may call again."""

    name: str

    def facts(self, run_as: RunAs | None = None) -> HostFacts:
        """Return who the host is."""

    def run(self, command: Command, sink: Sink, timeout: float | None = None) -> int:
        """Carry out `command` attached, feed its output to `sink`, return the exit code; TimeoutError when late."""

    def prepare(self, run_as: RunAs | None) -> OpStatus:
        """Make sure the folder of operations is there; return its marker and the boot identity."""

    def launch(self, op: str, command: Command, *, destructive: bool = False, fences: Sequence[Fence] = ()) -> OpStatus:
        """Start `command` detached under `op`. If its folder exists already nothing is started (state tells).

        Refused if it is `destructive` and the host has no way to give it a session of its own. LockLost, with nothing
        started, unless the command's user holds every lock of `fences` there, with exactly that text.
        """

    def look(self, op: str, run_as: RunAs | None) -> OpStatus:
        """Return the state of `op`."""

    def follow(
        self,
        op: str,
        run_as: RunAs | None,
        sink: Sink,
        *,
        seen: tuple[int, int] = (0, 0),
        timeout: float | None = None,
    ) -> OpStatus:
        """Feed the output of `op` from byte offsets `seen` (stdout, stderr) to `sink` until it ends or time is up."""

    def kill(self, op: str, run_as: RunAs | None, *, grace: float) -> Killed:
        """End the tool of `op` and all that it started: TERM, after `grace` seconds KILL; then look."""

    def wipe(self, op: str, run_as: RunAs | None) -> None:
        """Empty the output of `op` on the host, once the log holds it; its folder stays."""

    def operations(self, run: str, run_as: RunAs | None) -> Mapping[str, OpStatus]:
        """Return all operations that `run` has ever started there as this user."""

    def take_marker(self, name: str, text: str, run_as: RunAs | None) -> Marker:
        """Hold the lock `name` with `text`, to which the host adds the line `fence: N`, if nobody holds it."""

    def read_marker(self, name: str, run_as: RunAs | None) -> Marker:
        """Return who holds the lock `name`."""

    def touch_marker(self, name: str, text: str, run_as: RunAs | None) -> Marker:
        """Let the holder be heard of, if the lock `name` holds exactly `text`."""

    def swap_marker(self, name: str, old: str, new: str, run_as: RunAs | None) -> Marker:
        """Put the holder `new`, with the next fence, in place of exactly `old`."""

    def drop_marker(self, name: str, text: str, run_as: RunAs | None, freed: str = "") -> bool:
        """Give the lock `name` back if it holds exactly `text`; leave the line `freed`."""

    def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a statement gave: lower-case column names, rows of plain values, rows affected."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0


class Sql(Protocol):
    """One database session."""

    def run(self, text: str, binds: Mapping[str, Any], *, read_only: bool, timeout: float | None = None) -> Rows:
        """Carry out one statement; commit unless `read_only`.

        Raises StatementFailed with Oracle's words, Unreachable when there is no session, TimeoutError when late.
        """

    def close(self) -> None:
        """End the session."""


class Reach(Protocol):
    """Gives the hosts and databases of the site by name; keeps their connections."""

    def host(self, name: str) -> Host:
        """Return the host `name` of the inventory (`control` is the machine that hisops runs on)."""

    def sql(self, database: str) -> Sql:
        """Return a session on the database `database` of the inventory."""

    def close(self) -> None:
        """Hang up everything."""


class Vault(Protocol):
    """Secrets by reference."""

    def get(self, name: str) -> Secret:
        """Return the secret `name` of the site; IdentityRefused if it cannot be had."""

    def source(self, name: str) -> str:
        """Return where it is kept, in words without the secret."""


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


class Certifier(Protocol):
    """The operator's own key. It certifies the key of a run and signs what stands outside of runs."""

    @property
    def principal(self) -> str:
        """The name by which the trust's allowed_signers knows the key."""

    def certify(
        self,
        public_key: str,
        *,
        serial: int,
        key_id: str,
        principals: Sequence[str],
        valid_from: datetime,
        valid_to: datetime,
    ) -> str:
        """Return the line of a certificate for `public_key` that opens no login; IdentityRefused if it cannot be."""

    def sign(self, namespace: str, data: bytes) -> str:
        """Return the armoured SSH signature over `data`; IdentityRefused if it cannot be made."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A statement that was found but does not count, and why."""

    sha256: str
    reason: str


class Statements(Protocol):
    """Signed statements that have arrived. Only those whose signature holds against the trust input are given."""

    def for_plan(self, plan_digest: str) -> Sequence[Signed | Rejected]:
        """Return the approvals of a plan that lie in the site."""

    def for_run(self, run_id: str) -> Sequence[Signed | Rejected]:
        """Return what has arrived for a run."""

    def used_nonces(self) -> frozenset[str]:
        """Return the nonces of plan approvals that runs have cited already."""

    def keep(self, run_id: str, signed: Signed) -> None:
        """Copy an accepted statement into the run's own folder."""

    def roles_of(self, principal: str) -> tuple[str, ...]:
        """Return the roles that the roster gives the person who signs as `principal`."""

    def person_of(self, principal: str) -> str | None:
        """Return the person who signs as `principal`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A part of a gate that the operator can answer at the terminal, a manual result, or whether `step` may begin."""

    step: str
    part: Literal["confirm", "type_target", "read_back", "approve", "manual", "step"]
    text: str
    expected: str | None = None
    role: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)


class Operator(Protocol):
    """The person at the terminal, if there is one."""

    interactive: bool

    def ask(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        """Return what was typed; None if the person leaves it waiting. Returns "" as soon as `arrived()` is true.

        For the part `step`, "" also means: begin it.
        """


class Observer(Protocol):
    """The screen. It may fail; the run does not depend on it."""

    def record(self, record: Record) -> None:
        """See a record that is in the log."""

    def output(self, step: str, stream: Stream, text: bytes) -> None:
        """See redacted output as it comes."""


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
