"""What is far away: hosts, their detached operations and markers, sessions on databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from hisops.model.site import RunAs
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


class Tables(Protocol):
    """One session that reads large answers as they were at one moment. `scn` tells the moment, once it is open."""

    scn: str | None

    def stream(self, text: str, binds: Mapping[str, Any]) -> Iterator[Any]:
        """Give the answer as Arrow record batches; numbers with a precision as decimal128.

        Raises Refused if the account may do more than read, StatementFailed with Oracle's words, Unreachable.
        """

    def close(self) -> None:
        """End the session."""


class Reach(Protocol):
    """Gives the hosts and databases of the site by name; keeps their connections."""

    def host(self, name: str) -> Host:
        """Return the host `name` of the inventory (`control` is the machine that hisops runs on)."""

    def sql(self, database: str) -> Sql:
        """Return a session on the database `database` of the inventory."""

    def tables(self, database: str) -> Tables:
        """Return a new session of the reader of `database`; the caller closes it. Raises Refused if it has none."""

    def close(self) -> None:
        """Hang up everything."""
