"""The views of a database of 11.2, made of those of 19c: fewer of them, with fewer columns. After its Reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hisops.lab.commands import ROOT
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import exact, imported, moment

BANNER = "Oracle Database 11g Enterprise Edition Release 11.2.0.4.0 - 64bit Production"
_SINCE_12 = frozenset({
    "v$pdbs", "v$containers", "dba_pdbs", "pdb_plug_in_violations", "dba_registry_sqlpatch", "v$dataguard_process",
})  # fmt: skip
_LATER_COLUMNS = {
    "v$database": {"cdb"},
    "v$instance": {"version_full", "version_legacy", "edition", "instance_mode", "database_type"},
    "v$pwfile_users": {"sysbackup", "sysdg", "syskm"},
}
_NAMES = re.compile(r"^(owner|username|job_name|owner_name|machine) VARCHAR2\(128\)$")
_HISTORY = (
    "action_time TIMESTAMP(6), action VARCHAR2(30), namespace VARCHAR2(30), version VARCHAR2(30), id NUMBER, "
    "comments VARCHAR2(255), bundle_series VARCHAR2(30)"
)
_OBJECTS = (
    ("HISOPS", "HISOPS_HEARTBEAT", "TABLE"),
    ("LIS", "RESULT", "TABLE"),
    ("LIS", "PKG_REPORT", "PACKAGE"),
    ("LIS", "PKG_REPORT", "PACKAGE BODY"),
    ("LIS", "V_OLD_RESULTS", "VIEW"),
    ("SYS", "DBMS_STATS", "PACKAGE"),
    ("SYS", "DBMS_STATS", "PACKAGE BODY"),
)
_LANGUAGE = {
    "NLS_LANGUAGE": "AMERICAN",
    "NLS_TERRITORY": "AMERICA",
    "NLS_CURRENCY": "$",
    "NLS_CHARACTERSET": "ZHS16GBK",
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_DATE_FORMAT": "DD-MON-RR",
    "NLS_DATE_LANGUAGE": "AMERICAN",
    "NLS_SORT": "BINARY",
    "NLS_COMP": "BINARY",
    "NLS_LENGTH_SEMANTICS": "BYTE",
    "NLS_NCHAR_CONV_EXCP": "FALSE",
    "NLS_NCHAR_CHARACTERSET": "AL16UTF16",
    "NLS_RDBMS_VERSION": "11.2.0.4.0",
}
_PARAMETERS = {"compatible": "11.2.0.4.0", "enable_pluggable_database": None}


def views(newer: Mapping[str, Table], state: State) -> dict[str, Table]:
    """Return what 11.2 has of the views of 19c, and its own."""
    kept = {
        name: _without(table, {"con_id", *_LATER_COLUMNS.get(name, ())})
        for name, table in newer.items()
        if name not in _SINCE_12 and not name.startswith("cdb_")
    }
    return kept | {
        "v$instance": _instance(kept["v$instance"], state),
        "v$version": Table("banner VARCHAR2(80)", [(line,) for line in _versions()]),
        "v$session": _sessions(kept["v$session"]),
        "v$parameter": _parameters(kept["v$parameter"]),
        "nls_database_parameters": Table(
            "parameter VARCHAR2(30), value VARCHAR2(40)", list(_LANGUAGE.items())
        ),
        "dba_objects": objects(state),
        "dba_registry": _registry(state),
        "registry$history": Table(_HISTORY, [_action(row) for row in state["history"]]),
        "dba_registry_history": Table(_HISTORY, [_action(row) for row in state["history"]]),
    }  # fmt: skip


def _without(table: Table, gone: set[str]) -> Table:
    parts = table.columns.split(", ")
    at = [number for number, part in enumerate(parts) if part.split()[0] not in gone]
    columns = ", ".join(_NAMES.sub(r"\1 VARCHAR2(30)", parts[number]) for number in at)
    return Table(columns, [tuple(row[number] for number in at) for row in table.rows])


def _replaced(table: Table, column: str, value: Any) -> Table:
    at = [part.split()[0] for part in table.columns.split(", ")].index(column)
    return Table(table.columns, [(*row[:at], value, *row[at + 1 :]) for row in table.rows])


def _instance(table: Table, state: State) -> Table:
    return _replaced(table, "version", state["release"])


def _versions() -> list[str]:
    number = "11.2.0.4.0"
    return [
        BANNER,
        f"PL/SQL Release {number} - Production",
        f"CORE\t{number}\tProduction",
        f"TNS for Linux: Version {number} - Production",
        f"NLSRTL Version {number} - Production",
    ]


def _sessions(table: Table) -> Table:
    """Leave background processes and the users of the laboratory."""
    rows = [row for row in table.rows if row[2] in (None, "LIS")]
    return Table(table.columns, rows)


def _parameters(table: Table) -> Table:
    rows: list[tuple[Any, ...]] = []
    for row in table.rows:
        value = _PARAMETERS.get(str(row[1]), row[2])
        if value is not None:
            rows.append((len(rows) + 1, row[1], value, value, *row[4:]))
    return Table(table.columns, rows)


def objects(state: State) -> Table:
    """Return DBA_OBJECTS."""
    broken = {(row["owner"], row["name"], row["type"]) for row in state["invalid_objects"] if row["con"] == ROOT}
    changed = datetime(2026, 3, 1, 2, 0, 0)
    there = [*_OBJECTS, *(row[1:] for row in imported(state))]
    known = [*there, *sorted(broken - set(there))]
    return Table(
        "owner VARCHAR2(30), object_name VARCHAR2(128), object_type VARCHAR2(19), status VARCHAR2(7), "
        "last_ddl_time DATE",
        [(*row, "INVALID" if row in broken else "VALID", changed) for row in known],
    )


def _registry(state: State) -> Table:
    modified = f"{moment(state['history'][-1]['action_time']):%d-%b-%Y %H:%M:%S}".upper()
    return Table(
        "comp_id VARCHAR2(30), comp_name VARCHAR2(255), version VARCHAR2(30), status VARCHAR2(11), "
        "modified VARCHAR2(20), namespace VARCHAR2(30), schema VARCHAR2(30)",
        [
            (comp["comp_id"], comp["comp_name"], comp["version"], comp["status"], modified, "SERVER", "SYS")
            for comp in state["registry"]
        ],
    )


def _action(row: State) -> tuple[Any, ...]:
    return (
        exact(row["action_time"]), row["action"], row["namespace"], row["version"], row["id"], row["comments"],
        row["bundle_series"],
    )  # fmt: skip
