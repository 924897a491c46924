"""The standby's own life: redo apply, mount and open, what the primary sees of it, and who may ask it when."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import oracledb
import pytest

from hisops.lab import control, redo
from hisops.lab.patch_archives import payload
from hisops.lab.patches import RU_1926
from tests.lab.rehearsal import Rehearsal
from tests.lab.test_listener import ask

pytestmark = pytest.mark.lab

STANDBY = "his-db2"
LAG = "select value from v$dataguard_stats where name in ('transport lag', 'apply lag') order by name"
MRP = "select status from v$managed_standby where process = 'MRP0'"
DESTINATION = "select status, error, gap_status from v$archive_dest_status where dest_id = 2"


def on_standby(lab: Rehearsal, *statements: str) -> str:
    return lab.sqlplus("\n".join(["connect / as sysdba", *statements]), host=STANDBY).out


def of_standby(lab: Rehearsal, sql: str) -> list[tuple]:
    return ask(lab, sql, "HIS_DR", STANDBY)


def as_sysdba(lab: Rehearsal) -> oracledb.Connection:
    password = (lab.directory / "secrets" / "his_password").read_text().strip()
    dsn = f"127.0.0.1:{lab.ports[STANDBY]['tns']}/HIS_DR"
    return oracledb.connect(user="sys", password=password, dsn=dsn, mode=oracledb.AUTH_MODE_SYSDBA)


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)


def test_apply_stops_and_starts_in_the_words_of_the_server(lab: Rehearsal) -> None:
    stop, start = (
        "alter database recover managed standby database cancel;",
        ("alter database recover managed standby database disconnect from session;"),
    )
    assert "ORA-01153: an incompatible media recovery is active" in on_standby(lab, start)
    assert "Database altered." in on_standby(lab, stop)
    assert of_standby(lab, "select open_mode from v$database") == [("READ ONLY",)]
    assert of_standby(lab, MRP) == []
    assert "ORA-16136: Managed Standby Recovery not active" in on_standby(lab, stop)
    assert "Database altered." in on_standby(lab, start)
    assert of_standby(lab, "select open_mode from v$database") == [("READ ONLY WITH APPLY",)]
    assert of_standby(lab, MRP) == [("APPLYING_LOG",)]
    alert = Path(lab.store.read("his_dr")["home"]).parents[2] / "diag/rdbms/his_dr/hisdr/trace/alert_hisdr.log"
    assert "Managed Standby Recovery Canceled (hisdr)" in alert.read_text()


def test_apply_of_archived_logs_only_is_told_apart(lab: Rehearsal) -> None:
    mode = "select recovery_mode from v$archive_dest_status where dest_id = 1"
    assert of_standby(lab, mode) == [("MANAGED REAL TIME APPLY WITH QUERY",)]
    words = "alter database recover managed standby database"
    on_standby(lab, f"{words} cancel;", f"{words} using archived logfile disconnect;")
    assert of_standby(lab, mode) == [("MANAGED WITH QUERY",)]
    assert of_standby(lab, MRP) == [("WAIT_FOR_LOG",)]


def test_what_has_no_place_here_is_refused(lab: Rehearsal) -> None:
    words = "alter database recover managed standby database"
    primary = lab.sqlplus(f"connect / as sysdba\n{words} disconnect;").out
    assert "ORA-01665: control file is not a standby control file" in primary
    assert "not rehearsed" in on_standby(lab, f"{words};")  # in the foreground it would never come back
    assert "ORA-65040" in on_standby(lab, "alter session set container = HISPDB;", f"{words} cancel;")


def test_while_the_standby_is_down_the_primary_sees_why_and_the_lag_is_made_good_afterwards(lab: Rehearsal) -> None:
    assert ask(lab, DESTINATION) == [("VALID", None, "NO GAP")]
    on_standby(lab, "shutdown immediate")
    status, error, gap = ask(lab, DESTINATION)[0]
    assert (status, gap) == ("ERROR", "RESOLVABLE GAP")
    assert error.startswith("ORA-12514")
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" stop', host=STANDBY)
    assert ask(lab, DESTINATION)[0][1].startswith("ORA-12541")
    control.set_pace(lab.directory, 40)  # so slow that it can be watched
    with lab.store.change("his_dr") as state:
        state["standby"]["transport"]["since"] -= 3600
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" start', host=STANDBY)
    control.set_pace(lab.directory, 0.02)
    on_standby(lab, "startup mount", "alter system register;")
    control.set_pace(lab.directory, 40)
    with lab.store.change("his_dr") as state:
        redo.follow(lab.store, state)
        assert redo.lags(state)[0] > 600
    assert ask(lab, DESTINATION)[0][2] == "RESOLVABLE GAP"
    control.set_pace(lab.directory, 0.02)
    on_standby(lab, "alter database recover managed standby database disconnect;")
    wait_until(lambda: ask(lab, DESTINATION) == [("VALID", None, "NO GAP")])
    assert redo.lags(lab.store.read("his_dr")) == (0, 0)


def test_a_mounted_standby_lets_sysdba_in_alone_and_answers_from_fixed_views(lab: Rehearsal) -> None:
    on_standby(lab, "shutdown immediate", "startup mount", "alter system register;")
    with pytest.raises(oracledb.Error, match="ORA-01033"):
        of_standby(lab, "select 1 from dual")
    with as_sysdba(lab) as connection, connection.cursor() as cursor:
        assert cursor.execute("select open_mode from v$database").fetchall() == [("MOUNTED",)]
        with pytest.raises(oracledb.DatabaseError, match="ORA-01219"):
            cursor.execute("select count(*) from dba_objects")
        with pytest.raises(oracledb.DatabaseError, match="ORA-01109"):
            cursor.execute("set transaction read only")
    status = lab.oracle('"$ORACLE_HOME/bin/lsnrctl" status', host=STANDBY).out
    assert '  Instance "hisdr", status READY, has 1 handler(s) for this service...' in status
    assert '"hispdb"' not in status


def test_a_standby_opens_without_its_pdbs_and_not_while_it_recovers(lab: Rehearsal) -> None:
    words = "alter database recover managed standby database"
    said = on_standby(
        lab, "shutdown immediate", "startup mount", f"{words} disconnect;", "alter database open read only;"
    )
    assert "ORA-10456: cannot open standby database; media recovery session may be in progress" in said
    on_standby(lab, f"{words} cancel;", "alter database open read only;", "alter system register;")
    modes = "select name, open_mode from v$pdbs where con_id > 2 order by con_id"
    assert of_standby(lab, modes) == [("HISPDB", "MOUNTED"), ("LISPDB", "MOUNTED")]
    on_standby(lab, "alter pluggable database HISPDB open read only;")
    assert of_standby(lab, modes)[0] == ("HISPDB", "READ ONLY")
    assert "ORA-01531" in on_standby(lab, "alter database open;")


def test_what_datapatch_writes_on_the_primary_comes_over_with_the_redo(lab: Rehearsal) -> None:
    newest = "select max(patch_id) from dba_registry_sqlpatch"
    words = "alter database recover managed standby database"
    on_standby(lab, f"{words} cancel;")
    with lab.store.change("his") as state:
        state["sqlpatch"].append({**state["sqlpatch"][0], "patch_id": 39999999})
    assert of_standby(lab, newest) == [(int(RU_1926.id),)]
    on_standby(lab, f"{words} disconnect;")
    wait_until(lambda: of_standby(lab, newest) == [(39999999,)])
    on_standby(lab, f"{words} cancel;")
    assert of_standby(lab, newest) == [(39999999,)], "what was applied stays applied"


def test_the_standbys_lag_is_on_the_standby(lab: Rehearsal) -> None:
    assert ask(lab, LAG) == []
    assert of_standby(lab, LAG) == [("+00 00:00:00",), ("+00 00:00:00",)]
    control.set_fault(lab.directory, "standby-lag", True)
    assert of_standby(lab, LAG) == [("+00 01:30:00",), ("+00 01:30:00",)]


def test_the_time_of_the_data_moves_while_redo_arrives(lab: Rehearsal) -> None:
    age = "select round((sysdate - to_date(datum_time, 'MM/DD/YYYY HH24:MI:SS')) * 86400) from v$dataguard_stats " \
        "where name = 'transport lag'"  # fmt: skip
    assert of_standby(lab, age)[0][0] <= 3
    with lab.store.change("his_dr") as state:
        state["standby"]["transport"].update(moving=False, since=time.time() - 500)
    assert of_standby(lab, age)[0][0] >= 500


def test_standby_behind_puts_the_home_and_its_instance_back_to_the_older_update(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "standby-behind", True)
    home = lab.layout.machine(STANDBY).oracle_home
    assert (home / "bin" / "oracle").read_bytes() == payload(RU_1926, "bin/oracle")
    assert of_standby(lab, "select version_full from v$instance") == [(RU_1926.version,)]
    assert of_standby(lab, LAG) == [("+00 00:00:00",), ("+00 00:00:00",)]


def test_a_crash_of_the_standby_stops_apply(lab: Rehearsal) -> None:
    on_standby(lab, "shutdown abort")
    state = lab.store.read("his_dr")
    assert (state["status"], state["standby"]["mrp"], redo.flows(state)) == ("DOWN", False, False)
    on_standby(lab, "startup")
    assert lab.store.read("his_dr")["open_mode"] == "READ ONLY"
