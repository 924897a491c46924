"""Ports with points: around the journal, the hosts and the locks. What they stand around is the real thing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hisops.canonical import canonical
from hisops.journal.writer import RunJournal
from hisops.model.records import Record, to_fields
from hisops.ports import Command, Host, HostFacts, Locks, OpStatus, Reach, Sink, Sql
from tests.kill.points import Points


def fingerprint(record: Record) -> str:
    """Return what tells a record from any other."""
    return hashlib.sha256(canonical({"t": record.TYPE, **to_fields(record)})).hexdigest()


def _named(records: Sequence[Record]) -> str:
    return " ".join(f"{record.TYPE}:{getattr(record, 'step', '')}" for record in records)


class FaultyJournal:
    """The journal of a run. Each commit that has returned is written down, as what the engine then builds on."""

    def __init__(self, inner: RunJournal, points: Points, acknowledged: Path) -> None:
        self._inner = inner
        self._points = points
        self._file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.run_id = inner.run_id
        self.certificate = inner.certificate

    def write(self, *records: Record) -> None:
        with self._points.around(f"journal.write {_named(records)}"):
            self._inner.write(*records)

    def commit(self, *records: Record) -> None:
        self._points.hit(f"journal.commit {_named(records)} before")
        self._inner.commit(*records)
        self._acknowledge()
        self._points.hit(f"journal.commit {_named(records)} after")

    def _acknowledge(self) -> None:
        known = self._inner.records()
        if known:
            os.write(self._file, f"{self.run_id} {len(known)} {fingerprint(known[-1])}\n".encode())

    def blob(self, data: bytes) -> str:
        with self._points.around("journal.blob"):
            return self._inner.blob(data)

    def read_blob(self, digest: str) -> bytes:
        return self._inner.read_blob(digest)

    def records(self) -> Sequence[Record]:
        return self._inner.records()

    def seal(self, state: str, exit_code: int) -> None:
        with self._points.around(f"journal.seal {state}"):
            self._inner.seal(state, exit_code)

    def close(self) -> None:
        self._points.hit("journal.close before")
        self._inner.close()


class FaultyHost:
    """A host."""

    def __init__(self, inner: Host, points: Points) -> None:
        self._inner = inner
        self._points = points
        self.name = inner.name

    def facts(self, run_as: Any = None) -> HostFacts:
        return self._inner.facts(run_as)

    def run(self, command: Command, sink: Sink, timeout: float | None = None) -> int:
        with self._points.around("host.run"):
            return self._inner.run(command, sink, timeout)

    def prepare(self, run_as: Any) -> OpStatus:
        with self._points.around("host.prepare"):
            return self._inner.prepare(run_as)

    def launch(self, op: str, command: Command, *, destructive: bool = False) -> OpStatus:
        with self._points.around(f"host.launch {_step_of(op)}"):
            return self._inner.launch(op, command, destructive=destructive)

    def look(self, op: str, run_as: Any) -> OpStatus:
        with self._points.around(f"host.look {_step_of(op)}"):
            return self._inner.look(op, run_as)

    def follow(self, op: str, run_as: Any, sink: Sink, **keys: Any) -> OpStatus:
        with self._points.around(f"host.follow {_step_of(op)}"):
            return self._inner.follow(op, run_as, sink, **keys)

    def wipe(self, op: str, run_as: Any) -> None:
        with self._points.around(f"host.wipe {_step_of(op)}"):
            self._inner.wipe(op, run_as)

    def take_marker(self, name: str, text: str, run_as: Any) -> str | None:
        with self._points.around("host.take_marker"):
            return self._inner.take_marker(name, text, run_as)

    def drop_marker(self, name: str, text: str, run_as: Any) -> bool:
        with self._points.around("host.drop_marker"):
            return self._inner.drop_marker(name, text, run_as)

    def close(self) -> None:
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        """Let what the port has grown since pass without points."""
        return getattr(self._inner, name)


def _step_of(op: str) -> str:
    return op.partition(".")[2]


class FaultyReach:
    """The way to the hosts."""

    def __init__(self, inner: Reach, points: Points) -> None:
        self._inner = inner
        self._points = points

    def host(self, name: str) -> Host:
        return FaultyHost(self._inner.host(name), self._points)

    def sql(self, database: str) -> Sql:
        return self._inner.sql(database)

    def close(self) -> None:
        self._points.hit("reach.close before")
        self._inner.close()


class FaultyLocks:
    """The locks of the control host."""

    def __init__(self, inner: Locks, points: Points) -> None:
        self._inner = inner
        self._points = points

    def take(self, name: str, text: str) -> str | None:
        with self._points.around("locks.take"):
            return self._inner.take(name, text)

    def release(self) -> None:
        with self._points.around("locks.release"):
            self._inner.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
