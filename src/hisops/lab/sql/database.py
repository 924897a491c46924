"""The tables of one instance in DuckDB: its own are shared and kept, its views are made anew as its state moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hisops.lab.sql import duck
from hisops.lab.sql.backend import Instance, Table
from hisops.lab.sql.session import SqlSession
from hisops.lab.sql.types import declared, quoted, storage


class Database:
    """One instance's data, shared by its sessions."""

    def __init__(
        self, instance: Instance, tables: Mapping[str, Table], clock: Callable[[], datetime] = datetime.now
    ) -> None:
        self._instance = instance
        self._tables = {name.lower(): table for name, table in tables.items()}
        self._clock = clock
        self._lock = threading.Lock()
        self._connection = duck.open_database()
        for name, table in self._tables.items():
            load(self._connection, name, table, writable=True)

    def session(self, *, service: str, user: str, sysdba: bool, sid: int, serial: int) -> SqlSession:
        """Open a session for a user that came in by `service`."""
        with self._lock:
            connection = self._connection.cursor()
        return SqlSession(
            connection, self._instance, self._tables, self._clock, service=service, user=user, sysdba=sysdba, sid=sid,
            serial=serial,
        )  # fmt: skip

    def close(self) -> None:
        """Forget the data."""
        self._connection.close()


def load(connection: Any, name: str, table: Table, *, writable: bool) -> None:
    """Make a table with its rows; a view's rows go to a table that only this connection sees."""
    columns = declared(table.columns)
    for row in table.rows:
        if len(row) != len(columns):
            raise ValueError(f"{name}: a row of {len(row)} values for {len(columns)} columns")
    kinds = [
        f"{quoted(column.name)} {storage(column, [row[at] for row in table.rows], writable=writable)}"
        for at, column in enumerate(columns)
    ]
    word = "table" if writable else "or replace temp table"
    connection.execute(f"create {word} {quoted(name)} ({', '.join(kinds)})")
    if table.rows:
        places = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(table.rows))
        values = [None if item == "" else item for row in table.rows for item in row]
        connection.execute(f"insert into {quoted(name)} values {places}", values)  # noqa: S608
