"""What the verified log of one run says, as plain values: for whoever tells of a run without reading logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hisops.model.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One line of a log: its place (lines counted from 1), both clocks, whose segment it is. No record: its start."""

    segment: int
    line: int
    time: datetime
    boottime: int
    actor: str
    record: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The first line of a segment: where and in which boot of that machine it was written."""

    at: Written
    host: str
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a verdict reaches: by whose trust input, and who outside of this host holds how much of the ledger."""

    text: str
    own_trust: bool
    size: int
    held: int = 0
    holders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One run. `opened` and `closed` are lines of the ledger; `doubts` are what keeps it from `verified`.

    `runbook` is the one in force; `defined` is the line that names it.
    """

    run_id: str
    verdict: str
    exit_code: int
    reach: Reach
    doubts: tuple[str, ...] = ()
    plan: Mapping[str, Any]
    plan_digest: str
    runbook: Mapping[str, Any]
    defined: Written
    simulation: bool
    segments: tuple[Begun, ...]
    lines: tuple[Written, ...]
    opened: int
    closed: int | None = None
    head: str | None = None

    def begun(self, segment: int) -> Begun:
        """Return the start of a segment."""
        return self.segments[segment - 1]

    def between(self, since: Written, until: Written) -> timedelta | None:
        """Return the time from one line to another; None if the clocks of the log cannot tell.

        Within one boot the time since boot counts, whatever the wall clock was set to. Across boots there is only the
        wall clock: what it tells is worth nothing if it was moved in between, or if it would be less than none.
        """
        first, last = self.begun(since.segment), self.begun(until.segment)
        if (first.host, first.boot) == (last.host, last.boot):
            found = timedelta(microseconds=until.boottime - since.boottime)
        elif self._moved(since, until):
            return None
        else:
            found = until.time - since.time
        return found if found >= timedelta(0) else None

    def _moved(self, since: Written, until: Written) -> bool:
        places = (since.segment, since.line), (until.segment, until.line)
        return any(
            each.record is not None and each.record.TYPE == "clock.step"
            for each in self.lines
            if places[0] < (each.segment, each.line) <= places[1]
        )
