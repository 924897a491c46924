"""Role changes by the tools as people use them: over SSH, through the listener, with processes that come and go."""

from __future__ import annotations

import time

import oracledb
import pytest

from hisops.lab import control
from hisops.lab.record import entries
from tests.lab.rehearsal import Answer, Rehearsal
from tests.lab.test_listener import ask

pytestmark = pytest.mark.lab

SECOND = "his-db2"
ROLE = "select database_role, open_mode from v$database"


def password(lab: Rehearsal) -> str:
    return (lab.directory / "secrets" / "his_password").read_text().strip()


def dgmgrl(lab: Rehearsal, arguments: str, text: str = "", host: str = "his-db1") -> Answer:
    return lab.oracle(f'"$ORACLE_HOME/bin/dgmgrl" {arguments} <<"END"\n{text}\nEND\n', host=host)


@pytest.fixture
def brokered(lab: Rehearsal) -> Rehearsal:
    """The lab under its broker, which is disabled when a lab starts."""
    assert dgmgrl(lab, f"sys/{password(lab)}@his 'enable configuration'").code == 0
    return lab


def lives(lab: Rehearsal, host: str, database: str) -> bool:
    return (lab.layout.machine(host).root / "proc" / f"{database}.instance.pid").exists()


def test_the_broker_switches_over_and_back_with_a_script_on_standard_input(brokered: Rehearsal) -> None:
    lab = brokered
    there = dgmgrl(lab, "", f"connect sys/{password(lab)}@his\nswitchover to his_dr\nshow configuration")
    assert there.code == 0
    lines = there.out.splitlines()
    assert lines[0].startswith("DGMGRL for Linux: Release 19.0.0.0.0 - Production on ")
    assert 'Welcome to DGMGRL, type "help" for information.' in lines
    assert 'Switchover succeeded, new primary is "his_dr"' in lines
    assert ask(lab, ROLE, "HIS_DR", SECOND) == [("PRIMARY", "READ WRITE")]
    assert ask(lab, ROLE) == [("PHYSICAL STANDBY", "READ ONLY WITH APPLY")]
    assert lives(lab, "his-db1", "his"), "it runs again, on its own host"
    back = dgmgrl(lab, f"-silent sys/{password(lab)}@his_dr 'switchover to his'")
    assert back.out.splitlines()[0] == 'Connected to "HIS_DR"'
    assert back.code == 0
    assert ask(lab, ROLE) == [("PRIMARY", "READ WRITE")]
    assert lives(lab, SECOND, "his_dr"), "started from the other host"
    assert sum(entry["tool"] == "dgmgrl" and entry["event"] == "end" for entry in entries(lab.layout.record)) == 3


def test_only_a_single_command_tells_its_failure_by_the_exit_code(shared_lab: Rehearsal) -> None:
    logon = f"sys/{password(shared_lab)}@his"
    assert dgmgrl(shared_lab, f"-silent {logon} 'switchover to his'").code == 1
    assert dgmgrl(shared_lab, f"-silent {logon}", "switchover to his").code == 0
    assert dgmgrl(shared_lab, "-silent sys/wrong@his 'show configuration'").code == 1
    asked = dgmgrl(shared_lab, "sys@his", f"{password(shared_lab)}\nshow configuration")
    assert "Password:" in asked.out
    assert "Configuration - his_dg" in asked.out
    by_system = dgmgrl(shared_lab, "/", "show configuration")
    assert "Connected as SYSDG." in by_system.out


def test_a_switchover_by_hand_through_sqlplus_and_driver(lab: Rehearsal) -> None:
    said = lab.sqlplus("connect / as sysdba\nalter database switchover to his_dr;\nselect 1 from dual;")
    assert "Database altered." in said.out
    assert "ORA-01034" in said.out, "the instance of the old primary has ended"
    dsn = f"127.0.0.1:{lab.ports[SECOND]['tns']}/HIS_DR"
    with oracledb.connect(user="sys", password=password(lab), dsn=dsn, mode=oracledb.AUTH_MODE_SYSDBA) as connection:
        connection.cursor().execute("alter database open")
        rows = connection.cursor().execute("select switchover_status from v$database").fetchall()
    assert rows == [("FAILED DESTINATION",)]
    said = lab.sqlplus("connect / as sysdba\nstartup mount\nrecover managed standby database disconnect;")
    assert "Media recovery complete." in said.out
    assert ask(lab, "select gap_status from v$archive_dest_status where dest_id = 2", "HIS_DR", SECOND) == [("NO GAP",)]


def test_an_old_primary_starts_up_to_the_mount_and_no_further(brokered: Rehearsal) -> None:
    lab = brokered
    lab.sqlplus("connect / as sysdba\nshutdown abort")
    dgmgrl(lab, f"sys/{password(lab)}@his_dr 'failover to his_dr'", host=SECOND)
    said = lab.sqlplus("connect / as sysdba\nstartup").out
    assert said.rstrip().endswith(
        "Database mounted.\nORA-16649: possible failover to another database prevents this database from\nbeing opened"
    )
    assert lab.store.read("his")["open_mode"] == "MOUNTED"


def test_names_lead_to_either_side(lab: Rehearsal) -> None:
    logon = f"connect sys/{password(lab)}@his_dr as sysdba"
    assert "PHYSICAL STANDBY" in lab.sqlplus(f"{logon}\nselect database_role from v$database;").out
    assert "OK (0 msec)" in lab.oracle('"$ORACLE_HOME/bin/tnsping" his_dr').out
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" stop', host=SECOND)
    assert "ORA-12541: TNS:no listener" in lab.sqlplus(logon).out
    assert 'Service "HIS_DGMGRL" has 1 instance(s).' in lab.oracle('"$ORACLE_HOME/bin/lsnrctl" status').out
    end = time.monotonic() + 5
    while "TNS-12541" not in lab.oracle('"$ORACLE_HOME/bin/tnsping" his_dr').out:
        assert time.monotonic() < end


def test_an_old_primary_returns_by_itself_and_is_kept_from_opening(brokered: Rehearsal) -> None:
    lab = brokered
    control.set_fault(lab.directory, "old-primary-returns", True)
    lab.sqlplus("connect / as sysdba\nshutdown abort")
    assert lab.store.read("his")["status"] == "DOWN"
    dgmgrl(lab, f"sys/{password(lab)}@his_dr 'failover to his_dr'", host=SECOND)
    end = time.monotonic() + 20
    while lab.store.read("his")["status"] != "MOUNTED":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "ORA-16649" in lab.sqlplus("connect / as sysdba\nalter database open;").out
    assert control.status(lab.directory).faults == ()


def test_a_link_that_drops_between_role_change_and_confirmation_leaves_one_primary(brokered: Rehearsal) -> None:
    lab = brokered
    control.set_fault(lab.directory, "link-drop@switchover", True)
    cut = dgmgrl(lab, f"sys/{password(lab)}@his 'switchover to his_dr'")
    assert cut.code is None
    assert "Switchover succeeded" not in cut.out
    assert lab.store.read("his_dr")["role"] == "PRIMARY"
    assert lab.store.read("his")["role"] == "PHYSICAL STANDBY"
