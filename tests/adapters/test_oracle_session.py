"""A session outlives a restart of its instance as far as it safely can: reads go on, writes never by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from hisops.adapters.oracle import OracleSql
from hisops.errors import StatementFailed, Unreachable
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account
from hisops.model.site import Connect
from hisops.secret import Secret


class OneSecret:
    """A vault with one secret."""

    def get(self, name: str) -> Secret:
        return Secret(name, "his-secret")

    def source(self, name: str) -> str:
        return "memory"


class Cut:
    """A listener on one port that can be restarted, which cuts every session."""

    def __init__(self) -> None:
        self.instance = MemoryInstance(views(datetime.now()), {})
        self.port = 0
        self.listener = self._started()

    def _started(self) -> Listener:
        listener = Listener("127.0.0.1", self.port, {"his": self.instance}, {"his": Account("his-secret")})
        listener.start()
        self.port = listener.port
        return listener

    def restart(self) -> None:
        self.listener.stop()
        self.listener = self._started()


@pytest.fixture
def cut() -> Iterator[Cut]:
    running = Cut()
    yield running
    running.listener.stop()


@pytest.fixture
def session(cut: Cut) -> Iterator[OracleSql]:
    connect = Connect(dsn=f"127.0.0.1:{cut.port}/his", user="his", password="his_password")
    session = OracleSql("his", connect, OneSecret())
    yield session
    session.close()


def test_a_read_after_a_restart_gets_a_new_session(cut: Cut, session: OracleSql) -> None:
    assert session.run("select 1 as one from dual", {}, read_only=True).rows == ((1,),)
    cut.restart()
    assert session.run("select 2 as two from dual", {}, read_only=True).rows == ((2,),)


def test_a_statement_that_writes_is_never_sent_twice(cut: Cut, session: OracleSql) -> None:
    session.run("select 1 from dual", {}, read_only=True)
    cut.restart()
    with pytest.raises(Unreachable):
        session.run("alter system checkpoint", {}, read_only=False)
    session.run("alter system checkpoint", {}, read_only=False)


def test_a_database_that_stays_away_is_unreachable_and_not_asked_for_ever(cut: Cut, session: OracleSql) -> None:
    session.run("select 1 from dual", {}, read_only=True)
    cut.listener.stop()
    with pytest.raises(Unreachable):
        session.run("select 1 from dual", {}, read_only=True)


def test_a_refused_statement_is_not_repeated(session: OracleSql) -> None:
    session.run("select 1 from dual", {}, read_only=True)
    with pytest.raises(StatementFailed, match="ORA-00942"):
        session.run("select 1 from no_such_table", {}, read_only=True)
