"""What an inspection asks beside what a patch does: limits, files, tablespaces, jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hisops.lab.commands import ROOT
from hisops.lab.mounting import from_files
from hisops.lab.parameters import control_files
from hisops.lab.redo import mounted
from hisops.lab.reopening import logfiles
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import exact, visible

_BLOCKS = 115_200
_METRICS = "tablespace_name VARCHAR2(30), used_space NUMBER, tablespace_size NUMBER, used_percent NUMBER"
_JOBS = (
    "owner VARCHAR2(128), job_name VARCHAR2(128), enabled VARCHAR2(5), state VARCHAR2(20), run_count NUMBER, "
    "failure_count NUMBER, last_start_date TIMESTAMP(6)"
)
_RUNS = (
    "log_id NUMBER, log_date TIMESTAMP(6), owner VARCHAR2(128), job_name VARCHAR2(128), status VARCHAR2(30), "
    "error# NUMBER, additional_info VARCHAR2(4000)"
)
_OWN_JOBS = ((ROOT, "SYS", "PURGE_LOG"), ("HISPDB", "HIS", "J_DAY_CLOSE"), ("LISPDB", "LIS", "J_REPORT_ARCHIVE"))
Row = tuple[Any, ...]


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part."""
    found = {
        "v$resource_limit": Table(
            "resource_name VARCHAR2(30), current_utilization NUMBER, max_utilization NUMBER, "
            "initial_allocation VARCHAR2(10), limit_value VARCHAR2(10), con_id NUMBER",
            [
                ("processes", 212, 388, "      1000", "      1000", 0),
                ("sessions", 231, 412, "      1522", "      1522", 0),
                ("parallel_max_servers", 0, 8, "       160", " UNLIMITED", 0),
            ],
        ),
        "v$controlfile": Table(
            "status VARCHAR2(7), name VARCHAR2(513), is_recovery_dest_file VARCHAR2(3), con_id NUMBER",
            [(None, name, recovery, 0) for name, recovery in _control_files(state)],
        ),
        "v$logfile": Table(
            "group# NUMBER, status VARCHAR2(7), type VARCHAR2(7), member VARCHAR2(513), con_id NUMBER",
            [(at // 2 + 1, None, "ONLINE", name, 0) for at, name in enumerate(logfiles(state)) if mounted(state)],
        ),
        "v$recover_file": Table(
            "file# NUMBER, online VARCHAR2(7), online_status VARCHAR2(7), error VARCHAR2(18), change# NUMBER, "
            "time DATE, con_id NUMBER"
        ),
    }  # fmt: skip
    shown = visible(state, container)
    for name, columns, rows in (
        ("tablespace_usage_metrics", _METRICS, _metrics(state)),
        ("scheduler_jobs", _JOBS, _jobs(state)),
        ("scheduler_job_run_details", _RUNS, _runs(state)),
    ):
        found[f"dba_{name}"] = Table(columns, [row for con, row in rows if con == container])
        found[f"cdb_{name}"] = Table(
            f"con_id NUMBER, {columns}", [(shown[con], *row) for con, row in rows if con in shown]
        )
    return found


def _control_files(state: State) -> list[tuple[str, str]]:
    if from_files(state):
        return [(str(path), "NO") for path in control_files(state) if mounted(state)]
    folder = str(state["datafiles"][0]["name"]).rpartition("/")[0]
    area = f"{state['fra']['path']}/{state['db_unique_name']}"
    return [(f"{folder}/control01.ctl", "NO"), (f"{area}/control02.ctl", "YES")]


def _metrics(state: State) -> list[tuple[str, Row]]:
    return [
        (space["con"], (space["name"], _BLOCKS * space["percent"] // 100, _BLOCKS, space["percent"]))
        for space in state["tablespaces"]
    ]


def _jobs(state: State) -> list[tuple[str, Row]]:
    failures = {job["name"] for job in state["failed_jobs"]}
    night = datetime.now().replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return [
        (con, (owner, name, "TRUE", "SCHEDULED", 412, int(name in failures), night)) for con, owner, name in _OWN_JOBS
    ]


def _runs(state: State) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    night = datetime.now().replace(hour=1, minute=0, second=4, microsecond=0)
    for number in range(1, 8):
        when = night - timedelta(days=number)
        rows += [
            (con, (40_000 - 10 * number, when, owner, name, "SUCCEEDED", 0, None)) for con, owner, name in _OWN_JOBS
        ]
    rows += [
        (job["con"], (41_000, exact(job["time"]), job["owner"], job["name"], "FAILED", 942,
                      "ORA-00942: table or view does not exist"))
        for job in state["failed_jobs"]
    ]  # fmt: skip
    return rows
