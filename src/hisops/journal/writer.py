"""The log of a run while it is carried out: writing, committing, sealing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from hisops.canonical import digest
from hisops.errors import LogBroken
from hisops.journal.blobs import Blobs
from hisops.journal.durable import broken, replace
from hisops.journal.heads import Head
from hisops.journal.ledger import Ledger
from hisops.journal.reader import Entry, SegmentRead
from hisops.journal.runkey import RUN, RunKey
from hisops.journal.segment import Segment
from hisops.journal.sshkey import fingerprint
from hisops.journal.sshsig import armor
from hisops.journal.stamp import TOLERANCE, Stamp, read_clock
from hisops.model.records import ClockStepped, Record, RunSealed, to_fields
from hisops.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes a run's log: the run's folder, the certified key, the person behind it, the ledger they answer to."""

    folder: Path
    origin: str
    actor: str
    key: RunKey
    ledger: Ledger
    clock: Clock

    def close_run(self, head: Head, *, late: bool = False) -> None:
        """Write HEAD and its signature, then the ledger's `run.close` that names it."""
        text = head.text()
        try:
            replace(self.folder / "HEAD", text)
            replace(self.folder / "HEAD.sig", armor(self.key.sign(RUN, text)).encode("ascii"))
        except OSError as error:
            raise broken(self.folder, error) from error
        values: dict[str, Any] = {"run": self.folder.name, "head": digest(text)}
        if late:  # the key of the last segment is known; any other has to be named
            values["cert"] = self.key.line
        self.ledger.append(self.origin, self.actor, "run.close", values, self.key.sign)


class RunJournal:
    """Satisfies `ports.Journal`. Made by `open_run` and `resume_run` only."""

    def __init__(
        self, author: Author, segment: Segment, blobs: Blobs, lock: int,
        *, earlier: Sequence[SegmentRead] = (), entries: Sequence[Entry] = (),
    ) -> None:  # fmt: skip
        self.run_id = author.folder.name
        self.certificate = fingerprint(author.key.certificate.blob)
        self._author = author
        self._segment = segment
        self._blobs = blobs
        self._lock = lock
        self._earlier = tuple(earlier)
        self._entries = list(entries)
        self._records = [entry.record for entry in entries]
        self._until = _end_of(author, segment)

    def write(self, *records: Record) -> None:
        """Append; durable and signed at the next commit at the latest."""
        for record in records:
            stamp = read_clock(self._author.clock)
            if stamp.boottime >= self._until:
                self._segment.fail(_expired(self.run_id))
            drift = stamp.drift(self._segment.last) if self._segment.last else 0
            if abs(drift) > TOLERANCE:
                self._put(ClockStepped(drift=drift), stamp)
            self._put(record, stamp)

    def commit(self, *records: Record) -> None:
        """Append, sign, fsync. Returns when durable; LogBroken if it cannot be."""
        self.write(*records)
        self._segment.commit()

    def blob(self, data: bytes) -> str:
        """Store bytes beside the log, durable at the next commit; return `sha256:…`."""
        self._segment.check()
        try:
            return self._blobs.store(data)
        except LogBroken as fault:
            self._segment.fail(fault)
            raise

    def read_blob(self, digest: str) -> bytes:
        """Return the bytes of a blob; LogBroken if they are missing or changed."""
        return self._blobs.read(digest)

    def records(self) -> Sequence[Record]:
        """Return all records of the run so far, earlier segments included."""
        return self._records

    def entries(self) -> Sequence[Entry]:
        """Return all records with their places and times."""
        return self._entries

    def seal(self, state: str, exit_code: int) -> None:
        """Close the run for good: last record, HEAD, the ledger's `run.close`."""
        self.commit(RunSealed(state=state, exit=exit_code))
        heads = (*(read.head for read in self._earlier), self._segment.head())
        self._author.close_run(
            Head(origin=self._author.origin, run=self.run_id, segments=heads, state=state, exit=exit_code)
        )
        self.close()

    def close(self) -> None:
        """Let go of the run: another process may resume it now."""
        if self._lock >= 0:
            self._segment.close()
            os.close(self._lock)
            self._lock = -1

    def _put(self, record: Record, stamp: Stamp) -> None:
        n = self._segment.add(record.TYPE, stamp, to_fields(record))
        self._entries.append(Entry(self._segment.number, n, stamp, self._author.actor, record))
        self._records.append(record)


def _end_of(author: Author, segment: Segment) -> int:
    """Return when the segment's certificate ends, in µs since boot: the wall clock may be moved meanwhile."""
    begun = segment.last or read_clock(author.clock)
    return begun.boottime + (author.key.certificate.valid_before - begun.time) // timedelta(microseconds=1)


def _expired(run_id: str) -> LogBroken:
    return LogBroken(
        "HIS-5014",
        "The certificate with which this process signs the log of {run} has expired.",
        "Go on with a new one: hisops resume {run}",
        run=run_id,
    )
