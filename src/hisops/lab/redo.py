"""Redo on its way from the primary to its standby: whether it flows, how late it is, what the standby shows.

Both ways, transport and apply, are kept as a counter: how many seconds it was behind when it last began or ceased to
move. What is behind now follows from that and the time; so nothing has to run for a lag to grow or to be caught up.
While no primary is open no redo comes into being: then a counter is held.
"""

from __future__ import annotations

import time
from datetime import datetime

from hisops.lab import history
from hisops.lab.branches import descends
from hisops.lab.state import LAB, State, Store

STANDBY = "PHYSICAL STANDBY"
PRIMARY = "PRIMARY"
_SPEED = 20.0
"""Seconds of redo that are made good in one second of catching up, at pace 1."""
_DICTIONARY = ("sqlpatch", "registry", "invalid_objects")


def link_state(*, mrp: bool = True, behind_s: float = 0.0) -> State:
    """Return how redo flows to a standby that starts; usually everything has arrived and is applied."""
    now = time.time()
    counter = {"moving": mrp, "behind_s": behind_s, "since": now}
    return {"mrp": mrp, "real_time": True, "late_s": 0, "pace": 1.0, "transport": counter, "apply": dict(counter)}


def lags(state: State) -> tuple[int, int]:
    """Return how many seconds transport and apply are behind."""
    transport, apply = behind(state)
    return int(transport), int(apply)


def behind(state: State, moment: float | None = None) -> tuple[float, float]:
    """Return the same to the fraction of a second, now or at a moment."""
    link, moment = state["standby"], time.time() if moment is None else moment
    transport = max(_behind(link["transport"], link["pace"], moment), float(link["late_s"]))
    return transport, max(transport, _behind(link["apply"], link["pace"], moment))


def datum(state: State) -> datetime:
    """Return when the standby last heard from its primary; it stands still while nothing arrives."""
    return datetime.fromtimestamp(time.time() if flows(state) else state["standby"]["transport"]["since"])


def flows(state: State) -> bool:
    """Whether redo arrives at the standby."""
    counter = state["standby"]["transport"]
    return bool(counter["moving"] and not counter.get("held"))


def misses(state: State) -> bool:
    """Whether redo of a time when nothing arrived is still to come. One that is merely late misses nothing."""
    return _behind(state["standby"]["transport"], state["standby"]["pace"], time.time()) >= 1


def mounted(state: State) -> bool:
    """Whether the control file is open."""
    return state["status"] in ("MOUNTED", "OPEN")


def reachable(state: State) -> bool:
    """Whether the other side can connect to a database: to its instance, by way of its listener."""
    return bool(mounted(state) and state["listener"]["up"])


def recovery_mode(state: State) -> str:
    """Return what V$ARCHIVE_DEST_STATUS calls the way in which the standby applies redo."""
    if not state["standby"]["mrp"]:
        return "IDLE"
    real_time = "MANAGED REAL TIME APPLY" if state["standby"]["real_time"] else "MANAGED"
    return f"{real_time} WITH QUERY" if state["status"] == "OPEN" else real_time


def follow(store: Store, state: State) -> None:
    """Bring flow and open mode in line with what a database has become; what it means for the other is `pair`'s."""
    settle(state, other_of(store, state), store.read(LAB)["pace"])


def settle(state: State, other: State | None, pace: float) -> None:
    """Bring the flow of redo to `state` and its open mode in line with what both have become."""
    if state["role"] != STANDBY:
        return
    link, up = state["standby"], mounted(state)
    link["pace"] = pace
    link["mrp"] = bool(link["mrp"] and up)
    if link["apply"]["moving"] and not link["mrp"]:
        state.update(_received(state, other))
    silent = other is not None and not (other["role"] == PRIMARY and other["status"] == "OPEN")
    # a connection that is there outlives the listener that took it
    arrives = up and (state["listener"]["up"] or flows(state)) and _sent(state, other)
    _turn(link["transport"], arrives, silent, pace)
    if flows(state) and other is not None:
        state.update(end_of_redo="", sequence=other["sequence"])
    elif other is not None and link["mrp"] and state["end_of_redo"] == "received":
        apply_end(state, other)
    applies = link["mrp"] and not state.get("gap")
    _turn(link["apply"], applies, silent and not applies, pace)
    if state["status"] == "OPEN":
        state["open_mode"] = "READ ONLY WITH APPLY" if link["mrp"] else "READ ONLY"


def other_of(store: Store, state: State) -> State | None:
    """Return the other database of the pair; None for one that is in no pair."""
    return store.read(state["peer"]) if state["peer"] else None


def as_applied(state: State, primary: State | None) -> State:
    """Return the standby with the dictionary that redo apply has brought it; a primary is what it is."""
    if state["role"] != STANDBY or not state["standby"]["mrp"]:
        return state
    return state | _received(state, primary)


def apply_end(state: State, sender: State) -> None:
    """Let a standby have applied the end of the redo of what was its primary."""
    state.update({part: sender[part] for part in _DICTIONARY}, end_of_redo="applied")
    history.carry(state, sender, int(sender["scn"]))


def _sent(state: State, other: State | None) -> bool:
    return other is None or bool(other["ships"] and descends(state, other))


def _received(state: State, primary: State | None) -> State:
    """Return the parts of the dictionary that the standby has by now: the primary's once it has caught up."""
    if primary is None or primary["role"] != PRIMARY or lags(state)[1] > 0:
        return {}
    return {part: primary[part] for part in _DICTIONARY}


def _behind(counter: State, pace: float, moment: float) -> float:
    if counter.get("held"):
        return float(counter["behind_s"])
    elapsed = moment - counter["since"]
    if not counter["moving"]:
        return float(counter["behind_s"] + elapsed)
    return float(max(0.0, counter["behind_s"] - elapsed * _SPEED / max(pace, 0.001)))


def _turn(counter: State, moving: bool, held: bool, pace: float) -> None:
    if (counter["moving"], bool(counter.get("held"))) != (moving, held):
        moment = time.time()
        counter.update(behind_s=_behind(counter, pace, moment), since=moment, moving=moving, held=held)
