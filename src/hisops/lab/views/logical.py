"""The dictionary as logical copies ask it: tables, users, directories, jobs of Data Pump, character sets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hisops.lab import schemas
from hisops.lab.sql.backend import Table
from hisops.lab.state import State

_TABLES = (
    "owner VARCHAR2(128), table_name VARCHAR2(128), tablespace_name VARCHAR2(30), status VARCHAR2(8), "
    "num_rows NUMBER, partitioned VARCHAR2(3), temporary VARCHAR2(1), nested VARCHAR2(3), iot_type VARCHAR2(12), "
    "segment_created VARCHAR2(3)"
)
_LISTED = "LIS"
"""A user that the dictionary of every container lists; only where it owns something it is one."""


def views(state: State, container: str, others: Mapping[str, Table]) -> dict[str, Table]:
    """Return the views of this part, some made of those that are there already."""
    tables = [
        (one.owner, one.name, one.tablespace, "VALID", None, "NO", "N", "NO", None, "YES" if one.segment else "NO")
        for one in schemas.held(state, container, int(state["scn"]))
    ]
    jobs = [
        (one["owner"], one["job"], one["operation"], "SCHEMA", one["state"])
        for one in state.get("pump_jobs", ())
        if one["con"] == container
    ]
    return {
        "dba_tables": Table(_TABLES, tables),
        "dba_directories": Table(
            "owner VARCHAR2(128), directory_name VARCHAR2(128), directory_path VARCHAR2(4000)",
            [("SYS", name, path) for name, path in sorted(schemas.directories(state, container).items())],
        ),
        "dba_datapump_jobs": Table(
            "owner_name VARCHAR2(128), job_name VARCHAR2(128), operation VARCHAR2(128), job_mode VARCHAR2(128), "
            "state VARCHAR2(30)",
            jobs,
        ),
        "dba_users": _users(state, container, others["dba_users"]),
        "nls_database_parameters": _language(state, others["nls_database_parameters"]),
    }


def _users(state: State, container: str, usual: Table) -> Table:
    own = schemas.users(state, container)
    here = [row for row in usual.rows if row[0] != _LISTED or not state["pdbs"] or _LISTED in own]
    known = {row[0] for row in here}
    added = [
        (owner, "OPEN", None, None, "DEFAULT", datetime.fromisoformat(schema["created"]))
        for owner, schema in schemas.own(state, container).items()
        if owner not in known
    ]
    return Table(usual.columns, [*here, *added])


def _language(state: State, usual: Table) -> Table:
    rows = [(name, schemas.charset(state) if name == "NLS_CHARACTERSET" else value) for name, value in usual.rows]
    return Table(usual.columns, rows)
