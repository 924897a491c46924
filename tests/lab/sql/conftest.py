"""A session on the seed, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from hisops.lab.sql.database import Database
from hisops.lab.sql.lexer import read_statement
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import TABLES, views
from hisops.lab.sql.session import SqlSession

NOW = datetime(2026, 11, 23, 10, 30, 15, 250000)


@pytest.fixture(scope="module")
def session() -> Iterator[SqlSession]:
    """One session for a module; nobody commits."""
    database = Database(MemoryInstance(views(NOW)), TABLES, lambda: NOW)
    session = database.session(service="his", user="HIS", sysdba=False, sid=101, serial=1)
    yield session
    session.close()
    database.close()


@pytest.fixture
def ask(session: SqlSession) -> Iterator[Callable[..., list[Any]]]:
    """Return a function that runs a statement and gives its rows; of rows with one value, the values."""

    def run(text: str, *binds: Any) -> list[Any]:
        rows = list(session.execute(read_statement(text), binds).rows)
        return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows

    yield run
    session.rollback()
