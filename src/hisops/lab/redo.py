"""Redo on its way from the primary to its standby: whether it flows, how late it is, what the standby shows.

Both ways, transport and apply, are kept as a counter: how many seconds it was behind when it last began or ceased to
move. What is behind now follows from that and the time; so nothing has to run for a lag to grow or to be caught up.
"""

from __future__ import annotations

import time
from datetime import datetime

from hisops.lab.state import LAB, State, Store

STANDBY = "PHYSICAL STANDBY"
_SPEED = 20.0
"""Seconds of redo that are made good in one second of catching up, at pace 1."""
_DICTIONARY = ("sqlpatch", "registry", "invalid_objects")


def link_state() -> State:
    """Return how redo flows in a lab that starts: everything has arrived and is applied."""
    now = time.time()
    counter = {"moving": True, "behind_s": 0.0, "since": now}
    return {"mrp": True, "real_time": True, "late_s": 0, "pace": 1.0, "transport": counter, "apply": dict(counter)}


def lags(state: State) -> tuple[int, int]:
    """Return how many seconds transport and apply are behind."""
    link = state["standby"]
    transport = _behind(link["transport"], link["pace"])
    apply = max(transport, _behind(link["apply"], link["pace"]))
    return int(max(transport, link["late_s"])), int(max(apply, link["late_s"]))


def datum(state: State) -> datetime:
    """Return when the standby last heard from its primary; it stands still while nothing arrives."""
    counter = state["standby"]["transport"]
    return datetime.fromtimestamp(time.time() if counter["moving"] else counter["since"])


def flows(state: State) -> bool:
    """Whether redo arrives at the standby."""
    return bool(state["standby"]["transport"]["moving"])


def misses(state: State) -> bool:
    """Whether redo of a time when nothing arrived is still to come. One that is merely late misses nothing."""
    return _behind(state["standby"]["transport"], state["standby"]["pace"]) >= 1


def recovery_mode(state: State) -> str:
    """Return what V$ARCHIVE_DEST_STATUS calls the way in which the standby applies redo."""
    if not state["standby"]["mrp"]:
        return "IDLE"
    real_time = "MANAGED REAL TIME APPLY" if state["standby"]["real_time"] else "MANAGED"
    return f"{real_time} WITH QUERY" if state["status"] == "OPEN" else real_time


def follow(store: Store, state: State) -> None:
    """Bring flow and open mode in line with what the standby has become; to be called after every change of it."""
    if state["role"] != STANDBY:
        return
    link = state["standby"]
    link["pace"] = store.read(LAB)["pace"]
    mounted = state["status"] in ("MOUNTED", "OPEN")
    link["mrp"] = bool(link["mrp"] and mounted)
    if link["apply"]["moving"] and not link["mrp"]:
        state.update(_received(state, other_of(store, state)))
    # a connection that is there outlives the listener that took it
    _turn(link["transport"], mounted and (state["listener"]["up"] or flows(state)), link["pace"])
    _turn(link["apply"], link["mrp"], link["pace"])
    if state["status"] == "OPEN":
        state["open_mode"] = "READ ONLY WITH APPLY" if link["mrp"] else "READ ONLY"


def other_of(store: Store, state: State) -> State | None:
    """Return the other database of the pair."""
    return next((other for name in store.databases() if (other := store.read(name))["role"] != state["role"]), None)


def as_applied(state: State, primary: State | None) -> State:
    """Return the standby with the dictionary that redo apply has brought it; a primary is what it is."""
    if state["role"] != STANDBY or not state["standby"]["mrp"]:
        return state
    return state | _received(state, primary)


def _received(state: State, primary: State | None) -> State:
    """Return the parts of the dictionary that the standby has by now: the primary's once it has caught up."""
    if primary is None or lags(state)[1] > 0:
        return {}
    return {part: primary[part] for part in _DICTIONARY}


def _behind(counter: State, pace: float) -> float:
    elapsed = time.time() - counter["since"]
    if not counter["moving"]:
        return float(counter["behind_s"] + elapsed)
    return float(max(0.0, counter["behind_s"] - elapsed * _SPEED / max(pace, 0.001)))


def _turn(counter: State, moving: bool, pace: float) -> None:
    if counter["moving"] != moving:
        counter.update(behind_s=_behind(counter, pace), since=time.time(), moving=moving)
