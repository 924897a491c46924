"""System change numbers: how far a database has come.

A primary that is open makes changes at a steady pace; what a standby has follows from that and from how late it is.
"""

from __future__ import annotations

import time

from hisops.lab import history, redo
from hisops.lab.branches import descends
from hisops.lab.history import PER_SECOND
from hisops.lab.state import State


def current(state: State) -> int:
    """Return the SCN of a database that depends on no other."""
    return int(_exactly(state, time.time()))


def writable(state: State) -> bool:
    """Whether a database takes writes."""
    return bool(state["role"] == redo.PRIMARY and state["open_mode"] == "READ WRITE")


def applied(state: State, other: State | None) -> int:
    """Return the SCN up to which a database has come; a standby as far as it has applied redo."""
    return _follower(state, other, 1)


def received(state: State, other: State | None) -> int:
    """Return the SCN up to which a standby has redo, applied or not."""
    return _follower(state, other, 0)


def note(state: State, number: int) -> None:
    """Write down how far a database has come."""
    moment = state["scn_at"] + (number - state["scn"]) / PER_SECOND if writable(state) else time.time()
    state.update(scn=number, scn_at=moment)
    if writable(state):
        history.mark(state, moment)


def follows(state: State, other: State | None) -> bool:
    """Whether a database gets what it has from the other one."""
    return bool(
        state["role"] != redo.PRIMARY and other is not None and other["role"] == redo.PRIMARY and descends(state, other)
    )


def _follower(state: State, other: State | None, way: int) -> int:
    """Return where a database is on the way of transport (0) or apply (1). Both clocks are read at one moment: what
    stands still must not move by the time between two looks."""
    moment = time.time()
    if other is None or not follows(state, other):
        return int(_exactly(state, moment))
    number = _exactly(other, moment) - redo.behind(state, moment)[way] * PER_SECOND
    return max(int(number), int(state["incarnations"][-1]["resetlogs"]))


def _exactly(state: State, moment: float) -> float:
    return float(state["scn"] + ((moment - state["scn_at"]) * PER_SECOND if writable(state) else 0))
