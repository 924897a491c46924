"""The incarnations of a database: which redo continues what a standby has."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from hisops.lab.state import State


def first(when: str) -> State:
    """Return the incarnation that a database is created with."""
    return {"resetlogs": 1920977, "prior": 1, "time": when}


def descends(standby: State, primary: State) -> bool:
    """Whether the redo of `primary` continues what `standby` has: the same branch, or one that forks off later."""
    own, branch = _changes(standby), _changes(primary)
    if branch[: len(own)] != own:
        return False
    return len(branch) == len(own) or bool(standby["scn"] <= branch[len(own)])


def join(standby: State, primary: State) -> None:
    """Let a standby that has applied redo of a later branch be on that branch."""
    known = len(standby["incarnations"])
    later = [dict(one) for one in primary["incarnations"][known:] if one["resetlogs"] <= standby["scn"]]
    standby["incarnations"] += later


def fork(state: State, change: int) -> None:
    """Begin a new incarnation after recovery until a change: what OPEN RESETLOGS, or a failover, does."""
    prior = state["incarnations"][-1]["resetlogs"]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    state["incarnations"].append({"resetlogs": change, "prior": prior, "time": now})
    state.update(scn=change, scn_at=time.time(), sequence=1)


def _changes(state: State) -> list[int]:
    return [int(incarnation["resetlogs"]) for incarnation in state["incarnations"]]
