"""System change numbers: how far a database has come.

A primary that is open makes changes at a steady pace; what a standby has follows from that and from how late it is.
"""

from __future__ import annotations

import time

from hisops.lab import redo
from hisops.lab.branches import descends
from hisops.lab.state import State

PER_SECOND = 17


def current(state: State) -> int:
    """Return the SCN of a database that depends on no other."""
    open_primary = state["role"] == redo.PRIMARY and state["open_mode"] == "READ WRITE"
    return int(state["scn"] + ((time.time() - state["scn_at"]) * PER_SECOND if open_primary else 0))


def applied(state: State, other: State | None) -> int:
    """Return the SCN up to which a database has come; a standby as far as it has applied redo."""
    return _behind(state, other, redo.lags(state)[1])


def received(state: State, other: State | None) -> int:
    """Return the SCN up to which a standby has redo, applied or not."""
    return _behind(state, other, redo.lags(state)[0])


def note(state: State, number: int) -> None:
    """Write down how far a database has come."""
    state.update(scn=number, scn_at=time.time())


def _behind(state: State, other: State | None, seconds: int) -> int:
    if state["role"] == redo.PRIMARY or other is None or other["role"] != redo.PRIMARY or not descends(state, other):
        return current(state)
    return max(current(other) - seconds * PER_SECOND, int(state["incarnations"][-1]["resetlogs"]))
