"""Opening a database: as what, with which of its pluggable databases, and when it is refused."""

from __future__ import annotations

import time

from hisops.lab import alert, history, mounting, redo, reopening
from hisops.lab.branches import fork
from hisops.lab.broker.config import must_not_open
from hisops.lab.commands import CommandRefused, open_pdb
from hisops.lab.scn import current
from hisops.lab.state import State

FAILED_OVER = "possible failover to another database prevents this database from\nbeing opened"


def open_database(state: State, *, read_only: bool = False, resetlogs: bool = False) -> None:
    """Go from MOUNTED to OPEN, and open the pluggable databases whose state was saved so."""
    _refuse(state, resetlogs)
    if mounting.from_files(state):
        reopening.check(state, resetlogs=resetlogs)
        reopening.take(state)
    if resetlogs:
        fork(state, current(state) + 1)
        state["needs_resetlogs"] = False
    mode = "READ WRITE" if state["role"] == redo.PRIMARY and not read_only else "READ ONLY"
    state.update(status="OPEN", open_mode=mode)
    if mode == "READ WRITE":
        state["scn_at"] = time.time()
        history.mark(state, state["scn_at"])
        if mounting.from_files(state):
            reopening.stamp(state)
            mounting.keep(state)
    alert.write(state, "ALTER DATABASE OPEN", "Completed: ALTER DATABASE OPEN")
    for pdb in state["pdbs"]:
        if pdb["name"] == "PDB$SEED":
            pdb["open_mode"] = "READ ONLY"
        elif pdb["saved_state"]:
            open_pdb(state, pdb, mode)


def _refuse(state: State, resetlogs: bool) -> None:
    if state["status"] == "OPEN":
        raise CommandRefused(1531, "a database already open by the instance")
    if state["role"] == redo.STANDBY:
        if state["standby"]["mrp"]:
            raise CommandRefused(10456, "cannot open standby database; media recovery session may be in progress")
        if resetlogs:
            raise CommandRefused(1666, "control file is for a standby database")
        return
    if must_not_open(state):
        alert.write(state, "ORA-16649: possible failover to another database prevents this database from being opened")
        raise CommandRefused(16649, FAILED_OVER)
    if state["needs_resetlogs"] and not resetlogs:
        raise CommandRefused(1589, "must use RESETLOGS or NORESETLOGS option for database open")
    if resetlogs and not state["needs_resetlogs"]:
        raise CommandRefused(1139, "RESETLOGS option only valid after an incomplete database recovery")
