"""Transport and apply between the primary and its standby."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hisops.lab.sql.backend import Table
from hisops.lab.state import State


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part; what only one side has is empty on the other."""
    standby = state["role"] == "PHYSICAL STANDBY"
    return {
        "v$dataguard_stats": Table(
            "name VARCHAR2(32), value VARCHAR2(64), unit VARCHAR2(30), time_computed VARCHAR2(30), "
            "datum_time VARCHAR2(30)",
            _lags(state) if standby and state["status"] in ("OPEN", "MOUNTED") else [],
        ),
        "v$managed_standby": Table(
            "process VARCHAR2(9), status VARCHAR2(12), client_process VARCHAR2(8), thread# NUMBER, sequence# NUMBER",
            [("MRP0", state["standby"]["mrp"], "N/A", 1, state["sequence"])] if standby else [],
        ),
        "v$archive_dest_status": Table(
            "dest_id NUMBER, dest_name VARCHAR2(256), status VARCHAR2(9), type VARCHAR2(16), "
            "recovery_mode VARCHAR2(34), "
            "db_unique_name VARCHAR2(30), gap_status VARCHAR2(24), error VARCHAR2(256)",
            [] if standby else [(2, "LOG_ARCHIVE_DEST_2", "VALID", "PHYSICAL", "MANAGED REAL TIME APPLY", "HIS_DR",
                                 "NO GAP", None)],
        ),
    }  # fmt: skip


def _lags(state: State) -> list[tuple[str | None, ...]]:
    now = f"{datetime.now(UTC):%m/%d/%Y %H:%M:%S}"
    unit = "day(2) to second(0) interval"
    link = state["standby"]
    return [
        ("transport lag", _interval(link["transport_lag_s"]), unit, now, now),
        ("apply lag", _interval(link["apply_lag_s"]), unit, now, now),
        ("apply finish time", "+00 00:00:00.000", "day(2) to second(3) interval", now, None),
        ("estimated startup time", "14", "second", now, None),
    ]


def _interval(seconds: int) -> str:
    span = timedelta(seconds=seconds)
    hours, rest = divmod(span.seconds, 3600)
    return f"+{span.days:02d} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
