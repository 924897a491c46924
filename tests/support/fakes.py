"""Small real classes that stand where a host, a database, a person or a clock would stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hisops.engine.rehearsal import NoJournal
from hisops.errors import LockLost, StatementFailed, Unreachable, UsageProblem
from hisops.model.lock import ControlHost, Holder
from hisops.model.plan import Plan
from hisops.model.records import Record
from hisops.model.site import RunAs
from hisops.model.statement import Signed
from hisops.model.window import Look, Span, at, open_spans
from hisops.ports import Command, Fence, HostFacts, Killed, Marker, OpStatus, Question, Rejected, Rows, Sink, Stream
from hisops.secret import Secret

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class MemoryJournal(NoJournal):
    """A journal in memory that can be sealed; `survivor` is what a new process would find after a kill."""

    def __init__(self, run_id: str = "2026-11-24-0200-his-abc", records: Sequence[Record] = ()) -> None:
        super().__init__(run_id)
        self._records = list(records)
        self.sealed: tuple[str, int] | None = None
        self.durable = len(self._records)

    def commit(self, *records: Record) -> None:
        super().commit(*records)
        self.durable = len(self._records)

    def seal(self, state: str, exit_code: int) -> None:
        self.sealed = (state, exit_code)

    def survivor(self) -> MemoryJournal:
        """Return the journal after a kill: only what was committed is there."""
        left = MemoryJournal(self.run_id, self._records[: self.durable])
        left._blobs = self._blobs
        return left


class StoppedClock:
    """Time moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.time)

    def boottime(self) -> int:
        return int(self.time * 1_000_000)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Program:
    """What a script that matches does: prints, changes the world, ends with a code (None: never; -1: never starts)."""

    stdout: str = ""
    stderr: str = ""
    code: int | None = 0
    effect: Callable[[], None] | None = None


Answer = Program | Callable[[Command], Program] | Exception


@dataclass
class Op:
    """A detached operation on the fake host."""

    program: Program
    boot: str


class FakeHost:
    """A host whose scripts are answered by the first rule that is found in their text. It counts what was started."""

    def __init__(self, name: str, rules: Mapping[str, Answer] | None = None) -> None:
        self.name = name
        self.rules: dict[str, Answer] = dict(rules or {})
        self.boot = "boot-1"
        self.marker = "marker-1"
        self.ops: dict[str, Op] = {}
        self.started: list[str] = []
        self.seen: list[Command] = []
        self.markers: dict[str, str] = {}
        self.fences: dict[str, int] = {}
        self.idle: dict[str, float] = {}
        self.freed: dict[str, str] = {}
        self.wiped: list[str] = []
        self.broken = 0

    def _reach(self) -> None:
        if self.broken:
            self.broken -= 1
            raise Unreachable("HIS-3001", "The link to {host} is lost.", "", host=self.name)

    def _answer(self, command: Command) -> Program:
        self.seen.append(command)
        for pattern, answer in self.rules.items():
            if re.search(pattern, command.script):
                found = answer(command) if callable(answer) else answer
                if isinstance(found, Exception):
                    raise found
                return found
        return Program()

    def facts(self, run_as: RunAs | None = None) -> HostFacts:
        self._reach()
        return HostFacts(hostname=self.name, boot=self.boot, user="oracle", home="/home/oracle", os="linux", clock=NOW)

    def run(self, command: Command, sink: Sink, timeout: float | None = None) -> int:
        self._reach()
        program = self._answer(command)
        sink("stdout", program.stdout.encode())
        sink("stderr", program.stderr.encode())
        if program.effect:
            program.effect()
        if program.code is None:
            raise TimeoutError
        return program.code

    def prepare(self, run_as: RunAs | None) -> OpStatus:
        self._reach()
        return OpStatus(state="absent", boot=self.boot, marker=self.marker)

    def launch(self, op: str, command: Command, *, destructive: bool = False, fences: Sequence[Fence] = ()) -> OpStatus:
        self._reach()
        if op not in self.ops:
            for each in fences:
                if self.markers.get(each.name) != each.text:
                    raise LockLost("HIS-6204", "{name} is lost.", "", name=each.name)
            self.started.append(op)
            program = self._answer(command)
            self.ops[op] = Op(program, self.boot)
            if program.effect:
                program.effect()
        return self.look(op, None)

    def look(self, op: str, run_as: RunAs | None) -> OpStatus:
        self._reach()
        ground: dict[str, Any] = {"boot": self.boot, "marker": self.marker}
        found = self.ops.get(op)
        if found is None:
            return OpStatus(state="absent", **ground)
        if found.program.code == -1:
            return OpStatus(state="starting", **ground)
        if found.boot != self.boot:
            return OpStatus(state="lost", **ground)
        if found.program.code is None:
            return OpStatus(state="running", pid=4417, **ground)
        return OpStatus(state="exited", pid=4417, code=found.program.code, **ground)

    def follow(
        self, op: str, run_as: RunAs | None, sink: Sink, *, seen: tuple[int, int] = (0, 0), timeout: float | None = None
    ) -> OpStatus:
        status = self.look(op, run_as)
        if status.state in {"running", "exited"}:
            sink("stdout", self.ops[op].program.stdout.encode()[seen[0] :])
            sink("stderr", self.ops[op].program.stderr.encode()[seen[1] :])
        return status

    def kill(self, op: str, run_as: RunAs | None, *, grace: float) -> Killed:
        before = self.look(op, run_as)
        if before.state != "running":
            return Killed(status=before)
        self.ops[op].program.code = 143
        return Killed(status=self.look(op, run_as), terminated=1)

    def wipe(self, op: str, run_as: RunAs | None) -> None:
        self._reach()
        self.wiped.append(op)

    def operations(self, run: str, run_as: RunAs | None) -> Mapping[str, OpStatus]:
        self._reach()
        return {op: self.look(op, run_as) for op in self.ops if op.startswith(run + ".")}

    def take_marker(self, name: str, text: str, run_as: RunAs | None) -> Marker:
        self._reach()
        return self._mark(name, text, name not in self.markers)

    def read_marker(self, name: str, run_as: RunAs | None) -> Marker:
        self._reach()
        return Marker(text=self.markers.get(name), idle=self.idle.get(name), freed=self.freed.get(name))

    def touch_marker(self, name: str, text: str, run_as: RunAs | None) -> Marker:
        self._reach()
        mine = self.markers.get(name) == text
        if mine:
            self.idle[name] = 0.0
        return replace(self.read_marker(name, run_as), done=mine)

    def swap_marker(self, name: str, old: str, new: str, run_as: RunAs | None) -> Marker:
        self._reach()
        return self._mark(name, new, self.markers.get(name) == old)

    def _mark(self, name: str, text: str, free: bool) -> Marker:
        if free:
            self.fences[name] = self.fences.get(name, 0) + 1
            self.markers[name] = f"{text}fence: {self.fences[name]}\n"
            self.idle[name] = 0.0
        return replace(self.read_marker(name, None), done=free)

    def drop_marker(self, name: str, text: str, run_as: RunAs | None, freed: str = "") -> bool:
        if self.markers.get(name) != text:
            return False
        del self.markers[name]
        self.freed[name] = freed
        return True

    def close(self) -> None:
        pass


class FakeSql:
    """A session that answers by the first rule found in the statement."""

    def __init__(self, rules: Mapping[str, Rows | Exception | Callable[[], Rows]]) -> None:
        self.rules = dict(rules)
        self.seen: list[tuple[str, dict[str, Any], bool]] = []

    def run(self, text: str, binds: Mapping[str, Any], *, read_only: bool, timeout: float | None = None) -> Rows:
        self.seen.append((text, dict(binds), read_only))
        for pattern, answer in self.rules.items():
            if re.search(pattern, text, re.IGNORECASE):
                if isinstance(answer, Exception):
                    raise answer
                return answer() if callable(answer) else answer
        raise StatementFailed("HIS-3101", "{error}", "", error="ORA-00942: table or view does not exist")

    def close(self) -> None:
        pass


@dataclass
class FakeReach:
    """Hosts and sessions by name."""

    hosts: dict[str, FakeHost]
    sessions: dict[str, FakeSql] = field(default_factory=dict)

    def host(self, name: str) -> FakeHost:
        return self.hosts[name]

    def sql(self, database: str) -> FakeSql:
        return self.sessions[database]

    def close(self) -> None:
        pass


@dataclass
class FakeEvidence:
    """Results of other runs: what is missing is said before."""

    lacks: list[str] = field(default_factory=list)

    def missing(self, plan: Plan) -> list[str]:
        return list(self.lacks)


class FakeVault:
    """Every secret is known."""

    def get(self, name: str) -> Secret:
        return Secret(name, f"S3cret-of-{name}!")

    def source(self, name: str) -> str:
        return "file"


@dataclass
class FakeStatements:
    """What has arrived, by run and by plan; people by principal."""

    runs: list[Signed | Rejected] = field(default_factory=list)
    plans: list[Signed | Rejected] = field(default_factory=list)
    people: dict[str, tuple[str, tuple[str, ...]]] = field(
        default_factory=lambda: {
            "dba1@hospital": ("dba1", ("dba",)),
            "dba1-b@hospital": ("dba1", ("dba", "dba_lead")),
            "lead1@hospital": ("lead1", ("dba_lead",)),
            "lead2@hospital": ("lead2", ("dba_lead",)),
        }
    )
    kept: list[str] = field(default_factory=list)

    def for_plan(self, plan_digest: str) -> Sequence[Signed | Rejected]:
        return self.plans

    def for_run(self, run_id: str) -> Sequence[Signed | Rejected]:
        return self.runs

    def used_nonces(self) -> frozenset[str]:
        return frozenset()

    def keep(self, run_id: str, signed: Signed) -> None:
        self.kept.append(signed.sha256)

    def roles_of(self, principal: str) -> tuple[str, ...]:
        return self.people[principal][1] if principal in self.people else ()

    def person_of(self, principal: str) -> str | None:
        return self.people[principal][0] if principal in self.people else None


@dataclass
class ScriptedOperator:
    """A person whose answers are known before; without answers there is no terminal."""

    answers: list[str | None] = field(default_factory=list)
    interactive: bool = False
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        self.asked.append(question)
        if arrived():
            return ""
        return self.answers.pop(0) if self.answers else None


@dataclass
class Watcher:
    """A screen that remembers."""

    records: list[Record] = field(default_factory=list)
    text: bytes = b""

    def record(self, record: Record) -> None:
        self.records.append(record)

    def output(self, step: str, stream: Stream, text: bytes) -> None:
        self.text += text


@dataclass
class FakeWindows:
    """What a calendar says at any time: one window by its begin and end in seconds after NOW, and the next."""

    spans: list[tuple[float, float]] = field(default_factory=list)
    calendar: bool = True
    broken: UsageProblem | None = None
    cutoff: int = 0

    def look(self, database: str, now: datetime) -> Look | None:
        if self.broken:
            raise self.broken
        if not self.calendar:
            return None
        moments = [(NOW + timedelta(seconds=a), NOW + timedelta(seconds=b)) for a, b in self.spans]
        found, following = at(open_spans(Span(begin=a, end=b) for a, b in moments), now)
        return Look(
            calendar="night", file="night.ics", sha256="sha256:00", timezone="Asia/Shanghai", cutoff=self.cutoff,
            open=found, next=following,
        )  # fmt: skip


@dataclass
class FakeLocks:
    """Locks of one control host."""

    taken: dict[str, str] = field(default_factory=dict)
    here: ControlHost = field(default_factory=lambda: ControlHost("control-1", "m1", "/site/logs"))
    living: set[str] = field(default_factory=set)

    def lives(self, holder: Holder) -> bool | None:
        return holder.run in self.living if holder.machine == self.here.machine else None

    def take(self, name: str, text: str) -> str | None:
        if name in self.taken and self.taken[name] != text:
            return self.taken[name]
        self.taken[name] = text
        return None

    def release(self) -> None:
        self.taken.clear()
