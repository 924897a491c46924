"""The listener of a host as clients meet it: its socket opens and closes with the state that lsnrctl changes."""

from __future__ import annotations

from hisops.lab.instance import LabInstance
from hisops.lab.layout import Layout
from hisops.lab.record import append
from hisops.lab.sql.privileges import READER
from hisops.lab.state import LAB, State, Store, Watch
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account


class Front:
    """Keeps the TNS listener of one host in step with its database's state."""

    def __init__(self, layout: Layout, host: str, port: int) -> None:
        self._layout = layout
        self._host = host
        self._store = Store(layout.state)
        self._database = next(name for name in self._store.databases() if self._store.read(name)["host"] == host)
        state = self._store.read(self._database)
        instance = LabInstance(layout, self._database)
        lab = self._store.read(LAB)
        password = lab["password"]
        accounts = {"HISOPS": Account(password), "SYS": Account(password, sysdba=True), "HIS": Account(password)}
        accounts[READER] = Account(lab["reader_password"])
        self._listener = Listener(
            "127.0.0.1",
            port,
            dict.fromkeys(state["services"], instance),
            accounts,
            tables=instance.of_the_hospital(),
            on_statement=self._note,
        )
        self._watch = Watch(self._store, self._database)
        self._up = False
        self._started = state["startup_time"]

    def open(self) -> int:
        """Find out the port, by listening once even if the listener is down; return it."""
        self._listener.start()
        self._up = True
        self.follow()
        return int(self._listener.port)

    def behind(self) -> bool:
        """Return whether the state has moved since it was last asked."""
        return self._watch.moved()

    def follow(self) -> None:
        """Open or close the socket as the state says, and end sessions whose instance has gone."""
        state = self._store.read(self._database)
        wanted = bool(state["listener"]["up"])
        if self._up != wanted:
            self._listener.start() if wanted else self._listener.stop()
            self._up = wanted
        if self._gone(state):
            for sid in self._listener.sessions():
                self._listener.kill(sid)

    def _gone(self, state: State) -> bool:
        restarted = state["startup_time"] != self._started
        self._started = state["startup_time"]
        return bool(restarted or state["status"] == "DOWN")

    def _note(self, sid: int, text: str) -> None:
        append(self._layout.record, event="statement", tool="listener", host=self._host, sid=sid, text=text)
