"""Verifying one segment: every line, every signature, every clock reading; what it says is collected on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hisops.errors import LogBroken
from hisops.journal.certified import CertifiedKey
from hisops.journal.chain import Chain, Line, Walk, bad_line
from hisops.journal.findings import Findings
from hisops.journal.heads import SegmentHead, barrier_text
from hisops.journal.ledger_facts import Opened
from hisops.journal.runkey import RUN
from hisops.journal.segment import segment_name
from hisops.journal.sshsig import from_base64
from hisops.journal.stamp import TOLERANCE, Stamp
from hisops.model.moment import read_time
from hisops.model.records import ClockStepped, Record, RunSealed, from_fields

FORMAT = "hisops-log/"
MAJOR = 1


class Seen(NamedTuple):
    """A record, with how many signatures stood before it in the run: what separates two records by a barrier."""

    record: Record
    stamp: Stamp
    segment: int
    line: int
    barrier: int


@dataclass(slots=True)
class SegmentFacts:
    """What one segment holds, as far as it was read."""

    number: int
    start: Mapping[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    lines: int = 0
    signatures: int = 0
    unsigned: int = 0
    sealed: bool = False
    head: SegmentHead | None = None
    torn: bytes = b""
    signed_end: Chain | None = None
    signed_at: datetime | None = None


class SegmentReader:
    """Goes along one segment."""

    def __init__(self, folder: Path, opened: Opened, *, origin: str, findings: Findings, barriers: int = 0) -> None:
        number = opened.values["segment"]
        self.facts = SegmentFacts(number)
        self._name = f"{folder.name}/{segment_name(number)}"
        self._walk = Walk(folder / segment_name(number), opened.digest, self._name)
        self._opened = opened
        self._key: CertifiedKey | None = opened.key
        self._names = (origin, folder.name, number)
        self._actor = opened.values["actor"]
        self._findings = findings
        self._barrier = barriers
        self._ended = False
        self._unsigned: list[Seen] = []  # nothing was built on them, and anybody could have written them
        self._last = opened.stamp
        # Counted from the opening by the time since boot: a clock that was set back does not make a key invalid.
        self._valid_from, self._valid_to = _validity(opened)

    def read(self) -> SegmentFacts:
        """Return what the segment holds; the first line that does not hold ends the reading."""
        facts, walk = self.facts, self._walk
        try:
            for line in walk:
                if self._ended and not (line.kind == "sig" and facts.unsigned):
                    raise bad_line(self._name, line.n, "it follows the seal")
                if line.kind == "sig":
                    self._signature(line)
                else:
                    self._record(line)
        except LogBroken as error:
            self._findings.failed("integrity", "{error}", error=error)
            return facts
        facts.torn, facts.lines = walk.torn, walk.chain.lines
        facts.head = SegmentHead(facts.number, walk.chain.lines, walk.chain.size, walk.digest.hexdigest())
        return facts

    def _signature(self, line: Line) -> None:
        values = line.values
        try:
            if len(values) != 4 or self._key is None:
                raise ValueError("a signature line holds n, p, t and sig")
            end = Chain(line.before, line.n, line.before_size)
            self._key.check(from_base64(values["sig"]), RUN, barrier_text(*self._names, end))
        except (ValueError, KeyError, TypeError) as error:
            raise bad_line(self._name, line.n, f"its signature does not hold: {error}") from error
        self._barrier += 1
        facts = self.facts
        facts.signatures += 1
        facts.unsigned = 0
        facts.seen += self._unsigned
        facts.sealed = self._ended
        self._unsigned = []
        facts.signed_end, facts.signed_at = end, self._opened.stamp.later(self._last.boottime)

    def _record(self, line: Line) -> None:
        values, facts = line.values, self.facts
        facts.unsigned += 1
        try:
            stamp = Stamp(read_time(values["ts"]), values["bt"])
            if values["actor"] != self._actor:
                raise ValueError(f"it names {values['actor']}, the segment is of {self._actor}")
            if type(stamp.boottime) is not int:
                raise ValueError("its bt is no integer")
            if line.n == 0:
                self._start(line.kind, values)
                record = None
            else:
                record = from_fields(line.kind, values)
                if record is None:
                    self._unknown(line)
        except KeyError as error:
            raise bad_line(self._name, line.n, f"it lacks {error}") from error
        except (ValueError, TypeError, LogBroken) as error:
            raise bad_line(self._name, line.n, str(error)) from error
        self._clock(line, stamp, record)
        if record is not None:
            self._unsigned.append(Seen(record, stamp, facts.number, line.n, self._barrier))
            self._ended = self._ended or type(record) is RunSealed

    def _start(self, kind: str, values: dict[str, Any]) -> None:
        """The first line must say what the ledger says; a later major version is not ours to judge."""
        if kind != "seg.start":
            raise ValueError("a segment begins with seg.start")
        major, _, minor = str(values["format"]).removeprefix(FORMAT).partition(".")
        if not str(values["format"]).startswith(FORMAT) or not major.isdecimal() or (minor and not minor.isdecimal()):
            raise ValueError(f"its format is {values['format']}")
        if int(major) > MAJOR:
            self._findings.add(
                "integrity", "untrusted", "{file} is of format {format}, which this version does not read.",
                file=self._name, format=values["format"],
            )  # fmt: skip
        if (values["run"], values["segment"]) != self._names[1:] or values["cert"] != self._opened.values["cert"]:
            raise ValueError("it is of another segment than the ledger says")
        self.facts.start = values

    def _unknown(self, line: Line) -> None:
        values = {"file": self._name, "line": line.n + 1, "kind": line.kind}
        if line.values.get("crit") is True:
            fact = "Line {line} of {file} is of type {kind}, which this version must not ignore and does not know."
            self._findings.incomplete("completeness", fact, **values)
        else:
            fact = "Line {line} of {file} is of type {kind}, which this version does not know."
            self._findings.note("completeness", fact, **values)

    def _clock(self, line: Line, stamp: Stamp, record: Record | None) -> None:
        """Wall clock and time since boot go on together, unless the log says that the clock was moved."""
        last, self._last = self._last, stamp
        if type(record) is ClockStepped:
            fact = "The clock was moved by {seconds} seconds before line {line} of {file}."
            self._findings.note("time", fact, seconds=round(record.drift / 1e6), line=line.n + 1, file=self._name)
        elif line.n > 0 and abs(stamp.drift(last)) > TOLERANCE:
            self._findings.failed(
                "time", "The clock jumps before line {line} of {file}.", line=line.n + 1, file=self._name
            )
        if not self._valid_from <= stamp.boottime < self._valid_to:
            fact = "Line {line} of {file} was written when its certificate was not valid."
            self._findings.failed("authorship", fact, line=line.n + 1, file=self._name)


def _validity(opened: Opened) -> tuple[int, int]:
    """Return when the certificate is valid, in µs since boot."""
    if opened.key is None:
        return 0, 0
    certificate, now = opened.key.certificate, opened.stamp
    microsecond = timedelta(microseconds=1)
    since, left = now.time - certificate.valid_after, certificate.valid_before - now.time
    return now.boottime - since // microsecond, now.boottime + left // microsecond
