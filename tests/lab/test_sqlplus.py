from __future__ import annotations

import pytest

from hisops.lab import control
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab
SYSDBA = "connect / as sysdba\n"
STATUS = "set pagesize 0 feedback off\nselect 'instance=' || status from v$instance;\n"


def test_the_whole_way_down_and_up(lab: Rehearsal) -> None:
    down = lab.sqlplus(f"{SYSDBA}shutdown immediate\n{STATUS}")
    assert down.out.splitlines()[:4] == [
        "Connected.",
        "Database closed.",
        "Database dismounted.",
        "ORACLE instance shut down.",
    ]
    assert "ORA-01034: ORACLE not available" in down.out
    assert lab.store.read("his")["status"] == "DOWN"
    assert "ora_pmon_his" not in lab.run("ps -ef").out
    again = lab.sqlplus(f"{SYSDBA}shutdown immediate")
    assert again.out.startswith("Connected to an idle instance.\nORA-01034: ORACLE not available\n")
    up = lab.sqlplus(f"{SYSDBA}startup\n{STATUS}startup")
    lines = up.out.splitlines()
    assert lines[1] == "ORACLE instance started."
    assert lines.index("Database mounted.") + 1 == lines.index("Database opened.")
    assert "instance=OPEN" in lines
    assert lines[-1] == "ORA-01081: cannot start already-running ORACLE - shut it down first"
    log = lab.layout.machine("his-db1").oracle_base / "diag/rdbms/his/his/trace/alert_his.log"
    assert "Shutting down ORACLE instance (immediate)" in log.read_text()


def test_a_mounted_database_says_ora_01109_and_goes_down_all_the_same(lab: Rehearsal) -> None:
    answer = lab.sqlplus(f"{SYSDBA}shutdown abort\nstartup mount\n{STATUS}shutdown immediate")
    lines = answer.out.splitlines()
    assert "instance=MOUNTED" in lines
    assert "ORA-01109: database not open" in lines
    assert lines[-1] == "ORACLE instance shut down."


def test_stages_one_by_one(lab: Rehearsal) -> None:
    answer = lab.sqlplus(
        f"{SYSDBA}shutdown abort\nstartup nomount\nalter database mount;\nalter database open;\n{STATUS}"
    )
    assert answer.out.count("Database altered.") == 2
    assert answer.out.rstrip().endswith("instance=OPEN")


def test_after_the_first_start_in_a_patched_home_the_version_is_the_homes(lab: Rehearsal) -> None:
    stage = lab.unpack("37642901")
    lab.stop_all()
    lab.opatch("apply -silent", cwd=stage)
    assert lab.store.read("his")["version"] == "19.26.0.0.0"
    lab.start_all()
    assert lab.store.read("his")["version"] == "19.27.0.0.0"


def test_errors_are_printed_and_passed_over(shared_lab: Rehearsal) -> None:
    answer = shared_lab.sqlplus(f"{SYSDBA}select * from nosuch;\nfoo bar\nprompt went on\nexit")
    lines = answer.out.splitlines()
    where = lines.index("ERROR at line 1:")
    assert lines[where - 2] == "select * from nosuch"
    assert lines[where + 1] == "ORA-00942: table or view does not exist"
    assert 'SP2-0734: unknown command beginning "foo bar..." - rest of line ignored.' in lines
    assert lines[-1] == "went on"
    assert answer.code == 0


@pytest.mark.parametrize(("how", "code"), [("FAILURE ROLLBACK", 1), ("SQL.SQLCODE", 942 % 256), ("7", 7), ("", 0)])
def test_whenever_ends_at_the_first_error(shared_lab: Rehearsal, how: str, code: int) -> None:
    answer = shared_lab.sqlplus(f"whenever sqlerror exit {how}\n{SYSDBA}select * from nosuch;\nprompt not reached")
    assert "not reached" not in answer.out
    assert answer.code == code


@pytest.mark.parametrize(("words", "code"), [("exit", 0), ("exit 5", 5), ("exit failure", 1), ("quit", 0), ("", 0)])
def test_exit_codes(shared_lab: Rehearsal, words: str, code: int) -> None:
    assert shared_lab.sqlplus(words).code == code


def test_without_a_connection_nothing_reaches_a_database(shared_lab: Rehearsal) -> None:
    answer = shared_lab.sqlplus("select 1 from dual;\nshutdown immediate\n@?/rdbms/admin/utlrp.sql")
    assert answer.out.splitlines() == ["SP2-0640: Not connected"] * 3


@pytest.mark.parametrize(
    ("logon", "words"),
    [
        ("hisops/wrong", "ORA-01017: invalid username/password; logon denied"),
        ("nobody/x", "ORA-01017: invalid username/password; logon denied"),
    ],
)
def test_wrong_logons(shared_lab: Rehearsal, logon: str, words: str) -> None:
    assert words in shared_lab.sqlplus(f"connect {logon}").out


def test_a_named_user_may_log_in_but_not_shut_down(shared_lab: Rehearsal) -> None:
    password = (shared_lab.directory / "secrets" / "his_password").read_text().strip()
    answer = shared_lab.sqlplus(f"connect hisops/{password}\nshow user\nshutdown immediate")
    assert 'USER is "HISOPS"' in answer.out
    assert "ORA-01031: insufficient privileges" in answer.out
    assert shared_lab.store.read("his")["status"] == "OPEN"


def test_the_login_user_is_no_dba(shared_lab: Rehearsal) -> None:
    machine = shared_lab.layout.machine("his-db1")
    script = f"printf 'connect / as sysdba\\n' | ORACLE_SID=his ORACLE_HOME={machine.oracle_home} "
    answer = shared_lab.run(script + f"{machine.oracle_home}/bin/sqlplus -L -S /nolog")
    assert "ORA-01031: insufficient privileges" in answer.out
    unset = shared_lab.run(f"{machine.oracle_home}/bin/sqlplus -L -S /nolog </dev/null")
    assert "Error 6 initializing SQL*Plus" in unset.out


def test_a_wrong_sid_is_another_instance(shared_lab: Rehearsal) -> None:
    answer = shared_lab.oracle('ORACLE_SID=other "$ORACLE_HOME/bin/sqlplus" -L -S / as sysdba <<X\nX')
    assert answer.code == 1
    assert "ERROR:" in answer.out


def test_pluggable_databases_open_and_close(lab: Rehearsal) -> None:
    answer = lab.sqlplus(
        f"""{SYSDBA}alter pluggable database LISPDB close immediate;
alter pluggable database LISPDB close;
alter pluggable database HISPDB open;
alter pluggable database NOPDB open;
alter pluggable database ALL open;
show pdbs"""
    )
    assert "ORA-65020: pluggable database LISPDB already closed" in answer.out
    assert "ORA-65019: pluggable database HISPDB already open" in answer.out
    assert "ORA-65011: Pluggable database NOPDB does not exist." in answer.out
    assert answer.out.count("READ WRITE") == 2


def test_a_pluggable_database_that_was_not_saved_open_stays_mounted(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "pdb-mounted", True)
    lab.sqlplus(f"{SYSDBA}shutdown immediate\nstartup")
    modes = {pdb["name"]: pdb["open_mode"] for pdb in lab.store.read("his")["pdbs"]}
    assert modes == {"PDB$SEED": "READ ONLY", "HISPDB": "READ WRITE", "LISPDB": "MOUNTED"}


def test_a_pluggable_database_can_be_open_read_only_beside_others(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "pdb-read-only", True)
    modes = {pdb["name"]: pdb["open_mode"] for pdb in lab.store.read("his")["pdbs"]}
    assert modes == {"PDB$SEED": "READ ONLY", "HISPDB": "READ WRITE", "LISPDB": "READ ONLY"}
    control.set_fault(lab.directory, "pdb-read-only", False)
    assert lab.store.read("his")["pdbs"][2]["open_mode"] == "READ WRITE"


def test_restore_points(lab: Rehearsal) -> None:
    create = "create restore point PRE_CHG1 guarantee flashback database;\n"
    answer = lab.sqlplus(f"{SYSDBA}{create}{create}select name from v$restore_point;\ndrop restore point PRE_CHG1;")
    assert "Restore point created." in answer.out
    assert "ORA-38778: Restore point 'PRE_CHG1' already exists." in answer.out
    assert "\nPRE_CHG1\n" in answer.out
    assert "Restore point dropped." in answer.out
    assert lab.store.read("his")["restore_points"] == []


def test_utlrp_compiles_what_can_be_compiled_in_the_container(lab: Rehearsal) -> None:
    with lab.store.change("his") as state:
        state["invalid_objects"].append({"con": "HISPDB", "owner": "HIS", "name": "PKG_X", "type": "PACKAGE BODY"})
    answer = lab.sqlplus(
        f"{SYSDBA}@?/rdbms/admin/utlrp.sql\nalter session set container = HISPDB;\n@?/rdbms/admin/utlrp"
    )
    assert answer.out.count("UTLRP_END") == 2
    assert "DOC>#" in answer.out
    assert [row["name"] for row in lab.store.read("his")["invalid_objects"]] == ["V_OLD_CHARGES"]


def test_a_script_that_is_not_there(shared_lab: Rehearsal) -> None:
    answer = shared_lab.sqlplus("whenever oserror exit failure\n@/no/such.sql\nprompt not reached")
    assert 'SP2-0310: unable to open file "/no/such.sql"' in answer.out
    assert answer.code == 1


def test_a_page_of_rows(shared_lab: Rehearsal) -> None:
    answer = shared_lab.sqlplus(
        f"{SYSDBA}select con_id from v$pdbs order by con_id;\nselect name from v$restore_point;"
    )
    assert answer.out == (
        "Connected.\n\n    CON_ID\n----------\n         2\n         3\n         4\n\n\nno rows selected\n\n"
    )


def test_statements_that_are_not_rehearsed_are_errors(shared_lab: Rehearsal) -> None:
    answer = shared_lab.sqlplus(f"{SYSDBA}alter database convert to snapshot standby;\nalter system kill x;")
    assert answer.out.count("ORA-03001: unimplemented feature (lab: not rehearsed") == 2


def test_an_empty_line_ends_the_entry_of_a_statement(shared_lab: Rehearsal) -> None:
    assert shared_lab.sqlplus(f"{SYSDBA}select con_id\n\nprompt next").out == "Connected.\nnext\n"


def test_chinese_answers_when_nls_lang_is_left_alone(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "chinese-output", True)
    answer = lab.sqlplus(SYSDBA, locale="NLS_LANG='SIMPLIFIED CHINESE_CHINA.ZHS16GBK'")
    assert "Connected" not in answer.out
    assert "\\x" in answer.out
    assert lab.sqlplus(SYSDBA).out == "Connected.\n"
