"""Archived logs: the changes of a database from one SCN to the next, as a file."""

from __future__ import annotations

import json
import random
import string
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from hisops.lab import history
from hisops.lab.media import carrier, segments
from hisops.lab.media.blocks import LOG, SIZE
from hisops.lab.media.segments import Change
from hisops.lab.state import State

PRESENT = 5
"""How many of the logs that a new database has had are still there."""
_HOUR = 3600


def switch(state: State) -> State:
    """End the current log of an open primary at its SCN: write it, enter it, begin the next. Return the entry."""
    now = float(state["scn_at"])
    history.mark(state, now)
    first, since = _current(state)
    before = max(int(state["scn"]), first) + 1
    state["scn"] = before
    entry = _enter(state, int(state["sequence"]), (first, since), (before, now))
    state["sequence"] += 1
    return entry


def furnish(state: State) -> None:
    """Write the last logs of a database that starts: one an hour."""
    from hisops.lab.views.recovery import change_at

    now = float(state["scn_at"])
    for ago in range(PRESENT, 0, -1):
        ends = [
            (change_at(state, datetime.fromtimestamp(at)), at) for at in (now - ago * _HOUR, now - (ago - 1) * _HOUR)
        ]
        _enter(state, int(state["sequence"]) - ago, *ends)


def read(path: Path) -> tuple[dict[str, Any], list[Change]]:
    """Return what a log says of itself and its changes. Raises Unreadable."""
    about, content = carrier.read(path)
    return about, [Change(**change) for change in json.loads(content)]


def _current(state: State) -> tuple[int, float]:
    """Return the first SCN of the current log and its time: where the last one of this incarnation ended."""
    branch = int(state["incarnations"][-1]["resetlogs"])
    last = max((log for log in state["logs"] if log["resetlogs"] == branch), key=lambda log: log["next"], default=None)
    ends = [(branch, datetime.fromisoformat(state["incarnations"][-1]["time"]).timestamp())]
    ends += [(last["next"], last["next_time"])] if last else []
    ends += [(int(state["became_primary_scn"]), float(state["scn_at"]))] if state["became_primary_scn"] else []
    return max(ends)


def _enter(state: State, sequence: int, begin: tuple[int, float], end: tuple[int, float]) -> State:
    branch = int(state["incarnations"][-1]["resetlogs"])
    about = {
        "dbid": state["dbid"], "db_name": state["name"], "thread": 1, "sequence": sequence, "resetlogs": branch,
        "first": begin[0], "next": end[0], "first_time": begin[1], "next_time": end[1], "scn": end[0],
    }  # fmt: skip
    content = [asdict(change) for change in segments.changes(state, begin[0], end[0], until=end[1])]
    path = _path(state, sequence, end[1])
    size = carrier.write(path, LOG, about, json.dumps(content, ensure_ascii=False).encode())
    entry = about | {
        "recid": max((log["recid"] for log in state["logs"]), default=sequence - 7) + 1,
        "name": str(path), "bytes": size, "blocks": size // SIZE, "status": "A", "backed_up": 0,
    }  # fmt: skip
    state["logs"].append(entry)
    return entry


def _path(state: State, sequence: int, moment: float) -> Path:
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))  # noqa: S311 - a name
    area = Path(str(state["fra"]["path"])) / str(state["db_unique_name"]) / "archivelog"
    return area / f"{datetime.fromtimestamp(moment):%Y_%m_%d}" / f"o1_mf_1_{sequence}_{letters}_.arc"
