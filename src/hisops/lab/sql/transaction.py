"""A transaction: what it changes, what it has made of the tables that the instance keeps, and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hisops.lab.sql import duck
from hisops.lab.sql.backend import Instance, Table, Value
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.types import quoted


class Transaction:
    """The transaction of one session, open or not. `forget` is called when what was loaded has to be loaded anew."""

    def __init__(self, connection: Any, instance: Instance, forget: Callable[[], None]) -> None:
        self._connection = connection
        self._instance = instance
        self._forget = forget
        self.open = False
        self.read_only = False
        self.changes: list[tuple[str, dict[str, Value]]] = []
        self.kept: dict[str, Table] = {}  # the instance's tables that it changes, as they were before

    def begin(self, *, read_only: bool = False) -> None:
        """Begin, unless it is open."""
        if not self.open:
            self._connection.execute("begin transaction")
            self.open = True
        self.read_only = self.read_only or read_only

    @contextmanager
    def statement(self) -> Iterator[None]:
        """A failed statement undoes itself alone; DuckDB gives the whole transaction up, so it is done again."""
        try:
            with duck.oracle_words():
                yield
        except OracleError:
            from hisops.lab.sql.database import load

            if self.open:
                self._connection.execute("rollback")
                self._connection.execute("begin transaction")
                self._forget()
                for name, table in self.kept.items():
                    load(self._connection, name, table, writable=False)
                with duck.oracle_words():
                    for sql, given in self.changes:
                        self._connection.execute(sql, given)
            raise

    def end(self, word: str) -> None:
        """Commit or roll back."""
        if not self.open:
            return
        kept, self.kept = self.kept, {}
        self.open = self.read_only = False
        self.changes.clear()
        try:
            if word == "commit":
                self._hand_over(kept)
        except OracleError:
            self._finish("rollback")
            raise
        self._finish(word)

    def _hand_over(self, kept: Mapping[str, Table]) -> None:
        """Let the instance keep what the transaction has made of its tables."""
        for name, table in kept.items():
            now = self._connection.execute(f"select * from {quoted(name)}").fetchall()  # noqa: S608
            before, after = Counter(map(tuple, table.rows)), Counter(tuple(row) for row in now)
            if before != after:
                self._instance.keep(name, list((after - before).elements()), list((before - after).elements()))

    def _finish(self, word: str) -> None:
        self._forget()  # views made inside the transaction may go with it
        with duck.oracle_words():
            self._connection.execute(word)
