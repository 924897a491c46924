"""The state that a lab starts with: the primary HIS on his-db1 and its physical standby HIS_DR on his-db2."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from hisops.lab import cluster, history
from hisops.lab.branches import first
from hisops.lab.broker.config import MEMBERS, configuration
from hisops.lab.history import PER_SECOND
from hisops.lab.layout import PRIMARY_HOST, SIDS, Machine
from hisops.lab.patches import RU_1926, Patch
from hisops.lab.redo import link_state
from hisops.lab.state import State

DATABASE_FILES = ("system01.dbf", "sysaux01.dbf", "undotbs01.dbf", "users01.dbf")
PDB_FILES = ("system01.dbf", "sysaux01.dbf", "undotbs01.dbf", "hisdata01.dbf")
SCN = 48219334
"""Where the databases begin."""
COMPONENTS = (
    ("CATALOG", "Oracle Database Catalog Views"),
    ("CATPROC", "Oracle Database Packages and Types"),
    ("JAVAVM", "JServer JAVA Virtual Machine"),
    ("XML", "Oracle XDK"),
    ("CATJAVA", "Oracle Database Java Packages"),
    ("CONTEXT", "Oracle Text"),
    ("XDB", "Oracle XML Database"),
    ("OWM", "Oracle Workspace Manager"),
)


def lab_state(pace: float) -> State:
    """Return the state of the lab itself. `pace` stretches every pause: 1 is a rehearsal, 0.02 a test."""
    gigabyte = 1024 * 1024
    mounts = {"u01": (200 * gigabyte, 120 * gigabyte), "home": (50 * gigabyte, 9 * gigabyte), "tmp": (8 * gigabyte, 0)}
    return {
        "pace": pace,
        "faults": [],
        "picture": "",
        "mounts": {name: {"size_kb": size, "used_kb": used} for name, (size, used) in mounts.items()},
        "password": secrets.token_urlsafe(12),
        "reader_password": secrets.token_urlsafe(12),
        "account_day": (date.today() - timedelta(days=1)).isoformat(),  # the newest day that reports are about
        "cluster": cluster.start_state(),
    }


def dbid_of(machine: Machine) -> int:
    """Return the DBID of the lab's databases: its own for every lab, so that two labs of a user never share a lock."""
    lab = machine.root.parent.parent
    return 1_000_000_000 + int.from_bytes(sha256(str(lab).encode()).digest()[:4]) % 1_000_000_000


def database_state(machine: Machine, name: str, applied: Patch) -> State:
    """Return the state of the database `name` whose instance runs on `machine`."""
    primary = machine.name == PRIMARY_HOST
    now = datetime.now(UTC).replace(microsecond=0)
    data = machine.oracle_base / "oradata" / ("HIS" if primary else "HIS_DR")
    return open_state(machine, now, COMPONENTS) | {
        "name": "HIS",
        "db_unique_name": name.upper(),
        "dbid": dbid_of(machine),
        "peer": "his_dr" if primary else "his",
        "role": "PRIMARY" if primary else "PHYSICAL STANDBY",
        "open_mode": "READ WRITE" if primary else "READ ONLY WITH APPLY",
        "version": applied.version,
        "pdbs": [_pdb("PDB$SEED", 2, "READ ONLY"), *(_pdb(pdb, con, _mode(primary), primary) for pdb, con in _PDBS)],
        "sqlpatch": [_registry_row(con, now) for con in ("CDB$ROOT", "PDB$SEED", "HISPDB", "LISPDB")],
        "fra": recovery_area(machine, limit_mb=102400, used_mb=21340),
        "sequence": 518,
        **pair_state(long_ago(now)),
        "invalid_objects": [{"con": "HISPDB", "owner": "HIS", "name": "V_OLD_CHARGES", "type": "VIEW"}],
        "datafiles": _datafiles(str(data)),
        "services": _services(name.upper()),
        "standby": link_state(),
        "tablespaces": [{"con": con, "name": name, "percent": percent} for con, name, percent in _TABLESPACES],
    }


def open_state(machine: Machine, now: datetime, components: Iterable[tuple[str, str]]) -> State:
    """Return what every database of the lab starts with whose instance on `machine` is open: up for a month, sound."""
    up_since = long_ago(now)
    return {
        "sid": SIDS[machine.name],
        "release": machine.release.number,
        "host": machine.name,
        "home": str(machine.oracle_home),
        "status": "OPEN",
        "restricted": False,
        "startup_time": up_since,
        "log_mode": "ARCHIVELOG",
        "flashback_on": "YES",
        "autobackup": True,
        "registry": [
            {"comp_id": comp, "comp_name": text, "version": machine.release.number, "status": "VALID"}
            for comp, text in components
        ],
        "violations": [],
        "restore_points": [],
        "backups": [],
        "backup_jobs": [old_backup(now)],
        "scn": SCN,
        "listener": {"name": "LISTENER", "up": True, "since": up_since, "registers_at": up_since},
        "failed_jobs": [],
    }


def long_ago(now: datetime) -> str:
    """Return when the instances of a new lab were started."""
    return (now - timedelta(days=30)).isoformat()


def recovery_area(machine: Machine, *, limit_mb: int, used_mb: int) -> State:
    """Return the fast recovery area of a database."""
    return {"path": str(machine.oracle_base / "fast_recovery_area"), "limit_mb": limit_mb, "used_mb": used_mb}


def pair_state(created: str, members: tuple[str, ...] = MEMBERS) -> State:
    """Return what a database has as one of a Data Guard pair, or as one that is in none.

    SCNs start long before now, flashback logs a day ago.
    """
    return {
        "scn_at": time.time(),
        "incarnations": [first(created)],
        "became_primary_scn": 0,
        "flashback_from": SCN - 86400 * PER_SECOND,
        "force_logging": "YES",
        "ships": len(members) > 1,
        "srls": 4,
        "gap": None,
        "end_of_redo": "",
        "finished": 0,
        "needs_resetlogs": False,
        "broker": configuration(members),
        "logs": [],
        "configured": {},
        "tracking": True,
        "block_corruption": [],
        "wallet": "OPEN",
        **history.start(SCN),
    }


_PDBS = (("HISPDB", 3), ("LISPDB", 4))
_TABLESPACES = (
    ("CDB$ROOT", "SYSTEM", 34), ("CDB$ROOT", "SYSAUX", 41), ("CDB$ROOT", "UNDOTBS1", 12), ("HISPDB", "SYSTEM", 29),
    ("HISPDB", "SYSAUX", 38), ("HISPDB", "HISDATA", 71), ("LISPDB", "SYSTEM", 27), ("LISPDB", "LISDATA", 58),
)  # fmt: skip


def _mode(primary: bool) -> str:
    return "READ WRITE" if primary else "READ ONLY"


def _pdb(name: str, con_id: int, mode: str, saved: bool = True) -> State:
    """Return a pluggable database; on a standby nobody could save its state, since that is written down in it."""
    return {"name": name, "con_id": con_id, "open_mode": mode, "restricted": "NO", "saved_state": saved}


def old_backup(now: datetime) -> State:
    """Return the job of last night."""
    begun = now - timedelta(hours=22)
    return {
        "session_key": 311,
        "input_type": "DB INCR",
        "status": "COMPLETED",
        "start_time": begun.isoformat(),
        "end_time": (begun + timedelta(minutes=38)).isoformat(),
        "output_mb": 18240,
    }


def _registry_row(container: str, now: datetime) -> State:
    return {
        "con": container,
        "patch_id": int(RU_1926.id),
        "patch_uid": int(RU_1926.uid),
        "patch_type": "RU",
        "action": "APPLY",
        "status": "SUCCESS",
        "description": RU_1926.description,
        "source_version": "19.24.0.0.0",
        "target_version": RU_1926.version,
        "target_build": RU_1926.build,
        "action_time": (now - timedelta(days=30)).isoformat(),
    }


def _datafiles(folder: str) -> list[State]:
    files = [(1, "CDB$ROOT", name) for name in DATABASE_FILES]
    files += [(con, pdb, name) for pdb, con in _PDBS for name in PDB_FILES]
    return [
        {
            "file": number,
            "con": pdb,
            "con_id": con,
            "name": f"{folder}/{'' if con == 1 else pdb + '/'}{name}",
            "mb": 900,
        }
        for number, (con, pdb, name) in enumerate(files, start=1)
    ]


def _services(unique_name: str) -> list[str]:
    return [unique_name, f"{unique_name}XDB", "hispdb", "lispdb"]
