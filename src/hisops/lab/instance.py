"""A lab database as the SQL engine and the listener see it: its services, its views, what it can be told to do."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hisops.lab import history, kept_tables, pair, redo, scn, views
from hisops.lab.commands import ROOT, CommandRefused
from hisops.lab.layout import Layout
from hisops.lab.registration import ready_services, registered
from hisops.lab.release import R112
from hisops.lab.sql.backend import Command, Done, Rows, Service, Status, Stored, Table, Value
from hisops.lab.sql.errors import OracleError
from hisops.lab.state import LAB, State, Store
from hisops.lab.views import logical, release11

HEARTBEAT = "hisops_heartbeat"


class LabInstance:
    """One instance over the state file of its database. Satisfies `sql.backend.Instance`."""

    def __init__(self, layout: Layout, database: str) -> None:
        self._store = Store(layout.state)
        self._paths = [layout.state / f"{name}.json" for name in self._store.both(database)]
        self._database = database
        self._lock = threading.Lock()
        self._views: dict[tuple[str, str], Mapping[str, Table]] = {}
        self._kept: dict[tuple[str, str, int | None], Mapping[str, Stored]] = {}
        self.version = ""
        self._state()

    @property
    def was_restored(self) -> bool:
        """Whether the database was opened from restored files, and has nothing but what they held."""
        return "kept" in self._state()

    def of_the_hospital(self) -> Mapping[str, Table]:
        """Return the tables that are the same in every lab, and those of reports, dated when the lab was made."""
        from hisops.lab import finance
        from hisops.lab.sql.seed import TABLES

        return {**TABLES, **finance.tables(date.fromisoformat(self._store.read(LAB)["account_day"]))}

    def service(self, name: str) -> Service:
        """Return the state of a service as registered."""
        state = self._state()
        wanted = name.lower()
        container = next((pdb["name"] for pdb in state["pdbs"] if pdb["name"].lower() == wanted), ROOT)
        if not registered(state) or wanted not in {service.lower() for service in ready_services(state)}:
            return Service(status="unregistered", container=container)
        if state["status"] == "STARTED":
            return Service(status="blocked", container=container)
        return Service(status=self.container(container) or "idle", container=container)

    def container(self, name: str) -> Status | None:
        """Return the state of a container."""
        state = self._state()
        if state["status"] == "DOWN":
            return "idle"
        if name == ROOT:
            return _status(state["open_mode"], restricted=state["restricted"])
        pdb = next((pdb for pdb in state["pdbs"] if pdb["name"] == name), None)
        return _status(pdb["open_mode"], restricted=pdb["restricted"] == "YES") if pdb else None

    def version_token(self) -> str:
        """Return a text that changes with the state of the pair, and with the second: lags move on their own."""
        stats = [os.stat(path) for path in self._paths]
        return " ".join([*(f"{stat.st_ino} {stat.st_mtime_ns}" for stat in stats), str(int(time.time()))])

    def tables(self, container: str) -> Mapping[str, Table]:
        """Return the views, made anew only when the state has moved."""
        from hisops.lab.sql.seed import views as healthy

        key = (self.version_token(), container)
        with self._lock:
            found = self._views.get(key)
            if found is None:
                state = self._state()
                mine = views.tables(state, container, redo.other_of(self._store, state))
                found = {**healthy(datetime.now().replace(microsecond=0)), **mine}
                if state["release"] == R112.number:
                    found = release11.views(found, state)
                found |= logical.views(state, container, found)
                self._views = {key: found}
            return found

    def stored(self, container: str, upto: int | None = None) -> Mapping[str, Stored]:
        """Return the tables that the database keeps, with the rows that have come as far as it is, or as of an SCN."""
        state = self._state()
        other = redo.other_of(self._store, state)
        source = other if other and scn.follows(state, other) and not state["finished"] else state
        reached = scn.applied(state, other)
        if upto is not None and upto > reached:
            raise OracleError(8181, "specified number is not a valid system change number")
        key = (self.version_token(), container, upto)
        with self._lock:
            if key not in self._kept:
                wanted = reached if upto is None else upto
                self._kept = {key: kept_tables.of(source, state, container, wanted)}
            return self._kept[key]

    def keep(self, name: str, added: Rows, gone: Rows) -> None:
        """Commit a change of the heartbeat table; the others are written by the hospital's own programs alone."""
        if name != HEARTBEAT:
            raise OracleError(1031, "insufficient privileges")
        with pair.changing_one(self._store, self._database) as state:
            if state["status"] == "DOWN":
                raise OracleError(1034, "ORACLE not available")
            if not scn.writable(state):
                raise OracleError(16000, "database or pluggable database open for read-only access")
            history.commit(state, [_row(row) for row in added], [_row(row) for row in gone])

    def marks(self) -> Sequence[Sequence[float]]:
        """Return what this database knows of the times of SCNs."""
        state = self._state()
        other = redo.other_of(self._store, state)
        marks: list[list[float]] = (other if other and scn.follows(state, other) else state)["marks"]
        return marks

    def execute(self, command: Command) -> Done | None:
        """Carry out a command of an administrator."""
        try:
            answer = pair.carry_out(self._store, self._database, command.container, command.text, sysdba=command.sysdba)
        except CommandRefused as refused:
            raise OracleError(refused.number, refused.text) from refused
        return None if answer is None else Done()

    def _state(self) -> State:
        state = self._store.read(self._database)
        self.version = str(state["version"])  # of the programs that run
        return state


def _row(row: Sequence[Value]) -> history.Row:
    beat, at = row
    number = None if beat is None else int(str(beat).partition(".")[0])
    return number, at.isoformat() if isinstance(at, datetime) else None


def _status(open_mode: str, *, restricted: bool) -> Status:
    if open_mode in ("MOUNTED", ""):
        return "mounted"
    if open_mode.startswith("READ ONLY"):
        return "read_only"
    return "restricted" if restricted else "open"


def open_session(instance: LabInstance, service: str, user: str, sysdba: bool, container: str) -> Any:
    """Return a session of the SQL engine for a tool that runs on the host itself."""
    from hisops.lab.sql.database import Database

    session = Database(instance, {} if instance.was_restored else instance.of_the_hospital()).session(
        service=service, user=user, sysdba=sysdba, sid=46, serial=1
    )
    session.settings.container = container
    return session
