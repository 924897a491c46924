"""Starting and stopping an instance: what it passes through and what SQL*Plus says on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab import alert, background, mounting, pair, parameters, redo
from hisops.lab.commands import CommandRefused
from hisops.lab.inventory import Inventory
from hisops.lab.media import checkpoint
from hisops.lab.opening import open_database
from hisops.lab.registration import registers_at
from hisops.lab.release import R19
from hisops.lab.roles import down
from hisops.lab.tools.desk import Desk

_SGA = (
    "Total System Global Area 4294966064 bytes",
    "Fixed Size                  9186096 bytes",
    "Variable Size             838860800 bytes",
    "Database Buffers         3439329280 bytes",
    "Redo Buffers                7589888 bytes",
)
_SGA_11 = (
    "Total System Global Area 2137886720 bytes",
    "Fixed Size\t\t    2254952 bytes",
    "Variable Size\t\t  956303256 bytes",
    "Database Buffers\t 1174405120 bytes",
    "Redo Buffers\t\t    4923392 bytes",
)
_SLOW_MOUNT = 180
Say = Callable[..., None]


def start(desk: Desk, name: str, upto: str, say: Say, *, pfile: Path | None = None) -> None:
    """Start the instance as far as `upto` (nomount, mount, open). A parameter file is for one without a database."""
    state = desk.store.read(name)
    try:
        given = parameters.read(parameters.chosen(state, pfile)) if mounting.from_files(state) else None
    except parameters.NotStarted as problem:
        say(*problem.lines)
        return
    if given is None and not (Path(state["home"]) / "dbs" / f"spfile{state['sid']}.ora").exists():
        say(
            "ORA-01078: failure in processing system parameters",
            f"LRM-00109: could not open parameter file '{state['home']}/dbs/init{state['sid']}.ora'",
        )
        return
    update = Inventory(Path(state["home"])).release_update()
    background.stopped(desk.layout, name, "instance")  # of one that has ended just now
    desk.pause(1)
    with pair.changing_one(desk.store, name) as state:
        state.update(status="STARTED", open_mode="", startup_time=datetime.now(UTC).isoformat(), restricted=False)
        if state["release"] == R19.number:
            state["version"] = update.version if update else "19.3.0.0.0"
        state["listener"]["registers_at"] = registers_at(desk.store)
        if given is not None:
            parameters.take(state, given)
            mounting.bare(state)
        for pdb in state["pdbs"]:
            pdb.update(open_mode="MOUNTED", restricted="NO")
        alert.write(state, "Starting ORACLE instance (normal)", f"Patch level {state['version']}")
    background.start_instance(desk.layout, desk.host, name)
    say("ORACLE instance started.", "", *(_SGA if state["release"] == R19.number else _SGA_11))
    try:
        if upto != "nomount":
            mount(desk, name, say, opens_next=upto == "open")
        if upto == "open":
            open_(desk, name, say)
    except CommandRefused as refused:
        say(f"ORA-{refused.number:05d}: {refused.text}")


def mount(desk: Desk, name: str, say: Say, *, opens_next: bool = False) -> None:
    """Go from STARTED to MOUNTED."""
    desk.pause(_SLOW_MOUNT if desk.armed("slow-mount") else 0.5)
    with pair.changing_one(desk.store, name, adopt=not opens_next) as state:
        if mounting.from_files(state):
            mounting.read_in(state)
        state.update(status="MOUNTED", open_mode="MOUNTED")
        alert.write(state, "ALTER DATABASE   MOUNT", "Completed: ALTER DATABASE   MOUNT")
    say("Database mounted.")


def open_(desk: Desk, name: str, say: Say, *, read_only: bool = False) -> None:
    """Go from MOUNTED to OPEN, and open the pluggable databases whose state was saved so."""
    desk.crossroads("startup")
    desk.pause(1)
    with pair.changing_one(desk.store, name) as state:
        open_database(state, read_only=read_only)
    say("Database opened.")


def stop(desk: Desk, name: str, how: str, say: Say) -> None:
    """Shut the instance down; immediate closes, dismounts and ends, abort only ends."""
    state = desk.store.read(name)
    if how == "abort":
        _end(desk, name, how)
        say("ORACLE instance shut down.")
        return
    if state["status"] == "OPEN":
        desk.crossroads("shutdown")
        desk.pause(1.5)
        _step(desk, name, "MOUNTED")
        say("Database closed.")
    elif state["status"] == "MOUNTED":
        say("ORA-01109: database not open", "", "")
    else:
        say("ORA-01507: database not mounted", "", "")
    if state["status"] in ("OPEN", "MOUNTED"):
        desk.pause(0.5)
        _step(desk, name, "STARTED")
        say("Database dismounted.")
    desk.pause(0.5)
    _end(desk, name, how)
    say("ORACLE instance shut down.")


def _step(desk: Desk, name: str, status: str) -> None:
    with pair.changing_one(desk.store, name) as state:
        if status == "MOUNTED" and state["datafiles"]:
            checkpoint.write(desk.store, name, state, fuzzy=False)
        if mounting.from_files(state):
            mounting.keep(state)
        state.update(status=status, open_mode="MOUNTED" if status == "MOUNTED" else "")
        for pdb in state["pdbs"]:
            pdb.update(open_mode="MOUNTED", restricted="NO")
        if state["role"] == redo.STANDBY and state["standby"]["mrp"]:
            state["standby"]["mrp"] = False  # SHUTDOWN stops Redo Apply
            alert.write(state, f"Managed Standby Recovery Canceled ({state['sid']})")


def _end(desk: Desk, name: str, how: str) -> None:
    with pair.changing_one(desk.store, name) as state:
        if mounting.from_files(state):
            mounting.end(desk.store, name, state)
        alert.write(state, f"Shutting down ORACLE instance ({how})", "Instance shutdown complete")
        down(state)
    background.stopped(desk.layout, name, "instance")
    background.start_forgotten_client(desk.layout, name)
