from __future__ import annotations

import time

import oracledb
import pytest

from hisops.lab import control
from hisops.lab.record import entries
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab


def connect(lab: Rehearsal, service: str = "HIS", host: str = "his-db1") -> oracledb.Connection:
    password = (lab.directory / "secrets" / "his_password").read_text().strip()
    return oracledb.connect(user="hisops", password=password, dsn=f"127.0.0.1:{lab.ports[host]['tns']}/{service}")


def ask(lab: Rehearsal, sql: str, service: str = "HIS", host: str = "his-db1") -> list[tuple]:
    with connect(lab, service, host) as connection, connection.cursor() as cursor:
        return cursor.execute(sql).fetchall()


def test_both_databases_answer_the_unmodified_driver(shared_lab: Rehearsal) -> None:
    sql = "select db_unique_name, database_role, open_mode from v$database"
    assert ask(shared_lab, sql) == [("HIS", "PRIMARY", "READ WRITE")]
    assert ask(shared_lab, sql, "HIS_DR", "his-db2") == [("HIS_DR", "PHYSICAL STANDBY", "READ ONLY WITH APPLY")]


def test_views_and_tools_tell_the_same_story(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "pdb-mounted", True)
    assert ask(lab, "select name from v$pdbs where open_mode = 'MOUNTED'") == [("LISPDB",)]
    lab.sqlplus("connect / as sysdba\nalter pluggable database LISPDB open;")
    assert ask(lab, "select name from v$pdbs where open_mode = 'MOUNTED'") == []


def test_status_names_services_and_stop_closes_the_socket(lab: Rehearsal) -> None:
    status = lab.oracle('"$ORACLE_HOME/bin/lsnrctl" status LISTENER')
    assert status.code == 0
    lines = status.out.splitlines()
    assert "STATUS of the LISTENER" in lines
    assert 'Service "hispdb" has 1 instance(s).' in lines
    assert '  Instance "his", status READY, has 1 handler(s) for this service...' in lines
    assert lines[-1] == "The command completed successfully"
    assert lab.oracle('"$ORACLE_HOME/bin/lsnrctl" stop LISTENER').code == 0
    down = lab.oracle('"$ORACLE_HOME/bin/lsnrctl" status LISTENER')
    assert "TNS-12541: TNS:no listener" in down.out
    assert down.code == 1
    with pytest.raises(oracledb.OperationalError, match=r"DPY-6005|refused"):
        connect(lab)
    started = lab.oracle('"$ORACLE_HOME/bin/lsnrctl" start LISTENER')
    assert "TNSLSNR for Linux: Version 19.0.0.0.0 - Production" in started.out
    assert "TNS-01106" in lab.oracle('"$ORACLE_HOME/bin/lsnrctl" start').out
    _wait_for_services(lab)
    assert ask(lab, "select 1 from dual") == [(1,)]


def _wait_for_services(lab: Rehearsal) -> None:
    end = time.monotonic() + 20
    while "status READY" not in lab.oracle('"$ORACLE_HOME/bin/lsnrctl" services').out:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_fresh_listener_knows_no_services_until_the_instance_registers(lab: Rehearsal) -> None:
    control.set_pace(lab.directory, 5)
    script = '"$ORACLE_HOME/bin/lsnrctl" stop >/dev/null; "$ORACLE_HOME/bin/lsnrctl" start'
    assert "The listener supports no services" in lab.oracle(script).out
    with pytest.raises(oracledb.OperationalError, match=r"12514|DPY-6001"):
        connect(lab)
    lab.sqlplus("connect / as sysdba\nalter system register;")
    assert "status READY" in lab.oracle('"$ORACLE_HOME/bin/lsnrctl" services').out
    control.set_pace(lab.directory, 0.02)


def test_names_that_do_not_exist(shared_lab: Rehearsal) -> None:
    assert "TNS-01101" in shared_lab.oracle('"$ORACLE_HOME/bin/lsnrctl" status OTHER').out
    assert "NL-00853" in shared_lab.oracle('"$ORACLE_HOME/bin/lsnrctl" frobnicate').out
    assert "OK (0 msec)" in shared_lab.oracle('"$ORACLE_HOME/bin/tnsping" his').out
    assert "TNS-03505" in shared_lab.oracle('"$ORACLE_HOME/bin/tnsping" nowhere').out
    with pytest.raises(oracledb.OperationalError, match=r"12514|DPY-6001"):
        connect(shared_lab, "NOWHERE")


def test_a_shutdown_ends_sessions_and_takes_the_services_away(lab: Rehearsal) -> None:
    connection = connect(lab)
    lab.sqlplus("connect / as sysdba\nshutdown immediate")
    with pytest.raises(oracledb.Error):
        connection.cursor().execute("select 1 from dual")
    with pytest.raises(oracledb.OperationalError, match=r"12514|DPY-6001"):
        connect(lab)


def test_statements_are_on_record(shared_lab: Rehearsal) -> None:
    ask(shared_lab, "select 'on record' from dual")
    texts = [e["text"] for e in entries(shared_lab.layout.record) if e["event"] == "statement"]
    assert texts.count("select 'on record' from dual") == 1


def test_an_administrators_statement_through_the_driver_changes_the_state(lab: Rehearsal) -> None:
    with connect(lab) as connection, connection.cursor() as cursor:
        cursor.execute("create restore point BY_DRIVER guarantee flashback database")
        with pytest.raises(oracledb.DatabaseError, match="ORA-38778"):
            cursor.execute("create restore point BY_DRIVER")
        cursor.execute("select guarantee_flashback_database from v$restore_point")
        assert cursor.fetchall() == [("YES",)]
    assert lab.store.read("his")["restore_points"][0]["name"] == "BY_DRIVER"


def test_the_smoke_test_asks_the_database_and_shows_its_fault(lab: Rehearsal) -> None:
    script = '"$HOME/bin/smoke_test.sh"'
    good = lab.oracle(script)
    assert good.out.splitlines()[-1] == "SMOKE TEST PASSED 4 checks"
    assert good.code == 0
    control.set_fault(lab.directory, "smoke-red", True)
    red = lab.oracle(script)
    assert "FAILED laboratory-interface the laboratory interface answers HTTP 503" in red.out
    assert red.out.splitlines()[-1] == "SMOKE TEST FAILED 1 of 4"
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" stop')
    assert lab.oracle(script).out.splitlines()[-1] == "SMOKE TEST FAILED 4 of 4"
