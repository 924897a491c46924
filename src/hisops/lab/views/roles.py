"""What a database is in its pair: V$DATABASE, its incarnations, how far back it can be flashed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hisops.lab import redo, scn
from hisops.lab.history import PER_SECOND
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import moment

_DATABASE = (
    "dbid NUMBER, name VARCHAR2(9), created DATE, resetlogs_change# NUMBER, resetlogs_time DATE, "
    "prior_resetlogs_change# NUMBER, log_mode VARCHAR2(12), open_mode VARCHAR2(20), protection_mode VARCHAR2(20), "
    "protection_level VARCHAR2(20), database_role VARCHAR2(16), switchover_status VARCHAR2(20), "
    "force_logging VARCHAR2(39), flashback_on VARCHAR2(18), db_unique_name VARCHAR2(30), cdb VARCHAR2(3), "
    "current_scn NUMBER, standby_became_primary_scn NUMBER, platform_name VARCHAR2(101), controlfile_type VARCHAR2(7), "
    "fs_failover_status VARCHAR2(22), fs_failover_current_target VARCHAR2(30), fs_failover_threshold NUMBER, "
    "fs_failover_observer_present VARCHAR2(7), fs_failover_observer_host VARCHAR2(512), dataguard_broker VARCHAR2(8), "
    "primary_db_unique_name VARCHAR2(30), con_id NUMBER"
)
_INCARNATION = (
    "incarnation# NUMBER, resetlogs_change# NUMBER, resetlogs_time DATE, prior_resetlogs_change# NUMBER, "
    "status VARCHAR2(7), resetlogs_id NUMBER, prior_incarnation# NUMBER, flashback_database_allowed VARCHAR2(26), "
    "con_id NUMBER"
)
_FLASHBACK = (
    "oldest_flashback_scn NUMBER, oldest_flashback_time DATE, retention_target NUMBER, flashback_size NUMBER, "
    "estimated_flashback_size NUMBER, con_id NUMBER"
)
Row = tuple[Any, ...]


def views(state: State, peer: State | None) -> dict[str, Table]:
    """Return the views of this part; before the control file is open there is nothing to tell."""
    if not redo.mounted(state):
        return {name: Table(columns) for name, columns in _VIEWS.items()}
    return {
        "v$database": Table(_DATABASE, [_database(state, peer)]),
        "v$database_incarnation": Table(_INCARNATION, _incarnations(state)),
        "v$flashback_database_log": Table(_FLASHBACK, _flashback(state, peer)),
    }


_VIEWS = {"v$database": _DATABASE, "v$database_incarnation": _INCARNATION, "v$flashback_database_log": _FLASHBACK}


def switchover_status(state: State, peer: State | None) -> str:
    """Return V$DATABASE.SWITCHOVER_STATUS."""
    if state["role"] == redo.PRIMARY:
        return _of_primary(state, peer)
    if state["finished"] or state["end_of_redo"] == "applied":
        return "TO PRIMARY"
    if state["end_of_redo"] == "received":
        return "RECOVERY NEEDED"
    return "NOT ALLOWED"


def _of_primary(state: State, peer: State | None) -> str:
    if state["status"] != "OPEN" or not state["ships"]:
        return "NOT ALLOWED"
    if peer is None or peer["role"] != redo.STANDBY or not redo.flows(peer):
        return "FAILED DESTINATION"
    if peer["gap"]:
        return "UNRESOLVABLE GAP"
    return "RESOLVABLE GAP" if redo.misses(peer) else "TO STANDBY"


def _database(state: State, peer: State | None) -> Row:
    primary, broker, branch = state["role"] == redo.PRIMARY, state["broker"], state["incarnations"][-1]
    leader = state if primary else peer if peer is not None and peer["role"] == redo.PRIMARY else None
    watched = broker["fast_start"] and broker["enabled"] and broker["start"]
    target = next((name for name in broker["members"] if name != broker["primary"]), None)
    return (
        state["dbid"], state["name"], datetime(2023, 3, 11, 9, 12, 44), branch["resetlogs"], moment(branch["time"]),
        branch["prior"], state["log_mode"], state["open_mode"], "MAXIMUM PERFORMANCE", "MAXIMUM PERFORMANCE",
        state["role"], switchover_status(state, peer), state["force_logging"], state["flashback_on"],
        state["db_unique_name"], "YES", scn.applied(state, peer), state["became_primary_scn"], "Linux x86 64-bit",
        "CURRENT" if primary else "STANDBY", "TARGET UNDER LAG LIMIT" if watched else "DISABLED",
        target if watched else None, 30 if watched else 0,
        ("YES" if broker["observer"] and not broker["unobserved"] else "NO") if watched else None,
        broker["observer"] or None, "ENABLED" if broker["start"] and broker["enabled"] else "DISABLED",
        leader["db_unique_name"] if leader else None, 0,
    )  # fmt: skip


def _incarnations(state: State) -> list[Row]:
    found: list[Row] = []
    last = len(state["incarnations"])
    for number, branch in enumerate(state["incarnations"], start=1):
        status = "CURRENT" if number == last else "PARENT"
        when = moment(branch["time"])
        found.append((number, branch["resetlogs"], when, branch["prior"], status, int(when.timestamp()), number - 1,
                      "NO", 0))  # fmt: skip
    return found


def _flashback(state: State, peer: State | None) -> list[Row]:
    if state["flashback_on"] != "YES":
        return []
    age = (scn.applied(state, peer) - state["flashback_from"]) / PER_SECOND
    oldest = datetime.fromtimestamp(datetime.now().timestamp() - max(0, age)).replace(microsecond=0)
    return [(state["flashback_from"], oldest, 1440, 1073741824, 943718400, 0)]
