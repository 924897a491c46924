"""Faults that change what is there (homes, states) rather than how a tool behaves, and the furnishing of a new lab."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hisops.lab import alert, backup_faults, branches, cluster_stack, dr_scenario, pair, redo, scn
from hisops.lab.background import stopped
from hisops.lab.inventory import Inventory, install, put_files
from hisops.lab.layout import LIS_HOST, NODES, PRIMARY_HOST, STANDBY_HOST, Layout
from hisops.lab.media import archived, checkpoint
from hisops.lab.patches import RU_1926, RU_1927, STRANGER
from hisops.lab.psu import STRANGER_112
from hisops.lab.state import State, Store
from hisops.lab.tree import set_opatch_version


def apply(layout: Layout, name: str, on: bool) -> None:
    """Change what is there when the fault `name` is switched; other faults are asked for by the tools."""
    change = _CHANGES.get(name)
    if change:
        change(layout, on)


def furnish(layout: Layout, states: dict[str, State]) -> None:
    """Write what the databases have on disk: alert logs, data files, and a primary's last archived logs."""
    for name, state in states.items():
        if state.get("datafiles"):
            alert.write(state, "Starting ORACLE instance (normal)", f"Patch level {state['version']}")
            checkpoint.write(Store(layout.state), name, state, fuzzy=True)
            if state["role"] == redo.PRIMARY:
                archived.furnish(state)
    cluster_stack.note_members(layout, NODES)


def _conflict(layout: Layout, on: bool) -> None:
    for host, patch in ((PRIMARY_HOST, STRANGER), (LIS_HOST, STRANGER_112)):
        home = layout.machine(host).oracle_home
        if on:
            install(home, patch, datetime.now(UTC) - timedelta(days=3))
        else:
            Inventory(home).remove(patch.id)


def _opatch_too_old(layout: Layout, on: bool) -> None:
    for host in (PRIMARY_HOST, LIS_HOST):
        release = layout.machine(host).release
        set_opatch_version(layout.machine(host), release.old_opatch if on else release.opatch)


def _standby_behind(layout: Layout, on: bool) -> None:
    """Take the patch out of the standby's home, files included, and out of the instance that runs from it."""
    home = layout.machine(STANDBY_HOST).oracle_home
    level = RU_1926 if on else RU_1927
    if on:
        Inventory(home).remove(RU_1927.id)
        for storage in (home / ".patch_storage").glob(f"{RU_1927.id}_*"):
            shutil.rmtree(storage)
        shutil.rmtree(home / "sqlpatch" / RU_1927.id, ignore_errors=True)
        put_files(next((home / ".patch_storage").glob(f"{RU_1926.id}_*")) / "files", home)
    elif not Inventory(home).find(RU_1927.id):
        install(home, RU_1927, datetime.now(UTC) - timedelta(days=1))
    with Store(layout.state).change("his_dr") as state:
        state["version"] = level.version


def _tablespace_full(layout: Layout, on: bool) -> None:
    with Store(layout.state).change("his") as state:
        space = next(space for space in state["tablespaces"] if space["name"] == "HISDATA")
        space["percent"] = 97 if on else 71


def _failed_job(layout: Layout, on: bool) -> None:
    last_night = datetime.now(UTC) - timedelta(hours=9)
    job = {"con": "HISPDB", "owner": "HIS", "name": "J_DAY_CLOSE", "time": last_night.isoformat()}
    with Store(layout.state).change("his") as state:
        state["failed_jobs"] = [job] if on else []


def _internal_error(layout: Layout, on: bool) -> None:
    """Write the error once; what is in an alert log stays there."""
    for name in ("his", "his_dr") if on else ():
        alert.write(Store(layout.state).read(name), "ORA-00600: internal error code, arguments: [kcratr_scan_lastbwr]")


def _pdb_mounted(layout: Layout, on: bool) -> None:
    with Store(layout.state).change("his") as state:
        pdb = next(pdb for pdb in state["pdbs"] if pdb["name"] == "LISPDB")
        pdb["saved_state"] = not on
        if state["status"] == "OPEN":
            pdb["open_mode"] = "MOUNTED" if on else "READ WRITE"


def _pdb_read_only(layout: Layout, on: bool) -> None:
    """Open a pluggable database read only, as for reports; its state is not saved so."""
    with Store(layout.state).change("his") as state:
        pdb = next(pdb for pdb in state["pdbs"] if pdb["name"] == "LISPDB")
        pdb["saved_state"] = not on
        if state["status"] == "OPEN":
            pdb["open_mode"] = "READ ONLY" if on else "READ WRITE"


def _charset_mismatch(layout: Layout, on: bool) -> None:
    """Let the pair have been created in the character set that DBCA took on many a server."""
    for name in ("his", "his_dr"):
        with Store(layout.state).change(name) as state:
            state["charset"] = "WE8MSWIN1252" if on else "AL32UTF8"


def _wrong_incarnation(layout: Layout, on: bool) -> None:
    """Let production have been opened with RESETLOGS after its backups: its control file is of a later incarnation."""
    if on:
        with pair.changing_one(Store(layout.state), "his") as state:
            branches.fork(state, scn.current(state) + 1)


def _active_executables(layout: Layout, on: bool) -> None:
    for name in () if on else ("his", "lis"):
        stopped(layout, name, "client")


_CHANGES: dict[str, Callable[[Layout, bool], None]] = {
    "conflict": _conflict,
    "opatch-too-old": _opatch_too_old,
    "standby-behind": _standby_behind,
    "tablespace-full": _tablespace_full,
    "failed-job": _failed_job,
    "internal-error": _internal_error,
    "pdb-mounted": _pdb_mounted,
    "pdb-read-only": _pdb_read_only,
    "charset-mismatch": _charset_mismatch,
    "active-executables": _active_executables,
    "wrong-incarnation": _wrong_incarnation,
    **dr_scenario.CHANGES,
    **backup_faults.CHANGES,
}
