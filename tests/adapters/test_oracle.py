"""The Oracle adapter with the unmodified driver, against the lab's listener."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from hisops.adapters.oracle import OracleSql, plain
from hisops.errors import IdentityRefused, StatementFailed, Unreachable
from hisops.lab.sql.backend import Service
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account
from hisops.model.site import Connect
from hisops.secret import Secret

PASSWORD = "canary-s3cret"


class OneSecret:
    """A vault with one secret; counts how often it is asked."""

    def __init__(self, value: str = PASSWORD) -> None:
        self.value = value
        self.asked = 0

    def get(self, name: str) -> Secret:
        self.asked += 1
        if name != "his_password":
            raise IdentityRefused("HIS-3041", "unknown", name=name)
        return Secret(name, self.value)

    def source(self, name: str) -> str:
        return "the test"


@pytest.fixture
def instance() -> MemoryInstance:
    return MemoryInstance(views(datetime.now()), {})


@pytest.fixture
def listener(instance: MemoryInstance) -> Iterator[Listener]:
    accounts = {"his": Account(PASSWORD), "sys": Account(PASSWORD, sysdba=True)}
    running = Listener("127.0.0.1", 0, {"his": instance}, accounts)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def vault() -> OneSecret:
    return OneSecret()


def session(listener: Listener, vault: OneSecret, **changes: Any) -> OracleSql:
    given = {"dsn": f"127.0.0.1:{listener.port}/his", "user": "his", "password": "his_password", **changes}
    return OracleSql("his", Connect(**given), vault)


@pytest.fixture
def sql(listener: Listener, vault: OneSecret) -> Iterator[OracleSql]:
    made = session(listener, vault)
    yield made
    made.close()


def test_rows_come_as_plain_values(sql: OracleSql, vault: OneSecret) -> None:
    text = "select patient_id, name, sex, birth, updated, balance from patient order by patient_id"
    rows = sql.run(text, {}, read_only=True)
    assert rows.columns == ("patient_id", "name", "sex", "birth", "updated", "balance")
    assert rows.count == 3
    assert rows.rows[0] == (1, "张三", "男", "1980-05-06T00:00:00", "2026-11-01T08:30:00.250000", "1234.5")
    assert rows.rows[1] == (2, "李四", None, None, None, None)
    assert rows.rows[2][1] == "欧阳𠮷"
    assert sql.run("select count(*) n from patient", {}, read_only=True).rows == ((3,),)
    assert vault.asked == 1, "the session is kept"


def test_binds_go_by_name(sql: OracleSql) -> None:
    text = "select name from patient where patient_id = :patient or name = :name order by 1"
    assert sql.run(text, {"patient": 2, "name": "张三"}, read_only=True).rows == (("张三",), ("李四",))
    hostile = "x' or '1'='1"
    assert sql.run("select name from patient where name = :name", {"name": hostile}, read_only=True).rows == ()


def test_writes_are_committed_and_counted(sql: OracleSql, listener: Listener, vault: OneSecret) -> None:
    assert sql.run("delete from dept where dept_id = :id", {"id": 5}, read_only=False).count == 1
    other = session(listener, vault)
    assert other.run("select count(*) from dept", {}, read_only=True).rows == ((4,),)
    other.close()


def test_a_read_cannot_write(sql: OracleSql) -> None:
    with pytest.raises(StatementFailed) as caught:
        sql.run("delete from patient", {}, read_only=True)
    assert "ORA-01456" in str(caught.value)
    assert sql.run("select count(*) from patient", {}, read_only=True).rows == ((3,),)


def test_a_failing_statement_keeps_oracles_words_and_the_session(sql: OracleSql, vault: OneSecret) -> None:
    with pytest.raises(StatementFailed) as caught:
        sql.run("select * from no_such_table", {}, read_only=True)
    assert "ORA-00942" in str(caught.value.values["error"])
    assert "Help:" not in str(caught.value)
    assert sql.run("select count(*) from dept", {}, read_only=True).rows == ((5,),)
    assert vault.asked == 1


def test_a_write_in_a_killed_session_is_unreachable(sql: OracleSql, listener: Listener, vault: OneSecret) -> None:
    sql.run("select 1 from dual", {}, read_only=True)
    for logins, arm in ((2, listener.faults.kill_next), (3, listener.faults.hang_up_next)):
        arm("dept")
        with pytest.raises(Unreachable) as caught:
            sql.run("delete from dept where dept_id = 5", {}, read_only=False)
        assert caught.value.code == "HIS-3031"
        assert sql.run("select count(*) from dept", {}, read_only=True).rows == ((5,),)
        assert vault.asked == logins


def test_a_read_in_a_killed_session_is_asked_once_more(sql: OracleSql, listener: Listener, vault: OneSecret) -> None:
    sql.run("select 1 from dual", {}, read_only=True)
    listener.faults.kill_next("dept")
    assert sql.run("select count(*) from dept", {}, read_only=True).rows == ((5,),)
    assert vault.asked == 2
    listener.faults.kill_next("dept")
    listener.faults.kill_next("dept")
    with pytest.raises(Unreachable):
        sql.run("select count(*) from dept", {}, read_only=True)


@pytest.mark.parametrize(
    ("status", "words", "code"), [("idle", "ORA-01034", "HIS-3031"), ("mounted", "ORA-01033", "HIS-3034")]
)
def test_a_database_that_is_down_is_unreachable(
    sql: OracleSql, instance: MemoryInstance, status: str, words: str, code: str
) -> None:
    instance.services = {"his": Service(status=status)}
    with pytest.raises(Unreachable) as caught:
        sql.run("select 1 from dual", {}, read_only=True)
    assert (caught.value.code, words in str(caught.value)) == (code, True)


@pytest.mark.parametrize("mode", ["sysdba", "sysbackup", "sysdg"])
def test_a_mounted_database_is_read_by_an_administrator(
    listener: Listener, vault: OneSecret, instance: MemoryInstance, mode: str
) -> None:
    """It refuses SET TRANSACTION READ ONLY, and there is nothing that a query could write to."""
    instance.services = {"his": Service(status="mounted")}
    instance.containers = {"CDB$ROOT": "mounted"}
    sys = session(listener, vault, user="sys", mode=mode)
    assert sys.run("select count(*) from v$database", {}, read_only=True).rows == ((1,),)
    with pytest.raises(StatementFailed, match="ORA-01219"):
        sys.run("select count(*) from dba_objects", {}, read_only=True)
    assert sys.run("select count(*) from v$database", {}, read_only=True).rows == ((1,),)
    sys.close()


def test_no_listener_and_no_service_are_unreachable(listener: Listener, vault: OneSecret) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}/his"
        for dsn in (nobody, f"127.0.0.1:{listener.port}/nosuch"):
            with pytest.raises(Unreachable) as caught:
                session(listener, vault, dsn=dsn).run("select 1 from dual", {}, read_only=True)
            assert caught.value.code == "HIS-3031"


def test_a_refused_login_is_told_without_the_password(
    listener: Listener, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = OneSecret("wrong-canary")
    with caplog.at_level(logging.DEBUG), pytest.raises(Unreachable) as caught:
        session(listener, wrong).run("select 1 from dual", {}, read_only=True)
    assert (caught.value.code, "ORA-01017" in str(caught.value)) == ("HIS-3032", True)
    told = caplog.text + "".join(capfd.readouterr()) + repr(caught.value) + str(caught.value.__cause__)
    assert "wrong-canary" not in told


def test_a_late_statement_is_told_and_the_session_goes_on(sql: OracleSql) -> None:
    tables = ", ".join(f"patient p{number}" for number in range(20))
    with pytest.raises(TimeoutError):
        sql.run(f"select sum(p1.patient_id * p19.patient_id) from {tables}", {}, read_only=True, timeout=0.3)
    assert sql.run("select count(*) from patient", {}, read_only=True, timeout=20).rows == ((3,),)


def test_sysdba_is_a_mode(listener: Listener, vault: OneSecret) -> None:
    sys = session(listener, vault, user="sys", mode="sysdba")
    assert sys.run("select user from dual", {}, read_only=True).rows == (("SYS",),)
    sys.close()
    with pytest.raises(Unreachable):
        session(listener, vault, user="sys").run("select 1 from dual", {}, read_only=True)


def test_closing_twice_and_before_use_is_fine(sql: OracleSql) -> None:
    sql.close()
    sql.run("select 1 from dual", {}, read_only=True)
    sql.close()
    sql.close()


def test_plain_values() -> None:
    values = [Decimal("10"), Decimal("1E+3"), Decimal("-0.050"), 3, 2.0, 0.1, "x", None, b"\x0a", date(2026, 1, 2)]
    assert [plain(value) for value in values] == [10, 1000, "-0.050", 3, 2, "0.1", "x", None, "0a", "2026-01-02"]
    assert plain(Decimal(2**60)) == str(2**60), "canonical JSON has no such integers"
