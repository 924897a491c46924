"""Instance, database, containers, services, sessions, parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hisops.lab import alert
from hisops.lab.commands import ROOT
from hisops.lab.parameters import words
from hisops.lab.registration import ready_services
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import containers, moment

_EDITION = "Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production"


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part."""
    return {
        "v$instance": _instance(state),
        "v$version": Table(
            "banner VARCHAR2(80), banner_full VARCHAR2(160), banner_legacy VARCHAR2(80), con_id NUMBER",
            [(_EDITION, f"{_EDITION}\nVersion {state['version']} (LAB, simulated)", _EDITION, 0)],
        ),
        "v$pdbs": _pdbs(state, container),
        "v$containers": _containers(state, container),
        "v$active_services": _services(state),
        "v$services": _services(state),
        "v$session": _sessions(state),
        "v$transaction": Table(
            "xidusn NUMBER, status VARCHAR2(16), start_time VARCHAR2(20), start_date DATE, used_ublk NUMBER"
        ),
        "v$parameter": _parameters(state),
        "v$diag_info": _diagnostics(state),
    }


def _instance(state: State) -> Table:
    status = "STARTED" if state["status"] == "STARTED" else state["status"]
    row = (
        1, state["sid"], state["host"], "19.0.0.0.0", state["version"], moment(state["startup_time"]), status, "NO", 1,
        "STARTED", "RESTRICTED" if state["restricted"] else "ALLOWED", "NO", "ACTIVE", "PRIMARY_INSTANCE",
        "NORMAL", "EE",
        0,
    )  # fmt: skip
    return Table(
        "instance_number NUMBER, instance_name VARCHAR2(16), host_name VARCHAR2(64), version VARCHAR2(17), "
        "version_full VARCHAR2(17), startup_time DATE, status VARCHAR2(12), parallel VARCHAR2(3), thread# NUMBER, "
        "archiver VARCHAR2(7), logins VARCHAR2(10), shutdown_pending VARCHAR2(3), database_status VARCHAR2(17), "
        "instance_role VARCHAR2(18), active_state VARCHAR2(9), edition VARCHAR2(7), con_id NUMBER",
        [row],
    )


def _pdbs(state: State, container: str) -> Table:
    rows = [
        (
            pdb["con_id"],
            2000000000 + pdb["con_id"],
            pdb["name"],
            pdb["open_mode"],
            pdb["restricted"],
            3600 * 1024 * 1024,
        )
        for pdb in state["pdbs"]
        if container in (ROOT, pdb["name"]) and state["status"] in ("OPEN", "MOUNTED")
    ]
    return Table(
        "con_id NUMBER, dbid NUMBER, name VARCHAR2(128), open_mode VARCHAR2(10), restricted VARCHAR2(3), "
        "total_size NUMBER",
        [(*row[:4], None if row[3] == "MOUNTED" else row[4], row[5]) for row in rows],
    )


def _containers(state: State, container: str) -> Table:
    modes = {ROOT: state["open_mode"], **{pdb["name"]: pdb["open_mode"] for pdb in state["pdbs"]}}
    restricted = {ROOT: "NO", **{pdb["name"]: pdb["restricted"] for pdb in state["pdbs"]}}
    rows = [
        (number, name, modes[name], restricted[name])
        for name, number in containers(state).items()
        if container in (ROOT, name)
    ]
    return Table("con_id NUMBER, name VARCHAR2(128), open_mode VARCHAR2(10), restricted VARCHAR2(3)", rows)


def _services(state: State) -> Table:
    numbers = {name.lower(): number for name, number in containers(state).items()}
    names = [("SYS$BACKGROUND", 1), ("SYS$USERS", 1)]
    names += [(name, numbers.get(name.lower(), 1)) for name in ready_services(state) if state["status"] == "OPEN"]
    rows = [(at, name, name, number) for at, (name, number) in enumerate(names, start=1)]
    return Table("service_id NUMBER, name VARCHAR2(64), network_name VARCHAR2(512), con_id NUMBER", rows)


def _sessions(state: State) -> Table:
    begun = moment(state["startup_time"])
    host = state["host"]
    rows: list[tuple[Any, ...]] = [
        (1, 1, None, "ACTIVE", host, f"oracle@{host} (PMON)", "BACKGROUND", "pmon timer", "Idle", None, 100, begun, 0)
    ]
    if state["role"] == "PRIMARY" and state["status"] == "OPEN":
        idle = "SQL*Net message from client"
        rows += [
            (11, 101, "HIS", "ACTIVE", "门诊收费01", "his.exe", "USER", idle, "Idle", None, 3, begun, 3),
            (12, 102, "HIS", "INACTIVE", "住院护士站", "nurse.exe", "USER", idle, "Idle", None, 120, begun, 3),
            (14, 104, "LIS", "INACTIVE", "检验科", "lis.exe", "USER", idle, "Idle", None, 40, begun, 4),
        ]
    return Table(
        "sid NUMBER, serial# NUMBER, username VARCHAR2(128), status VARCHAR2(8), machine VARCHAR2(64), "
        "program VARCHAR2(48), type VARCHAR2(10), event VARCHAR2(64), wait_class VARCHAR2(64), "
        "blocking_session NUMBER, "
        "last_call_et NUMBER, logon_time DATE, con_id NUMBER",
        rows,
    )


def _parameters(state: State) -> Table:
    values = {
        "db_name": state["name"],
        "db_unique_name": state["db_unique_name"],
        "instance_name": state["sid"],
        "compatible": "19.0.0",
        "cluster_database": "FALSE",
        "enable_pluggable_database": "TRUE",
        "processes": "1000",
        "sessions": "1522",
        "job_queue_processes": "80",
        "sga_target": "4294967296",
        "undo_retention": "900",
        "db_recovery_file_dest": state["fra"]["path"],
        "db_recovery_file_dest_size": str(state["fra"]["limit_mb"] * 1048576),
        "spfile": f"{state['home']}/dbs/spfile{state['sid']}.ora",
        "remote_login_passwordfile": "EXCLUSIVE",
        **_of_the_pair(state),
        **_given(state),
    }
    rows = [(at, name, value, value, "FALSE", 0) for at, (name, value) in enumerate(values.items(), start=1)]
    return Table(
        "num NUMBER, name VARCHAR2(80), value VARCHAR2(4000), display_value VARCHAR2(4000), isdefault VARCHAR2(9), "
        "con_id NUMBER",
        rows,
    )


def _given(state: State) -> dict[str, str]:
    """Return what the parameter file of an instance says that was started from one."""
    given: dict[str, str] = state.get("parameters", {})
    return {name: ", ".join(words(given, name)) for name in given if name != "db_recovery_file_dest_size"}


def _of_the_pair(state: State) -> dict[str, str]:
    own = str(state["db_unique_name"]).lower()
    other = next((name for name in state["broker"]["members"] if name != own), None)
    return (_to_the_other(state, other) if other else {}) | {
        "dg_broker_start": str(state["broker"]["start"]).upper(),
        "dg_broker_config_file1": f"{state['home']}/dbs/dr1{own}.dat",
        "dg_broker_config_file2": f"{state['home']}/dbs/dr2{own}.dat",
        "archive_lag_target": "0",
        "db_flashback_retention_target": "1440",
    }


def _to_the_other(state: State, other: str) -> dict[str, str]:
    return {
        "fal_server": other,
        "log_archive_config": "dg_config=(his,his_dr)",
        "log_archive_dest_2": f'service="{other}", ASYNC NOAFFIRM db_unique_name="{other}" '
        "valid_for=(online_logfile,all_roles)",
        "log_archive_dest_state_2": "ENABLE" if state["ships"] else "DEFER",
        "standby_file_management": "AUTO",
    }


def _diagnostics(state: State) -> Table:
    trace = alert.folder(state)
    values = {
        "Diag Enabled": "TRUE",
        "ADR Base": str(Path(state["home"]).parents[2]),
        "ADR Home": str(trace.parent),
        "Diag Trace": str(trace),
        "Diag Alert": str(trace.parent / "alert"),
        "ORACLE_HOME": state["home"],
    }
    rows = [(1, name, value, 0) for name, value in values.items()]
    return Table("inst_id NUMBER, name VARCHAR2(64), value VARCHAR2(512), con_id NUMBER", rows)
