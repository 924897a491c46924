"""The listener: one socket on the loopback, a thread for each client."""

from __future__ import annotations

import itertools
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from hisops.lab.sql.backend import Instance, Table
from hisops.lab.sql.database import Database
from hisops.lab.sql.seed import TABLES
from hisops.lab.sql.session import SqlSession
from hisops.lab.tns.calls import Calls
from hisops.lab.tns.codec import Reader
from hisops.lab.tns.faults import Faults
from hisops.lab.tns.login import Account
from hisops.lab.tns.reception import Reception
from hisops.lab.tns.session import Session, data_source
from hisops.lab.tns.wire import Channel, Hangup, Interrupted

_FIRST_SID = 101
_PATIENCE = 5.0


class Listener:
    """Serves the services of the lab's instances to the thin driver. `port` is known after `start`."""

    def __init__(
        self,
        host: str,
        port: int,
        services: Mapping[str, Instance],
        accounts: Mapping[str, Account],
        *,
        tables: Mapping[str, Table] = TABLES,
        faults: Faults | None = None,
        on_statement: Callable[[int, str], None] = lambda _sid, _text: None,
        clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.host = host
        self.port = port
        self.faults = faults or Faults()
        self._on_statement = on_statement
        self._tables = tables
        self._clock = clock
        self._databases: dict[int, Database] = {}
        self._reception = Reception(services, accounts, self.faults, self._open)
        self._sids = itertools.count(_FIRST_SID)
        self._lock = threading.Lock()
        self._channels: dict[int, Channel] = {}
        self._sessions: dict[int, Session] = {}
        self._threads: list[threading.Thread] = []
        self._socket: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen; a port of 0 takes a free one."""
        self._socket = socket.create_server((self.host, self.port))
        self.port = self._socket.getsockname()[1]
        self._acceptor = self._spawn(self._accept, self._socket)

    def stop_listening(self) -> None:
        """Take no new connections; sessions go on, as they do when a real listener stops. `start` opens it again."""
        if self._socket is None:
            return
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._socket = None
        if self._acceptor is not None:
            self._acceptor.join(_PATIENCE)

    def stop(self) -> None:
        """Stop listening, end every session and forget the data."""
        self.stop_listening()
        with self._lock:
            channels = list(self._channels.values())
        for channel in channels:
            channel.close()
        for thread in list(self._threads):
            thread.join(_PATIENCE)
        for database in self._databases.values():
            database.close()
        self._databases.clear()

    def kill(self, sid: int) -> bool:
        """Kill a session; its running or next call is answered with ORA-00028. False if there is no such session."""
        with self._lock:
            session = self._sessions.get(sid)
        if session is not None:
            session.kill()
        return session is not None

    def sessions(self) -> tuple[int, ...]:
        """Return the ids of the sessions that are logged in."""
        with self._lock:
            return tuple(self._sessions)

    @property
    def alive(self) -> bool:
        """Tell whether new connections are taken."""
        return self._acceptor is not None and self._acceptor.is_alive()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        channel = Channel(client)
        sid = next(self._sids)
        with self._lock:
            self._channels[sid] = channel
        try:
            self._converse(channel, sid)
        except (Hangup, Interrupted):
            pass  # the client's end of the line is its own affair
        finally:
            with self._lock:
                self._channels.pop(sid, None)
                self._sessions.pop(sid, None)
            channel.close()

    def _converse(self, channel: Channel, sid: int) -> None:
        reader = Reader(data_source(channel))

        def ready(sql: SqlSession) -> None:
            session = Session(channel, reader, sql, Calls(sql, self.faults, self._on_statement))
            with self._lock:
                self._sessions[sid] = session

        self._reception.admit(channel, reader, sid, ready)
        self._sessions[sid].serve()

    def _open(self, instance: Instance, service: str, user: str, sysdba: bool, sid: int) -> SqlSession:
        with self._lock:
            database = self._databases.get(id(instance))
            if database is None:
                database = self._databases[id(instance)] = Database(instance, self._tables, self._clock)
        serial = secrets.randbelow(60000) + 1
        return database.session(service=service, user=user, sysdba=sysdba, sid=sid, serial=serial)

    def _spawn(self, target: Callable[[socket.socket], None], client: socket.socket) -> threading.Thread:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, args=(client,), name="lab-tns", daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread
