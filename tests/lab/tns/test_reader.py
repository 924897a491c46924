"""The account that reports are read by: what it reads, and all that it may not do."""

from __future__ import annotations

from collections.abc import Iterator

import oracledb
import pytest

from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.privileges import READER
from hisops.lab.sql.seed import TABLES
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account


@pytest.fixture
def listener(instance: MemoryInstance) -> Iterator[Listener]:
    accounts = {READER: Account("read-secret"), "his": Account("his-secret")}
    running = Listener("127.0.0.1", 0, {"his": instance}, accounts, tables=TABLES)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def reader(listener: Listener) -> Iterator[oracledb.Cursor]:
    dsn = f"127.0.0.1:{listener.port}/his"
    with (
        oracledb.connect(user="hisops_read", password="read-secret", dsn=dsn) as connection,
        connection.cursor() as one,
    ):
        yield one


def test_it_has_one_privilege_and_the_owner_has_more(reader: oracledb.Cursor, listener: Listener) -> None:
    asked = "select privilege from session_privs order by 1"
    assert reader.execute(asked).fetchall() == [("CREATE SESSION",)]
    dsn = f"127.0.0.1:{listener.port}/his"
    with oracledb.connect(user="his", password="his-secret", dsn=dsn) as connection, connection.cursor() as owner:
        assert ("CREATE TABLE",) in owner.execute(asked).fetchall()


def test_it_reads_the_hospital_and_the_scn_in_a_transaction_that_only_reads(reader: oracledb.Cursor) -> None:
    reader.execute("set transaction read only")
    assert reader.execute("select current_scn from v$database").fetchone()[0] > 0
    assert reader.execute("select count(*) from his.dept").fetchone() == (5,)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("insert into his.dept (dept_id) values (9)", "ORA-01031"),
        ("delete from his.dept", "ORA-01031"),
        ("alter system checkpoint", "ORA-01031"),
        ("create restore point x", "ORA-01031"),
        ("select count(*) from v$session", "ORA-00942"),
        ("select count(*) from dba_users", "ORA-00942"),
    ],
)
def test_it_may_do_nothing_else(reader: oracledb.Cursor, statement: str, code: str) -> None:
    with pytest.raises(oracledb.DatabaseError, match=code):
        reader.execute(statement)
