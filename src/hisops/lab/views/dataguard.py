"""Transport and apply between the primary and its standby, as each side sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hisops.lab import redo, scn
from hisops.lab.net_errors import NO_LISTENER, NO_SERVICE
from hisops.lab.sql.backend import Table
from hisops.lab.state import State

_STATS = (
    "source_dbid NUMBER, source_db_unique_name VARCHAR2(32), name VARCHAR2(32), value VARCHAR2(64), "
    "unit VARCHAR2(30), time_computed VARCHAR2(30), datum_time VARCHAR2(30), con_id NUMBER"
)
_PROCESSES = (
    "process VARCHAR2(9), pid VARCHAR2(24), status VARCHAR2(12), client_process VARCHAR2(8), thread# NUMBER, "
    "sequence# NUMBER, block# NUMBER, blocks NUMBER, delay_mins NUMBER, con_id NUMBER"
)
_DEST_STATUS = (
    "dest_id NUMBER, dest_name VARCHAR2(256), status VARCHAR2(9), type VARCHAR2(16), database_mode VARCHAR2(15), "
    "recovery_mode VARCHAR2(34), protection_mode VARCHAR2(20), destination VARCHAR2(256), archived_seq# NUMBER, "
    "applied_seq# NUMBER, error VARCHAR2(256), db_unique_name VARCHAR2(30), gap_status VARCHAR2(24), con_id NUMBER"
)
_DEST = (
    "dest_id NUMBER, dest_name VARCHAR2(256), status VARCHAR2(9), target VARCHAR2(16), destination VARCHAR2(256), "
    "log_sequence NUMBER, error VARCHAR2(256), db_unique_name VARCHAR2(30), valid_now VARCHAR2(16), con_id NUMBER"
)
_STANDBY_LOG = (
    "group# NUMBER, dbid VARCHAR2(40), thread# NUMBER, sequence# NUMBER, bytes NUMBER, blocksize NUMBER, "
    "used NUMBER, archived VARCHAR2(3), status VARCHAR2(10), last_change# NUMBER, last_time DATE, con_id NUMBER"
)
_GAP = "thread# NUMBER, low_sequence# NUMBER, high_sequence# NUMBER, con_id NUMBER"
_DG_PROCESSES = (
    "name VARCHAR2(5), pid VARCHAR2(24), type VARCHAR2(6), role VARCHAR2(24), action VARCHAR2(12), "
    "client_role VARCHAR2(24), group# NUMBER, thread# NUMBER, sequence# NUMBER, block# NUMBER, block_count NUMBER, "
    "delay_mins NUMBER, con_id NUMBER"
)
_ROLES = {
    "ARCH": ("archive local", "none"), "LNS": ("async ORL single", "none"), "RFS": ("RFS async", "async ORL single"),
    "MRP0": ("managed recovery", "none"),
}  # fmt: skip
Row = tuple[Any, ...]


def views(state: State, peer: State | None) -> dict[str, Table]:
    """Return the views of this part; what only one side has is empty on the other. `peer` is the other side."""
    standby, mounted = state["role"] == redo.STANDBY, state["status"] in ("OPEN", "MOUNTED")
    destinations = [] if not mounted else [_local(state), *([] if standby or peer is None else [_remote(state, peer)])]
    return {
        "v$dataguard_stats": Table(_STATS, _lags(state, peer) if standby and mounted else []),
        "v$managed_standby": Table(_PROCESSES, _processes(state) if mounted else []),
        "v$dataguard_process": Table(_DG_PROCESSES, _newer(state) if mounted else []),
        "v$archive_gap": Table(_GAP, _gap(state)),
        "v$standby_log": Table(_STANDBY_LOG, _standby_logs(state, peer)),
        "v$archive_dest_status": Table(_DEST_STATUS, destinations),
        "v$archive_dest": Table(
            _DEST,
            [
                (row[0], row[1], row[2], "STANDBY" if row[3] == "PHYSICAL" else "PRIMARY", row[7], row[8], row[10],
                 row[11], "YES", 0)
                for row in destinations
            ],
        ),
        "v$process": _background(state),
    }  # fmt: skip


def _lags(state: State, peer: State | None) -> list[Row]:
    now, heard = f"{datetime.now():%m/%d/%Y %H:%M:%S}", f"{redo.datum(state):%m/%d/%Y %H:%M:%S}"
    transport, apply = redo.lags(state)
    unit, source = "day(2) to second(0) interval", peer["db_unique_name"] if peer else None
    rows = [
        ("transport lag", _interval(transport), unit, now, heard),
        ("apply lag", _interval(apply) if state["standby"]["mrp"] else None, unit, now, heard),
        ("apply finish time", "+00 00:00:00.000", "day(2) to second(3) interval", now, None),
        ("estimated startup time", "14", "second", now, None),
    ]
    return [(state["dbid"], source, *row, 0) for row in rows]


def _interval(seconds: int) -> str:
    span = timedelta(seconds=seconds)
    hours, rest = divmod(span.seconds, 3600)
    return f"+{span.days:02d} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def _processes(state: State) -> list[Row]:
    sequence, link = state["sequence"], state["standby"]
    rows: list[Row] = [("ARCH", "2211", "CLOSING", "ARCH", 1, sequence - 1, 1, 204800, 0, 0)]
    if state["role"] != redo.STANDBY:
        return [*rows, ("LNS", "2240", "WRITING", "LNS", 1, sequence, 8190, 1, 0, 0)]
    if redo.flows(state):
        rows.append(("RFS", "2301", "IDLE", "LGWR", 1, sequence, 8190, 1, 0, 0))
    if link["mrp"]:
        status = "APPLYING_LOG" if redo.flows(state) and link["real_time"] else "WAIT_FOR_LOG"
        if gap := state["gap"]:
            status, sequence = "WAIT_FOR_GAP", gap["low"]
        rows.append(("MRP0", "2317", status, "N/A", 1, sequence, 8189, 409600, 0, 0))
    return rows


def _newer(state: State) -> list[Row]:
    """Return the same processes as V$DATAGUARD_PROCESS tells of them."""
    return [
        (process[:4], pid, "KSV", _ROLES[process][0], status, _ROLES[process][1], 0, thread, sequence, block, blocks,
         delay, con)
        for process, pid, status, _, thread, sequence, block, blocks, delay, con in _processes(state)
    ]  # fmt: skip


def _gap(state: State) -> list[Row]:
    gap = state["gap"]
    return [(1, gap["low"], gap["high"], 0)] if gap and redo.mounted(state) else []


def _standby_logs(state: State, peer: State | None) -> list[Row]:
    rows: list[Row] = [
        (10 + n, "UNASSIGNED", 1, 0, 209715200, 512, 0, "YES", "UNASSIGNED", None, None, 0)
        for n in range(1, state["srls"] + 1)
    ]
    if state["role"] == redo.STANDBY and redo.flows(state):
        last = redo.datum(state).replace(microsecond=0)
        rows[0] = (11, str(state["dbid"]), 1, state["sequence"], 209715200, 512, 4193280, "YES", "ACTIVE",
                   scn.received(state, peer), last, 0)  # fmt: skip
    return rows


def _local(state: State) -> Row:
    mode = redo.recovery_mode(state) if state["role"] == redo.STANDBY else "IDLE"
    opened = {"MOUNTED": "MOUNTED-STANDBY"}.get(state["open_mode"], "OPEN_READ-ONLY")
    return (
        1, "LOG_ARCHIVE_DEST_1", "VALID", "LOCAL", "OPEN" if state["role"] != redo.STANDBY else opened, mode,
        "MAXIMUM PERFORMANCE", state["fra"]["path"], state["sequence"] - 1, 0, None, state["db_unique_name"], None, 0,
    )  # fmt: skip


def _remote(state: State, peer: State) -> Row:
    """Return what the primary knows of its standby: the mode it is in, or the error that it last met."""
    status, error = _destination(state, peer)
    opened = "UNKNOWN" if error else "MOUNTED-STANDBY" if peer["open_mode"] == "MOUNTED" else "OPEN_READ-ONLY"
    gap = "UNRESOLVABLE GAP" if peer["gap"] else "RESOLVABLE GAP" if error or redo.misses(peer) else "NO GAP"
    sent = state["sequence"] - 1
    return (
        2, "LOG_ARCHIVE_DEST_2", status, "PHYSICAL", opened, "IDLE" if error else redo.recovery_mode(peer),
        "MAXIMUM PERFORMANCE", peer["db_unique_name"].lower(), sent, peer["gap"]["low"] - 1 if peer["gap"] else sent,
        error, peer["db_unique_name"], gap, 0,
    )  # fmt: skip


def _destination(state: State, peer: State) -> tuple[str, str | None]:
    if not state["ships"]:
        return "DEFERRED", None
    if peer["role"] == redo.STANDBY and (redo.flows(peer) or (redo.reachable(peer) and state["status"] != "OPEN")):
        return "VALID", None
    if not peer["listener"]["up"]:
        return "ERROR", NO_LISTENER
    if not redo.mounted(peer):
        return "ERROR", NO_SERVICE
    return "ERROR", "ORA-16009: invalid redo transport destination"


def _background(state: State) -> Table:
    names = ["PMON", "LGWR", "DBW0", *(["MRP0"] if state["role"] == redo.STANDBY and state["standby"]["mrp"] else [])]
    rows = [
        (number, str(2000 + number), name, f"oracle@{state['host']} ({name})", 1)
        for number, name in enumerate(names, start=2)
    ]
    return Table("pid NUMBER, spid VARCHAR2(24), pname VARCHAR2(5), program VARCHAR2(48), background VARCHAR2(1)", rows)
