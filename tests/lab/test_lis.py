"""The database of 11.2: what its tools and its listener say."""

from __future__ import annotations

import oracledb
import pytest

from hisops.documents.site import load_site
from hisops.lab import control
from tests.lab.lis import HOST, SYSDBA, sqlplus, start, stop
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab


def test_the_site_says_that_no_driver_reaches_it(shared_lab: Rehearsal) -> None:
    site = load_site(shared_lab.directory).site
    database = site.databases["lis"]
    assert database.connect is not None
    assert database.connect.driver == "sqlplus"
    assert database.standby is None
    assert str(database.settings["oracle_home"]).endswith("/product/11.2.0/dbhome_1")
    assert site.hosts[HOST].roles["owner"].via == "none"
    assert database.identity["dbid"] == shared_lab.store.read("lis")["dbid"]


def test_the_unmodified_driver_refuses_to_talk_to_11_2(shared_lab: Rehearsal) -> None:
    port = shared_lab.ports[HOST]["tns"]
    with pytest.raises(oracledb.Error, match="DPY-3010"):
        oracledb.connect(user="hisops", password="any", dsn=f"127.0.0.1:{port}/LIS")
    with pytest.raises(oracledb.Error, match="DPY-6001"):
        oracledb.connect(user="hisops", password="any", dsn=f"127.0.0.1:{port}/NOSUCH")


def test_banners_are_those_of_11_2(shared_lab: Rehearsal) -> None:
    said = shared_lab.oracle(
        """cd "$ORACLE_HOME/bin"
./sqlplus -V
./sqlplus /nolog </dev/null | sed -n 2p
./lsnrctl status | sed -n 2p
./tnsping lis | sed -n 2p
echo exit | ./rman target / | sed -n 2,4p
ls ../OPatch/datapatch""",
        host=HOST,
    )
    lines = said.out.splitlines()
    assert lines[0] == "SQL*Plus: Release 11.2.0.4.0 Production"
    assert lines[1].startswith("SQL*Plus: Release 11.2.0.4.0 Production on ")
    assert lines[2].startswith("LSNRCTL for Linux: Version 11.2.0.4.0 - Production on ")
    assert lines[3].startswith("TNS Ping Utility for Linux: Version 11.2.0.4.0 - Production on ")
    assert lines[4].startswith("Recovery Manager: Release 11.2.0.4.0 - Production on ")
    assert lines[5] == ""
    assert lines[6].startswith("Copyright (c) 1982, 2011, Oracle")
    assert "No such file" in said.err


def test_an_option_of_12_1_is_not_known(shared_lab: Rehearsal) -> None:
    answer = shared_lab.oracle('"$ORACLE_HOME/bin/sqlplus" -NOLOGINTIME -S /nolog </dev/null', host=HOST)
    assert answer.out.startswith("SP2-0306: Invalid option.\n")
    assert answer.code == 1


@pytest.mark.parametrize(
    "view", ["v$pdbs", "v$containers", "dba_registry_sqlpatch", "cdb_data_files", "v$dataguard_process"]
)
def test_views_of_later_releases_are_not_there(shared_lab: Rehearsal, view: str) -> None:
    answer = sqlplus(shared_lab, f"{SYSDBA}select count(*) from {view};")
    assert "ORA-00942: table or view does not exist" in answer.out


@pytest.mark.parametrize(
    ("column", "view"),
    [("cdb", "v$database"), ("version_full", "v$instance"), ("con_id", "v$datafile"), ("banner_full", "v$version")],
)
def test_columns_of_later_releases_are_not_there(shared_lab: Rehearsal, column: str, view: str) -> None:
    answer = sqlplus(shared_lab, f"{SYSDBA}select {column} from {view};")
    assert f'ORA-00904: "{column.upper()}": invalid identifier' in answer.out


def test_what_the_views_tell(shared_lab: Rehearsal) -> None:
    answer = sqlplus(
        shared_lab,
        f"""{SYSDBA}set pagesize 0 feedback off
select version || ' ' || status from v$instance;
select name || ' ' || database_role || ' ' || open_mode || ' ' || log_mode || ' ' || switchover_status from v$database;
select value from nls_database_parameters where parameter = 'NLS_CHARACTERSET';
select count(*) from dba_registry where version = '11.2.0.4.0' and status = 'VALID';
select action || ' ' || namespace || ' ' || version || ' ' || id || ' ' || bundle_series || ' ' || comments
from registry$history order by action_time;""",
    )
    assert [line.strip() for line in answer.out.splitlines()] == [
        "Connected.",
        "11.2.0.4.0 OPEN",
        "LIS PRIMARY READ WRITE ARCHIVELOG NOT ALLOWED",
        "ZHS16GBK",
        "10",
        "APPLY SERVER 11.2.0.4 0 PSU Patchset 11.2.0.2.0",
        "APPLY SERVER 11.2.0.4 0 PSU Patchset 11.2.0.2.0",
        "APPLY SERVER 11.2.0.4 181016 PSU PSU 11.2.0.4.181016",
    ]


def test_down_and_up_again_and_the_pair_is_left_alone(lab: Rehearsal) -> None:
    before = lab.store.read("his")
    down = sqlplus(lab, f"{SYSDBA}shutdown immediate")
    assert down.out.splitlines()[1:] == ["Database closed.", "Database dismounted.", "ORACLE instance shut down."]
    assert "ora_pmon_lis" not in lab.run("ps -ef", host=HOST).out
    up = sqlplus(lab, f"{SYSDBA}startup mount\nselect count(*) from dba_objects;\nalter database open;")
    assert "Fixed Size\t\t    2254952 bytes" in up.out
    assert "ORA-01219: database not open: queries allowed on fixed tables/views only" in up.out
    assert "Database altered." in up.out
    state = lab.store.read("lis")
    assert (state["status"], state["open_mode"], state["version"]) == ("OPEN", "READ WRITE", "11.2.0.4.0")
    after = lab.store.read("his")
    assert (after["open_mode"], after["status"], after["scn"]) == (before["open_mode"], before["status"], before["scn"])


def test_statements_that_need_another_database_are_not_understood(shared_lab: Rehearsal) -> None:
    answer = sqlplus(shared_lab, f"{SYSDBA}alter database switchover to his;\nalter database force logging;")
    assert "lab: not rehearsed" in answer.out
    assert "ORA-12920: database is already in force logging mode" in answer.out


def test_the_smoke_test_asks_through_the_listener(lab: Rehearsal) -> None:
    script = lab.layout.machine(HOST).home("oracle") / "bin" / "smoke_test.sh"
    assert lab.run(str(script), host=HOST).out.splitlines()[-1] == "SMOKE TEST PASSED 4 checks"
    control.set_fault(lab.directory, "smoke-red", True)
    red = lab.run(str(script), host=HOST)
    assert "FAILED analyser-interface the analyser interface answers HTTP 503" in red.out
    control.set_fault(lab.directory, "smoke-red", False)
    stop(lab)
    down = lab.run(str(script), host=HOST)
    assert "FAILED login-lis ORA-12541: TNS:no listener" in down.out
    assert down.code == 1
    start(lab)


def test_a_reboot_starts_it_again_because_oratab_says_so(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "host-reboot@shutdown", True)
    sqlplus(lab, f"{SYSDBA}shutdown immediate")
    assert lab.store.read("lis")["status"] == "OPEN"
    assert lab.store.read("his")["status"] == "OPEN"


def test_output_is_spooled_and_columns_are_formatted(lab: Rehearsal) -> None:
    file = lab.layout.machine(HOST).tmp / "report.lst"
    answer = sqlplus(
        lab,
        f"""{SYSDBA}set pagesize 20
column comments format a20 heading NOTE
column id format 999999
spool {file}
select id, comments from registry$history where id > 0;
spool off
prompt not kept
spool
spool /nowhere/x.lst""",
    )
    assert file.read_text() == "\n     ID NOTE\n------- --------------------\n 181016 PSU 11.2.0.4.181016\n\n"
    assert file.read_text() in answer.out
    assert "not spooling currently" in answer.out
    assert 'SP2-0606: Cannot create SPOOL file "/nowhere/x.lst"' in answer.out


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("select name from v$datafile order by 1 fetch first 2 rows only", "ORA-00933: SQL command not properly ended"),
        ("select name from v$datafile offset 1 rows", "ORA-00933: SQL command not properly ended"),
        ("select sys_context('userenv', 'con_name') from dual", "ORA-02003: invalid USERENV parameter"),
        ("select standard_hash('x') from dual", 'ORA-00904: "STANDARD_HASH": invalid identifier'),
        (f"select 1 as {'a' * 31} from dual", "ORA-00972: identifier is too long"),
        ("select listagg(distinct name, ',') within group (order by name) from v$datafile", "ORA-30482"),
        ("alter session set container = CDB$ROOT", "ORA-02248: invalid option for ALTER SESSION"),
        ("alter pluggable database all open", "ORA-00940: invalid ALTER command"),
    ],
)
def test_sql_of_later_releases_is_refused(shared_lab: Rehearsal, statement: str, error: str) -> None:
    assert error in sqlplus(shared_lab, f"{SYSDBA}{statement};").out


def test_later_commands_of_sqlplus_are_not_known(shared_lab: Rehearsal) -> None:
    answer = sqlplus(shared_lab, f"{SYSDBA}show pdbs\nshow con_name\nset markup csv on")
    assert answer.out.splitlines()[1:3] == [
        'SP2-0158: unknown SHOW option "pdbs"',
        'SP2-0158: unknown SHOW option "con_name"',
    ]
    assert "SP2-" in answer.out.splitlines()[3]
