"""The state that the laboratory's database starts with: LIS, 11.2.0.4, alone on its host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hisops.lab import schemas, seed
from hisops.lab.commands import ROOT
from hisops.lab.layout import Machine
from hisops.lab.psu import PSU_181016
from hisops.lab.redo import link_state
from hisops.lab.seed import dbid_of
from hisops.lab.state import State

NAME = "lis"
UNIQUE = "LIS"
COMPONENTS = (
    ("CATALOG", "Oracle Database Catalog Views"),
    ("CATPROC", "Oracle Database Packages and Types"),
    ("JAVAVM", "JServer JAVA Virtual Machine"),
    ("XML", "Oracle XDK"),
    ("CATJAVA", "Oracle Database Java Packages"),
    ("EXF", "Oracle Expression Filter"),
    ("RUL", "Oracle Rules Manager"),
    ("CONTEXT", "Oracle Text"),
    ("XDB", "Oracle XML Database"),
    ("OWM", "Oracle Workspace Manager"),
)
_FILES = ("system01.dbf", "sysaux01.dbf", "undotbs01.dbf", "users01.dbf", "lisdata01.dbf")
_SPACES = (("SYSTEM", 61), ("SYSAUX", 72), ("UNDOTBS1", 9), ("USERS", 3), ("LISDATA", 66))
_PATCHSET = {"action": "APPLY", "id": 0, "comments": "Patchset 11.2.0.2.0"}
"""What the template of DBCA brings along: it says nothing of a patch set update."""


def dbid(machine: Machine) -> int:
    """Return the DBID: another one than the pair has."""
    return dbid_of(machine) + 1


def database_state(machine: Machine) -> State:
    """Return the state of LIS."""
    now = datetime.now(UTC).replace(microsecond=0)
    data = machine.oracle_base / "oradata" / UNIQUE
    return seed.open_state(machine, now, COMPONENTS) | {
        "name": UNIQUE,
        "db_unique_name": UNIQUE,
        "dbid": dbid(machine),
        "peer": "",
        "role": "PRIMARY",
        "open_mode": "READ WRITE",
        "version": machine.release.number,
        "pdbs": [],
        "sqlpatch": [],
        "history": _history(now),
        "fra": seed.recovery_area(machine, limit_mb=51200, used_mb=11870),
        "sequence": 20417,
        **seed.pair_state(seed.long_ago(now), members=(NAME,)),
        "invalid_objects": [{"con": ROOT, "owner": "LIS", "name": "V_OLD_RESULTS", "type": "VIEW"}],
        "datafiles": [
            {"file": number, "con": ROOT, "con_id": 0, "name": f"{data}/{name}", "mb": 900}
            for number, name in enumerate(_FILES, start=1)
        ],
        "services": [UNIQUE, f"{UNIQUE}XDB"],
        "standby": link_state(mrp=False),
        "tablespaces": [{"con": ROOT, "name": name, "percent": percent} for name, percent in _SPACES],
        "schemas": schemas.lis(),
    }


def history_row(when: datetime, **parts: object) -> State:
    """Return a row of REGISTRY$HISTORY as catbundle.sql writes it."""
    row = {"namespace": "SERVER", "version": "11.2.0.4", "bundle_series": "PSU", **parts}
    return {"action_time": when.isoformat(), **row}


def _history(now: datetime) -> list[State]:
    built = datetime(2013, 8, 24, 12, 3, 45, 119862, tzinfo=UTC)
    patched = now - timedelta(days=110)
    level = int(PSU_181016.level)
    return [
        history_row(built, **_PATCHSET),
        history_row(now - timedelta(days=1900), **_PATCHSET),
        history_row(patched, action="APPLY", id=level, comments=f"PSU 11.2.0.4.{level}"),
    ]
