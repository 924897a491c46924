"""Objects, components, the SQL patch registry, violations, jobs: DBA_ for one container, CDB_ for all that are open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hisops.lab.commands import ROOT
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import containers, exact, imported, visible

_OBJECTS = (
    ("HISPDB", "HIS", "PATIENT", "TABLE"),
    ("HISPDB", "HIS", "CHARGE", "TABLE"),
    ("HISPDB", "HIS", "PKG_SETTLEMENT", "PACKAGE"),
    ("HISPDB", "HIS", "PKG_SETTLEMENT", "PACKAGE BODY"),
    ("HISPDB", "HIS", "V_OLD_CHARGES", "VIEW"),
    ("LISPDB", "LIS", "RESULT", "TABLE"),
    ("LISPDB", "LIS", "PKG_REPORT", "PACKAGE BODY"),
    (ROOT, "HISOPS", "HISOPS_HEARTBEAT", "TABLE"),
    (ROOT, "SYS", "DBMS_STATS", "PACKAGE"),
    (ROOT, "SYS", "DBMS_STATS", "PACKAGE BODY"),
)
_SQLPATCH = (
    "install_id NUMBER, patch_id NUMBER, patch_uid NUMBER, patch_type VARCHAR2(10), action VARCHAR2(15), "
    "status VARCHAR2(25), action_time TIMESTAMP(6), description VARCHAR2(100), source_version VARCHAR2(15), "
    "target_version VARCHAR2(15), target_build_timestamp VARCHAR2(20)"
)
_OBJECT = (
    "owner VARCHAR2(128), object_name VARCHAR2(128), object_type VARCHAR2(23), status VARCHAR2(7), last_ddl_time DATE"
)
_REGISTRY = (
    "comp_id VARCHAR2(30), comp_name VARCHAR2(255), version VARCHAR2(30), version_full VARCHAR2(30), "
    "status VARCHAR2(44)"
)
_JOBS = "owner VARCHAR2(128), job_name VARCHAR2(128), session_id NUMBER, elapsed_time VARCHAR2(30)"
Row = tuple[Any, ...]


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part."""
    shown = visible(state, container)
    found: dict[str, Table] = {
        "pdb_plug_in_violations": _violations(state, container),
        "dba_registry_history": _history(),
        "registry$history": _history(),
        "dba_datapump_jobs": Table(
            "owner_name VARCHAR2(128), job_name VARCHAR2(128), operation VARCHAR2(128), state VARCHAR2(30)"
        ),
        "dba_pdbs": Table(
            "pdb_id NUMBER, pdb_name VARCHAR2(128), status VARCHAR2(10)",
            [(pdb["con_id"], pdb["name"], "NORMAL") for pdb in state["pdbs"]],
        ),
    }
    for name, columns, rows in (
        ("objects", _OBJECT, objects(state)),
        ("registry", _REGISTRY, _registry(state)),
        ("registry_sqlpatch", _SQLPATCH, _sqlpatch(state)),
        ("scheduler_running_jobs", _JOBS, []),
    ):
        here = [row for con, row in rows if con == container]
        all_open = [(shown[con], *row) for con, row in rows if con in shown]
        found[f"dba_{name}"] = Table(columns, here)
        found[f"cdb_{name}"] = Table(f"con_id NUMBER, {columns}", all_open)
    found["cdb_pdbs"] = found["dba_pdbs"]
    return found


def objects(state: State) -> list[tuple[str, Row]]:
    """Return the rows of CDB_OBJECTS behind their containers."""
    broken = {(row["con"], row["owner"], row["name"], row["type"]) for row in state["invalid_objects"]}
    changed = datetime(2026, 3, 1, 2, 0, 0)
    there = [*_OBJECTS, *imported(state)]
    known = [*there, *sorted(broken - set(there))]
    return [(row[0], (*row[1:], "INVALID" if row in broken else "VALID", changed)) for row in known]


def _registry(state: State) -> list[tuple[str, Row]]:
    return [
        (con, (comp["comp_id"], comp["comp_name"], comp["version"], _full(state, con), comp["status"]))
        for con in containers(state)
        if con != "PDB$SEED"
        for comp in state["registry"]
    ]


def _full(state: State, container: str) -> str:
    rows = [row for row in state["sqlpatch"] if row["con"] == container and row["status"] == "SUCCESS"]
    return str(max(rows, key=lambda row: str(row["action_time"]))["target_version"]) if rows else "19.3.0.0.0"


def _sqlpatch(state: State) -> list[tuple[str, Row]]:
    return [
        (
            row["con"],
            (
                number, row["patch_id"], row["patch_uid"], row["patch_type"], row["action"], row["status"],
                exact(row["action_time"]), row["description"], row["source_version"], row["target_version"],
                row["target_build"],
            ),
        )
        for number, row in enumerate(state["sqlpatch"], start=1)
    ]  # fmt: skip


def _violations(state: State, container: str) -> Table:
    rows = [
        (exact(row["time"]), row["name"], row["cause"], row["type"], 0, 1, row["message"], row["status"],
         "Call datapatch to install in the PDB or the CDB")
        for row in state["violations"]
        if container in (ROOT, row["name"])
    ]  # fmt: skip
    return Table(
        "time TIMESTAMP(6), name VARCHAR2(128), cause VARCHAR2(64), type VARCHAR2(9), error_number NUMBER, "
        "line NUMBER, "
        "message VARCHAR2(4000), status VARCHAR2(9), action VARCHAR2(4000)",
        rows,
    )


def _history() -> Table:
    return Table(
        "action_time TIMESTAMP(6), action VARCHAR2(30), namespace VARCHAR2(30), version VARCHAR2(30), id NUMBER, "
        "comments VARCHAR2(255), bundle_series VARCHAR2(30)",
        [
            (
                datetime(2023, 3, 11, 9, 30, 0),
                "BOOTSTRAP",
                "DATAPATCH",
                "19",
                None,
                "RDBMS_19.3.0.0.0DBRU_LINUX.X64",
                None,
            )
        ],
    )
