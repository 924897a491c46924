"""The heartbeat table through SQL: transactions, what a standby shows of it, and times that SCNs stand for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import oracledb
import pytest

from hisops.lab import pictures
from hisops.lab.instance import LabInstance, open_session
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.lexer import read_statement
from tests.lab.pairing import Pair
from tests.lab.rehearsal import Rehearsal
from tests.lab.test_listener import ask, connect

INSERT = "insert into hisops_heartbeat (beat, beat_at) values (:beat, sys_extract_utc(systimestamp))"
ROWS = "select beat from hisops_heartbeat order by beat"


class Client:
    """A session of one account on one database, which stays open."""

    def __init__(self, both: Pair, name: str, user: str = "HISOPS") -> None:
        instance = LabInstance(both.layout, name)
        self.session = open_session(instance, name.upper(), user, user == "SYS", "CDB$ROOT")

    def run(self, text: str, *binds: Any) -> list[tuple[Any, ...]]:
        return list(self.session.execute(read_statement(text), list(binds)).rows)


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path, enabled=False)


def test_nobody_else_sees_a_row_before_it_is_committed(both: Pair) -> None:
    one, two, standby = Client(both, "his"), Client(both, "his"), Client(both, "his_dr")
    one.run(INSERT, 1)
    assert one.run(ROWS) == [(1,)]
    assert two.run(ROWS) == standby.run(ROWS) == []
    one.run("commit")
    assert two.run(ROWS) == standby.run(ROWS) == [(1,)]


def test_two_sessions_do_not_undo_each_other(both: Pair) -> None:
    one, two = Client(both, "his"), Client(both, "his")
    one.run(INSERT, 1)
    two.run(INSERT, 2)
    one.run("commit")
    two.run("commit")
    assert one.run(ROWS) == [(1,), (2,)]


def test_a_rollback_and_a_failed_statement_leave_what_they_should(both: Pair) -> None:
    client = Client(both, "his")
    client.run(INSERT, 1)
    with pytest.raises(OracleError, match="ORA-01722"):
        client.run("insert into hisops_heartbeat values (:beat, systimestamp)", "x")
    assert client.run(ROWS) == [(1,)], "the statement alone is undone"
    client.run("commit")
    client.run("delete from hisops_heartbeat where beat = 1")
    assert client.run(ROWS) == []
    client.run("rollback")
    assert client.run(ROWS) == [(1,)]
    client.run("delete from hisops_heartbeat where beat_at < sys_extract_utc(systimestamp) + interval '1' minute")
    client.run("commit")
    assert client.run(ROWS) == []


def test_a_standby_takes_no_rows_and_a_mounted_one_shows_none(both: Pair) -> None:
    with pytest.raises(OracleError, match="ORA-16000"):
        Client(both, "his_dr").run(INSERT, 1)
    both.shutdown("his_dr")
    both.mount("his_dr")
    with pytest.raises(OracleError, match="ORA-01219"):
        Client(both, "his_dr", "SYS").run("select count(*) from hisops.hisops_heartbeat")


def test_a_commit_that_comes_after_a_role_change_is_refused(both: Pair) -> None:
    client = Client(both, "his")
    client.run(INSERT, 1)
    both.sql("his", "alter database switchover to his_dr")
    both.mount("his")
    both.open("his")
    with pytest.raises(OracleError, match="ORA-16000"):
        client.run("commit")
    both.open("his_dr")
    assert Client(both, "his_dr").run(ROWS) == []


def test_the_table_is_of_one_account(both: Pair) -> None:
    assert Client(both, "his", "SYS").run("select count(*) from hisops.hisops_heartbeat") == [(0,)]
    with pytest.raises(OracleError, match="ORA-00942"):
        Client(both, "his", "SYS").run(ROWS)
    with pytest.raises(OracleError, match="ORA-00942"):
        Client(both, "his", "HIS").run("select count(*) from hisops.hisops_heartbeat")


def test_the_time_of_the_last_change_that_a_failover_kept(both: Pair) -> None:
    pictures.put_up(both.layout, "failed-over")
    text = "select to_char(sys_extract_utc(scn_to_timestamp(standby_became_primary_scn)), 'YYYY-MM-DD HH24:MI:SS') " \
        "from v$database"  # fmt: skip
    when = datetime.strptime(Client(both, "his_dr").run(text)[0][0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - when) < timedelta(minutes=2)
    number = "select timestamp_to_scn(systimestamp) - current_scn from v$database"
    assert abs(Client(both, "his_dr").run(number)[0][0]) <= 17


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("select scn_to_timestamp(5) from dual", "ORA-08181"),
        ("select scn_to_timestamp(99999999999) from dual", "ORA-08181"),
        ("select timestamp_to_scn(systimestamp - interval '50' day) from dual", "ORA-08180"),
        ("select systimestamp at time zone 'Mars/Olympus' from dual", "ORA-01882"),
        ("select sys_extract_utc(sysdate) from dual", "ORA-30175"),
    ],
)
def test_times_that_nobody_knows(both: Pair, text: str, error: str) -> None:
    with pytest.raises(OracleError, match=error):
        Client(both, "his").run(text)


def test_clocks_of_other_zones(both: Pair) -> None:
    text = "select to_char(systimestamp at time zone 'UTC', 'HH24:MI'), to_char(sys_extract_utc(systimestamp), " \
        "'HH24:MI'), extract(hour from ((systimestamp at time zone '+08:00') - sys_extract_utc(systimestamp))) " \
        "from dual"  # fmt: skip
    named, extracted, apart = Client(both, "his").run(text)[0]
    assert named == extracted
    assert apart in (7, 8)


@pytest.mark.lab
def test_the_driver_and_sqlplus_write_and_read_it(lab: Rehearsal) -> None:
    with connect(lab) as connection, connection.cursor() as cursor:
        cursor.execute(INSERT, beat=1)
        connection.commit()
        cursor.execute(INSERT, beat=2)
        connection.rollback()
    password = (lab.directory / "secrets" / "his_password").read_text().strip()
    logon = f"connect hisops/{password}@his"
    said = lab.sqlplus(f"{logon}\ninsert into hisops_heartbeat values (3, systimestamp);\nexit").out
    assert "1 row created." in said
    lab.sqlplus(f"{logon}\ninsert into hisops_heartbeat values (4, systimestamp);\nexit rollback")
    assert ask(lab, ROWS) == [(1,), (3,)]
    end = time.monotonic() + 10
    while ask(lab, ROWS, "HIS_DR", "his-db2") != [(1,), (3,)]:
        assert time.monotonic() < end
        time.sleep(0.1)
    with connect(lab, "HIS_DR", "his-db2") as connection, pytest.raises(oracledb.DatabaseError, match="ORA-16000"):
        connection.cursor().execute(INSERT, beat=5)
