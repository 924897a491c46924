"""What redo carries from a primary to its standby and an SCN can be asked of: rows that people commit, and the time.

A row has the SCN at which it was committed, and the one at which its deletion was; so a database that has come as far
as some SCN, or is flashed back to it, shows what was there then. Times are kept as marks `[scn, time]` between which
changes come at a steady pace, like SYS.SMON_SCN_TIME.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Collection

from hisops.lab.state import State

PER_SECOND = 17
DAYS = 5
WORK_EVERY = 60 * PER_SECOND
"""Changes between two pieces of the hospital's work, of each of which a row or two is kept."""
_WORKED = 240
_TOLERANCE = 1.0
Row = tuple[int | None, str | None]
Mark = tuple[int, float]


def start(scn: int) -> State:
    """Return what a new database has: no beats, the work of the last hours, and times of the last days."""
    now = time.time()
    work = [[scn - ago * WORK_EVERY, now - ago * 60] for ago in range(_WORKED, 0, -1)]
    return {"beats": [], "work": work, "marks": [[scn - DAYS * 86400 * PER_SECOND, now - DAYS * 86400]]}


def rows(state: State, upto: int) -> list[Row]:
    """Return the rows that a database shows which has come as far as `upto`."""
    return [(beat["beat"], beat["at"]) for beat in _as_of(state["beats"], upto) if beat["gone"] is None]


def commit(state: State, added: Collection[Row], gone: Collection[Row]) -> None:
    """Keep a transaction. It takes the next SCN, and the time until then: nobody who has seen the database before its
    commit has seen it.
    """
    last = max((max(beat["scn"], beat["gone"] or 0) for beat in state["beats"]), default=0)
    number = max(int(state["scn"]), last) + 1
    reached = state["scn_at"] + (number - state["scn"]) / PER_SECOND
    time.sleep(max(0.0, reached - time.time()))
    state.update(scn=number, scn_at=reached)
    for row in gone:
        there = (beat for beat in state["beats"] if (beat["beat"], beat["at"]) == row and beat["gone"] is None)
        if (beat := next(there, None)) is not None:
            beat["gone"] = state["scn"]
    state["beats"] += [{"beat": beat, "at": at, "scn": state["scn"], "gone": None} for beat, at in added]


def carry(standby: State, source: State, upto: int) -> None:
    """Let a standby have what its primary had when it had come as far as `upto`."""
    standby.update(beats=_as_of(source["beats"], upto), marks=[list(m) for m in source["marks"] if m[0] <= upto])
    standby["work"] = [list(done) for done in source["work"] if done[0] <= upto]


def cut(state: State, upto: int) -> None:
    """Take a database back to an SCN."""
    carry(state, state, upto)


def mark(state: State, moment: float) -> None:
    """Write down when an open primary was at its SCN, unless that follows from what is written already."""
    scn, marks = int(state["scn"]), state["marks"]
    if abs(time_of(marks, scn, moment) - moment) > _TOLERANCE or (marks and marks[-1][0] > scn):
        state["marks"] = [*(one for one in marks if one[0] < scn), [scn, moment]]
    state["work"] = [list(done) for done in work(state, scn)]


def work(state: State, upto: int) -> list[Mark]:
    """Return when work was done up to an SCN: what is written down, and what an open primary has done since."""
    if not state["work"]:
        return []
    done = [(int(number), float(moment)) for number, moment in state["work"] if number <= upto]
    since = range(int(state["work"][-1][0]) + WORK_EVERY, upto + 1, WORK_EVERY)
    latest = time.time()
    return [*done, *((number, time_of(state["marks"], number, latest)) for number in since)]


def time_of(marks: Collection[Mark], scn: int, latest: float) -> float:
    """Return when a database was at `scn`, not after `latest`. Raises LookupError for one that nobody remembers."""
    known = sorted(marks)
    at = bisect_right([one[0] for one in known], scn)
    if not at:
        raise LookupError(scn)
    until = known[at][1] if at < len(known) else latest
    return float(min(known[at - 1][1] + (scn - known[at - 1][0]) / PER_SECOND, until))


def scn_of(marks: Collection[Mark], moment: float) -> int:
    """Return how far a database was at a time. Raises LookupError for a time that nobody remembers."""
    known = sorted(marks, key=lambda one: one[1])
    at = bisect_right([one[1] for one in known], moment)
    if not at:
        raise LookupError(moment)
    number = int(known[at - 1][0] + (moment - known[at - 1][1]) * PER_SECOND)
    return min(number, known[at][0]) if at < len(known) else number


def _as_of(beats: list[State], upto: int) -> list[State]:
    known = (beat for beat in beats if beat["scn"] <= upto)
    return [beat | {"gone": beat["gone"] if beat["gone"] is not None and beat["gone"] <= upto else None}
            for beat in known]  # fmt: skip
