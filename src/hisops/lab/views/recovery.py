"""How far recovery has come, which logs and temporary files there are, who may come in with the password file."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from hisops.lab import history, redo, scn
from hisops.lab.commands import ROOT
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import containers, moment, visible

_PROGRESS = (
    "start_time DATE, type VARCHAR2(64), item VARCHAR2(32), units VARCHAR2(32), sofar NUMBER, total NUMBER, "
    "timestamp DATE, comments VARCHAR2(4000), con_id NUMBER"
)
_HISTORY = (
    "recid NUMBER, stamp NUMBER, thread# NUMBER, sequence# NUMBER, first_change# NUMBER, first_time DATE, "
    "next_change# NUMBER, resetlogs_change# NUMBER, resetlogs_time DATE, con_id NUMBER"
)
_TEMP = (
    "file# NUMBER, creation_change# NUMBER, creation_time DATE, ts# NUMBER, rfile# NUMBER, status VARCHAR2(7), "
    "enabled VARCHAR2(10), bytes NUMBER, blocks NUMBER, create_bytes NUMBER, block_size NUMBER, name VARCHAR2(513), "
    "con_id NUMBER"
)
_TEMP_FILES = (
    "file_name VARCHAR2(513), file_id NUMBER, tablespace_name VARCHAR2(30), bytes NUMBER, blocks NUMBER, "
    "status VARCHAR2(7), relative_fno NUMBER, autoextensible VARCHAR2(3), maxbytes NUMBER, maxblocks NUMBER, "
    "increment_by NUMBER, user_bytes NUMBER, user_blocks NUMBER, shared VARCHAR2(13)"
)
_JOBS = (
    "job NUMBER, log_user VARCHAR2(128), priv_user VARCHAR2(128), schema_user VARCHAR2(128), last_date DATE, "
    "this_date DATE, next_date DATE, total_time NUMBER, broken VARCHAR2(1), interval VARCHAR2(200), failures NUMBER, "
    "what VARCHAR2(4000), instance NUMBER"
)
_PASSWORDS = (
    "username VARCHAR2(128), sysdba VARCHAR2(5), sysoper VARCHAR2(5), sysasm VARCHAR2(5), sysbackup VARCHAR2(5), "
    "sysdg VARCHAR2(5), syskm VARCHAR2(5), con_id NUMBER"
)
_CONFIG = (
    "db_unique_name VARCHAR2(30), parent_dbun VARCHAR2(30), dest_role VARCHAR2(17), current_scn NUMBER, con_id NUMBER"
)
_BYTES, _BLOCK = 33554432, 8192
_LOGS = 24 * 8
Row = tuple[Any, ...]


def views(state: State, peer: State | None, container: str) -> dict[str, Table]:
    """Return the views of this part. `peer` is the other side of the pair."""
    mounted = redo.mounted(state)
    temp = _temp_files(state)
    shown = visible(state, container)
    return {
        "v$recovery_progress": Table(_PROGRESS, _progress(state, peer) if mounted else []),
        "v$log_history": Table(_HISTORY, _log_history(state) if mounted else []),
        "v$dataguard_config": Table(_CONFIG, _members(state, peer) if mounted else []),
        "v$tempfile": Table(_TEMP, [_fixed(row) for row in temp if mounted and container in (ROOT, row[0])]),
        "dba_temp_files": Table(_TEMP_FILES, [_static(row) for row in temp if row[0] == container]),
        "cdb_temp_files": Table(
            f"con_id NUMBER, {_TEMP_FILES}", [(row[1], *_static(row)) for row in temp if row[0] in shown]
        ),
        "dba_jobs": Table(_JOBS),
        "cdb_jobs": Table(f"con_id NUMBER, {_JOBS}"),
        "v$pwfile_users": Table(_PASSWORDS, [("SYS", "TRUE", "TRUE", "FALSE", "FALSE", "FALSE", "FALSE", 0)]),
    }


def change_at(state: State, when: datetime) -> int:
    """Return the SCN of a time, also of one so long ago that SCN_TO_TIMESTAMP has forgotten it."""
    try:
        return history.scn_of(state["marks"], when.timestamp())
    except LookupError:
        number, first = state["marks"][0]
        return max(1, int(number - (first - when.timestamp()) * history.PER_SECOND))


def _progress(state: State, peer: State | None) -> list[Row]:
    """Return what media recovery tells of itself; it is not there while nothing recovers."""
    if state["role"] != redo.STANDBY or not state["standby"]["mrp"]:
        return []
    number, now = scn.applied(state, peer), datetime.now().replace(microsecond=0)
    source = peer if peer and scn.follows(state, peer) else state
    last = datetime.fromtimestamp(history.time_of(source["marks"], number, time.time())).replace(microsecond=0)
    begun = datetime.fromtimestamp(state["standby"]["apply"]["since"]).replace(microsecond=0)
    seconds = max(1, int((now - begun).total_seconds()))
    items: list[tuple[str, str, int, str | None]] = [
        ("Log Files", "Files", 3, None),
        ("Active Apply Rate", "KB/sec", 1288, None),
        ("Average Apply Rate", "KB/sec", 17, None),
        ("Maximum Apply Rate", "KB/sec", 9541, None),
        ("Redo Applied", "Megabytes", max(1, seconds * 17 // 1024), None),
        ("Last Applied Redo", "SCN+Time", 0, f"SCN: {number}"),
        ("Active Time", "Seconds", min(seconds, 40), None),
        ("Apply Time per Log", "Seconds", 12, None),
        ("Checkpoint Time per Log", "Seconds", 0, None),
        ("Elapsed Time", "Seconds", seconds, None),
        ("Standby Apply Lag", "Seconds", redo.lags(state)[1], None),
    ]
    return [
        (begun, "Media Recovery", item, units, sofar, 0, last if comment else None, comment, 0)
        for item, units, sofar, comment in items
    ]


def _log_history(state: State) -> list[Row]:
    now, branch = datetime.now().replace(microsecond=0), state["incarnations"][-1]
    rows = []
    for age in range(min(_LOGS, state["sequence"]) - 1, 0, -1):
        first, sequence = now - timedelta(hours=age), state["sequence"] - age
        rows.append(
            (sequence, int(first.timestamp()), 1, sequence, change_at(state, first), first,
             change_at(state, first + timedelta(hours=1)), branch["resetlogs"], moment(branch["time"]), 0)
        )  # fmt: skip
    return rows


def _members(state: State, peer: State | None) -> list[Row]:
    pair = [(state, peer), *([(peer, state)] if peer else [])]
    rows = []
    for one, other in pair:
        primary = one["role"] == redo.PRIMARY
        parent = "NONE" if primary or other is None else str(other["db_unique_name"])
        role = "PRIMARY DATABASE" if primary else "PHYSICAL STANDBY"
        rows.append((one["db_unique_name"], parent, role, scn.applied(one, other), 0))
    return rows


def temp_names(state: State) -> list[str]:
    """Return the names of the temporary files."""
    return [file[3] for file in _temp_files(state)]


def _temp_files(state: State) -> list[tuple[str, int, int, str]]:
    """Return container, its number, file number and name of each temporary file."""
    if not state["datafiles"]:
        return []
    folder = str(state["datafiles"][0]["name"]).rpartition("/")[0]
    known = [(name, number) for name, number in containers(state).items() if name != "PDB$SEED"]
    usual = [f"{folder}/{'' if name == ROOT else name + '/'}temp01.dbf" for name, _ in known]
    named = state.get("tempfiles") or usual
    return [
        (name, number, at, path) for at, ((name, number), path) in enumerate(zip(known, named, strict=False), start=1)
    ]


def _fixed(file: tuple[str, int, int, str]) -> Row:
    _, con, number, name = file
    created = datetime(2023, 3, 11, 9, 20, 0)
    return (
        number, 1920999, created, 3, 1, "ONLINE", "READ WRITE", _BYTES, _BYTES // _BLOCK, _BYTES, _BLOCK, name, con,
    )  # fmt: skip


def _static(file: tuple[str, int, int, str]) -> Row:
    _, _, number, name = file
    most = 34359721984
    return (
        name, number, "TEMP", _BYTES, _BYTES // _BLOCK, "ONLINE", 1, "YES", most, most // _BLOCK, 80,
        _BYTES - 1048576, (_BYTES - 1048576) // _BLOCK, "SHARED",
    )  # fmt: skip
