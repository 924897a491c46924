"""Ports with points: around the journal, the hosts and the locks. What they stand around is the real thing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from hisops.canonical import canonical
from hisops.journal.writer import RunJournal
from hisops.model.records import Record, to_fields
from hisops.ports import Host, Reach, Sql
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

    def __getattr__(self, name: str) -> Any:
        """Let through what only reads."""
        return getattr(self._inner, name)


class _Around:
    """Something with methods: each call of one passes a point before and a point after."""

    kind = ""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*args: Any, **keys: Any) -> Any:
            with self._points.around(f"{self.kind}.{name} {_step_of(args)}".rstrip()):
                return found(*args, **keys)

        return call


class FaultyHost(_Around):
    """A host."""

    kind = "host"


class FaultyLocks(_Around):
    """The locks of the control host."""

    kind = "locks"


def _step_of(args: Sequence[Any]) -> str:
    """Return the step and attempt of the operation that a method of a host is called with."""
    return args[0].partition(".")[2] if args and isinstance(args[0], str) else ""


class FaultyReach:
    """The way to the hosts."""

    def __init__(self, inner: Reach, points: Points) -> None:
        self._inner = inner
        self._points = points

    def host(self, name: str) -> Host:
        host: Any = FaultyHost(self._inner.host(name), self._points)
        return cast(Host, host)

    def sql(self, database: str) -> Sql:
        return self._inner.sql(database)

    def close(self) -> None:
        self._points.hit("reach.close before")
        self._inner.close()
