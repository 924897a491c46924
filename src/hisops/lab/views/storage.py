"""Data files, redo, the recovery area, restore points."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hisops.lab.media import area
from hisops.lab.media.carrier import Unreadable
from hisops.lab.media.datafile import header_of
from hisops.lab.mounting import from_files
from hisops.lab.redo import STANDBY
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import exact
from hisops.lab.views.recovery import change_at

_MB = 1048576
_HOURS = 24 * 8
_ARCHIVED = (
    "thread# NUMBER, sequence# NUMBER, name VARCHAR2(513), first_time DATE, next_time DATE, completion_time DATE, "
    "blocks NUMBER, block_size NUMBER, dest_id NUMBER, archived VARCHAR2(3), deleted VARCHAR2(3), "
    "status VARCHAR2(1), applied VARCHAR2(9), standby_dest VARCHAR2(3), resetlogs_change# NUMBER, "
    "first_change# NUMBER, next_change# NUMBER, recid NUMBER, backup_count NUMBER"
)
Row = tuple[Any, ...]


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part."""
    files = [file for file in state["datafiles"] if container in ("CDB$ROOT", file["con"])]
    return {
        "v$datafile": Table(
            "file# NUMBER, name VARCHAR2(513), status VARCHAR2(7), enabled VARCHAR2(10), bytes NUMBER, "
            "checkpoint_change# NUMBER, unrecoverable_change# NUMBER, unrecoverable_time DATE, con_id NUMBER",
            [
                (f["file"], f["name"], "SYSTEM" if "system" in f["name"] else "ONLINE", "READ WRITE", f["mb"] * _MB,
                 state["scn"], f.get("unrecoverable", 0), None, f["con_id"])
                for f in files
            ],
        ),
        "v$datafile_header": Table(
            "file# NUMBER, name VARCHAR2(513), status VARCHAR2(7), error VARCHAR2(18), fuzzy VARCHAR2(3), "
            "checkpoint_change# NUMBER, checkpoint_time DATE, con_id NUMBER",
            [_header(state, f) for f in files],
        ),
        "v$backup": Table(
            "file# NUMBER, status VARCHAR2(18), con_id NUMBER", [(f["file"], "NOT ACTIVE", f["con_id"]) for f in files]
        ),
        "v$recovery_file_dest": Table(
            "name VARCHAR2(513), space_limit NUMBER, space_used NUMBER, space_reclaimable NUMBER, "
            "number_of_files NUMBER, "
            "con_id NUMBER",
            [(state["fra"]["path"], area.limit(state), area.used(state), min(area.used(state), 2048 * _MB),
              40 + sum(map(len, area.files(state).values())), 0)],
        ),
        "v$restore_point": Table(
            "scn NUMBER, guarantee_flashback_database VARCHAR2(3), storage_size NUMBER, time TIMESTAMP(9), "
            "name VARCHAR2(128), con_id NUMBER",
            [
                (p["scn"], p["guaranteed"], (400 if p["guaranteed"] == "YES" else 0) * _MB, exact(p["time"]),
                p["name"], 0)
                for p in state["restore_points"]
            ],
        ),
        "v$log": _redo(state),
        "v$archived_log": _archived(state),
    }  # fmt: skip


def _header(state: State, file: State) -> tuple[Any, ...]:
    """Return what the header of a data file says; of a database that was built from files it is read there."""
    fuzzy: str | None = "YES" if state["status"] == "OPEN" else "NO"
    number, at, problem = state["scn"], state["scn_at"], None
    if from_files(state):
        try:
            header = header_of(Path(file["name"]), file["file"])
            fuzzy, number, at = "YES" if header.fuzzy else "NO", header.checkpoint, header.checkpoint_at
        except Unreadable as gone:
            fuzzy, number, at = None, 0, None
            problem = "FILE NOT FOUND" if gone.block is None else "CANNOT READ HEADER"
    when = datetime.fromtimestamp(int(at)) if at else None
    return (file["file"], file["name"], "ONLINE", problem, fuzzy, number, when, file["con_id"])


def _redo(state: State) -> Table:
    now = _now()
    rows = [
        (group, 1, max(0, state["sequence"] - age), 200 * _MB, 2, "NO" if age == 0 else "YES",
        "CURRENT" if age == 0 else "INACTIVE",
         now - timedelta(minutes=20 * (age + 1)))
        for group, age in ((1, 2), (2, 1), (3, 0))
    ]  # fmt: skip
    return Table(
        "group# NUMBER, thread# NUMBER, sequence# NUMBER, bytes NUMBER, members NUMBER, archived VARCHAR2(3), "
        "status VARCHAR2(16), first_time DATE",
        rows,
    )


def _archived(state: State) -> Table:
    """Return one log an hour for eight days, busier by day; of a primary the last ones as they are on disk."""
    real = [log for log in state["logs"] if state["role"] != STANDBY]
    branch = state["incarnations"][-1]["resetlogs"]
    own = [log for log in real if log["resetlogs"] == branch]
    if own:
        rows = _hourly(state, own[0]["sequence"], datetime.fromtimestamp(own[0]["first_time"]), there=False)
    else:
        rows = _hourly(state, state["sequence"], _now(), there=True)
    return Table(_ARCHIVED, [*(_on_disk(log) for log in real), *rows])


def _hourly(state: State, before: int, until: datetime, *, there: bool) -> list[Row]:
    rows: list[Row] = []
    standby, gap = state["role"] == STANDBY, state["gap"] or {"missing": (), "high": state["sequence"]}
    branch = state["incarnations"][-1]["resetlogs"]
    for age in range(1, min(_HOURS, before)):
        sequence, first = before - age, until.replace(microsecond=0) - timedelta(hours=age)
        if sequence in gap["missing"]:
            continue
        blocks = 350_000 if 8 <= first.hour < 18 else 60_000
        name = f"{state['fra']['path']}/{state['db_unique_name']}/archivelog/o1_mf_1_{sequence}_.arc"
        done = "YES" if standby and sequence <= gap["high"] else "NO"
        end = first + timedelta(hours=1)
        rows.append((1, sequence, name if there else None, first, end, end, blocks, 512, 1,
                     "YES", "NO" if there else "YES", "A" if there else "D", done, "NO", branch,
                     change_at(state, first), change_at(state, end), sequence - 6, 1))  # fmt: skip
    return rows


def _on_disk(log: State) -> Row:
    first, end = (datetime.fromtimestamp(log[key]).replace(microsecond=0) for key in ("first_time", "next_time"))
    gone = log["status"] == "D"
    return (
        1, log["sequence"], None if gone else log["name"], first, end, end, log["bytes"] // 512, 512, 1,
        "YES", "YES" if gone else "NO", log["status"], "NO", "NO", log["resetlogs"], log["first"], log["next"],
        log["recid"], log["backed_up"],
    )  # fmt: skip


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)
