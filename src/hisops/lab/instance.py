"""A lab database as the SQL engine and the listener see it: its services, its views, what it can be told to do."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hisops.lab import pair, redo, views
from hisops.lab.commands import ROOT, CommandRefused
from hisops.lab.layout import Layout
from hisops.lab.registration import ready_services, registered
from hisops.lab.sql.backend import Command, Done, Service, Status, Table
from hisops.lab.sql.errors import OracleError
from hisops.lab.state import State, Store


class LabInstance:
    """One instance over the state file of its database. Satisfies `sql.backend.Instance`."""

    def __init__(self, layout: Layout, database: str) -> None:
        self._store = Store(layout.state)
        self._paths = [layout.state / f"{name}.json" for name in self._store.databases()]
        self._database = database
        self._lock = threading.Lock()
        self._views: dict[tuple[str, str], Mapping[str, Table]] = {}
        self.version = ""
        self._state()

    def service(self, name: str) -> Service:
        """Return the state of a service as registered."""
        state = self._state()
        wanted = name.lower()
        container = next((pdb["name"] for pdb in state["pdbs"] if pdb["name"].lower() == wanted), ROOT)
        if not registered(state) or wanted not in {service.lower() for service in ready_services(state)}:
            return Service(status="unregistered", container=container)
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
                self._views = {key: found}
            return found

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


def _status(open_mode: str, *, restricted: bool) -> Status:
    if open_mode in ("MOUNTED", ""):
        return "mounted"
    if open_mode.startswith("READ ONLY"):
        return "read_only"
    return "restricted" if restricted else "open"


def open_session(instance: LabInstance, service: str, user: str, sysdba: bool, container: str) -> Any:
    """Return a session of the SQL engine for a tool that runs on the host itself."""
    from hisops.lab.sql.database import Database
    from hisops.lab.sql.seed import TABLES

    session = Database(instance, TABLES).session(service=service, user=user, sysdba=sysdba, sid=46, serial=1)
    session.settings.container = container
    return session
