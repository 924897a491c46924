"""A session's SQL: which statements go where, the transaction, the container it is in."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hisops.lab.sql import flashback, release11
from hisops.lab.sql.backend import Command, Instance, Kind, Status, Stored, Table, Value
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.lexer import Statement
from hisops.lab.sql.outcome import Column, Outcome
from hisops.lab.sql.privileges import READERS, check_writer, visible
from hisops.lab.sql.settings import Settings
from hisops.lab.sql.transaction import Transaction
from hisops.lab.sql.translate import Translation, translate
from hisops.lab.sql.types import Relation, relation

_OWNERS_OF_VIEWS = (None, "SYS", "PUBLIC")
_SLEEP = re.compile(
    r"begin\s+(?:sys\.)?dbms_(?:lock|session)\.sleep\s*\(\s*(\d+(?:\.\d+)?)\s*\)\s*;\s*end\s*;", re.IGNORECASE
)
_SCHEMA = "HIS"
_MOST_TRANSLATIONS = 256
_NOT_OPEN = (
    "database or pluggable database not open: queries allowed on fixed tables or views only",
    "database not open: queries allowed on fixed tables/views only",
)
_READ_ONLY = (
    "database or pluggable database open for read-only access",
    "database open for read-only access",
)
"""What releases since 12.1 say, and what those before said."""
Bind = Value | list[Value]


class SqlSession:
    """Carries out the statements of one logged-in user."""

    def __init__(
        self,
        connection: Any,
        instance: Instance,
        tables: Mapping[str, Table],
        clock: Callable[[], datetime],
        *,
        service: str,
        user: str,
        sysdba: bool,
        sid: int,
        serial: int,
    ) -> None:
        self._connection = connection
        self._instance = instance
        self._tables = tables
        self._clock = clock
        self._views: Mapping[str, Table] = {}
        self._translations: dict[tuple[Any, ...], Translation] = {}
        self._loaded: dict[str, str] = {}
        self._cancelled = threading.Event()
        self.user = user
        self.sysdba = sysdba
        self.sid = sid
        self.serial = serial
        self.settings = Settings(service=service, container=instance.service(service).container, user=user)
        self.attributes = self.settings.attributes
        self._upto: int | None = None  # the SCN of a query AS OF
        self._found: dict[str, Table] = {}  # tables that the instance keeps, as they were loaded
        self._transaction = Transaction(connection, instance, self._loaded.clear)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._transaction.open

    def describe(self, statement: Statement) -> Sequence[Column]:
        """Return the columns of a query without running it."""
        plain, _, _ = flashback.stripped(statement, [0] * len(statement.binds))
        return self._translated(plain, tuple("text" for _ in plain.binds)).columns

    def execute(self, statement: Statement, binds: Sequence[Bind]) -> Outcome:
        """Carry out a statement once."""
        self._cancelled.clear()
        if self._instance.version.startswith("11."):
            release11.refuse_later(statement)
        match statement.kind:
            case "query" | "dml":
                return self._run(statement, binds)
            case "session":
                self.settings.alter(statement, self._instance)
                self._loaded.clear()
                return Outcome()
            case "transaction":
                self._end_or_begin(statement)
                return Outcome()
            case "ddl":
                self.commit()
        return self._command(statement, binds)

    def commit(self) -> None:
        """End the transaction, keep its changes."""
        self._transaction.end("commit")

    def rollback(self) -> None:
        """End the transaction, undo its changes."""
        self._transaction.end("rollback")

    def interrupt(self) -> None:
        """Stop the running statement; harmless when none runs."""
        self._cancelled.set()
        self._connection.interrupt()

    def close(self) -> None:
        """Undo what is open and let go."""
        self.rollback()
        self._connection.close()

    def context(self, key: str) -> str | None:
        """Return a value of the USERENV context."""
        return self.settings.context(key.lower(), self._instance, sid=self.sid, sysdba=self.sysdba)

    def _run(self, statement: Statement, binds: Sequence[Bind]) -> Outcome:
        values = [_single(value) for value in binds]
        if len(values) < len(statement.binds):
            raise OracleError(1008, "not all variables bound")
        statement, values, self._upto = flashback.stripped(statement, values)
        try:
            return self._carried_out(statement, values)
        finally:
            self._upto = None

    def _carried_out(self, statement: Statement, values: Sequence[Value]) -> Outcome:
        translation = self._translated(statement, tuple(_kind(value) for value in values))
        self._check_state(translation)
        self._load(translation)
        given = {name: self._given(name, values) for name in translation.params}
        if statement.kind == "dml":
            return self._change(translation, given)
        with self._transaction.statement():
            rows = self._connection.execute(translation.sql, given).fetchall()
        return Outcome(columns=translation.columns, rows=_rows(rows))

    def _change(self, translation: Translation, given: dict[str, Value]) -> Outcome:
        check_writer(self.user)
        if self._transaction.read_only:
            raise OracleError(1456, "may not perform insert/delete/update operation inside a READ ONLY transaction")
        if translation.target in self._stored():
            self._transaction.kept.setdefault(translation.target, self._found[translation.target])
        elif translation.target not in self._tables:
            is_fixed = translation.target.startswith(("v$", "gv$"))
            raise OracleError(
                *((2030, "can only select from fixed tables/views") if is_fixed else (1031, "insufficient privileges"))
            )
        self._transaction.begin()
        with self._transaction.statement():
            count = self._connection.execute(translation.sql, given).fetchone()
        self._transaction.changes.append((translation.sql, given))
        return Outcome(count=int(count[0]) if count else 0)

    def _translated(self, statement: Statement, kinds: tuple[Kind, ...]) -> Translation:
        key = (statement.text, kinds, self.settings.schema, self._token())
        if key not in self._translations:
            self._views = visible(self._instance.tables(self.settings.container), self.user)
            if len(self._translations) >= _MOST_TRANSLATIONS:
                self._translations.clear()
            self._translations[key] = translate(statement, self._lookup, kinds)
        return self._translations[key]

    def _token(self) -> str:
        return f"{self.settings.container} {self._instance.version_token()} {self._upto}"

    def _lookup(self, name: str, owner: str | None) -> Relation | None:
        if name in self._views and owner in _OWNERS_OF_VIEWS:
            return relation(self._views[name])
        if (kept := self._stored().get(name)) and (owner or self.settings.schema) == kept.owner:
            return relation(kept.table) if self.user in (kept.owner, *READERS) else None
        if name in self._tables and (owner in (None, self.settings.schema) or self._reads_his(owner)):
            return relation(self._tables[name])
        return None

    def _reads_his(self, owner: str | None) -> bool:
        """Whether a table in memory is asked for by the name of the schema that has them all."""
        return owner == _SCHEMA and self.user in READERS

    def _stored(self) -> Mapping[str, Stored]:
        return self._instance.stored(self.settings.container, self._upto)

    def _state(self) -> Status:
        return self._instance.container(self.settings.container) or "mounted"

    def _check_state(self, translation: Translation) -> None:
        state = self._state()
        if state == "idle":
            raise OracleError(1034, "ORACLE not available")
        if state in ("mounted", "unregistered"):
            if any(not name.startswith(("v$", "gv$")) and name != "dual" for name in translation.tables):
                raise OracleError(1219, _NOT_OPEN[self._instance.version.startswith("11.")])
        elif state == "read_only" and translation.target:
            raise OracleError(16000, _READ_ONLY[self._instance.version.startswith("11.")])

    def _load(self, translation: Translation) -> None:
        """Bring the views that a statement uses up to date."""
        from hisops.lab.sql.database import load

        token = self._token()
        stale = [name for name in translation.tables - self._tables.keys() if self._loaded.get(name) != token]
        views = visible(self._instance.tables(self.settings.container), self.user) if stale else {}
        for name in stale:
            if name in self._transaction.kept:
                continue  # the transaction sees its own changes
            kept = self._stored().get(name)
            if kept:
                self._found[name] = kept.table
            with self._transaction.statement():
                load(self._connection, name, kept.table if kept else views[name], writable=False)
            self._loaded[name] = token

    def _given(self, name: str, values: Sequence[Value]) -> Value:
        if name.startswith("b") and name[1:].isdigit():
            return values[int(name[1:])]
        return self._parameter(name)

    def _parameter(self, name: str) -> Value:
        if name == "now":
            return self._clock()
        if name.startswith("ctx_"):
            return self.context(name[4:])
        if name == "scn_marks":
            return json.dumps([list(mark) for mark in self._instance.marks()])
        return self.settings.formats[name]

    def _end_or_begin(self, statement: Statement) -> None:
        words = statement.words(4)
        if words[0] == "COMMIT" and len(words) <= 2:
            self.commit()
        elif words[0] == "ROLLBACK" and len(words) <= 2:
            self.rollback()
        elif words == ("SET", "TRANSACTION", "READ", "ONLY"):
            if self._state() == "mounted":
                raise OracleError(1109, "database not open")
            if self.in_transaction:
                raise OracleError(1453, "SET TRANSACTION must be first statement of transaction")
            self._transaction.begin(read_only=True)
        else:
            raise not_rehearsed(" ".join(words))

    def _command(self, statement: Statement, binds: Sequence[Bind]) -> Outcome:
        if nap := _SLEEP.fullmatch(statement.text.strip().rstrip("\0")):
            self._cancelled.wait(float(nap[1]))
            return Outcome()
        check_writer(self.user)
        values = {name: _single(value) for name, value in zip(statement.binds, binds, strict=False)}
        command = Command(
            text=statement.text.rstrip("\0 \n"), container=self.settings.container, user=self.user,
            sysdba=self.sysdba, binds=values,
        )  # fmt: skip
        done = self._instance.execute(command)
        if done is None:
            raise not_rehearsed(" ".join(statement.words(6)))
        given = {name.upper(): value for name, value in done.out.items()}
        out = {at: given[name] for at, name in enumerate(statement.binds) if name in given}
        return Outcome(out=out)


def _single(value: Bind) -> Value:
    if isinstance(value, list):
        raise not_rehearsed("a PL/SQL array as a bind")
    return value


def _kind(value: Value) -> Kind:
    match value:
        case None | str():
            return "text"
        case datetime():
            return "timestamp" if value.microsecond else "date"
        case timedelta():
            return "interval"
    return "number"


def _rows(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Value, ...]]:
    for row in rows:
        yield tuple(_plain(value) for value in row)


def _plain(value: Any) -> Value:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float | Decimal | datetime | timedelta) or value is None:
        return value
    raise not_rehearsed(f"a value of type {type(value).__name__}")
