"""How one side reaches the other: names, listeners that are down or know no service, instances at every stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import oracledb
import pytest

from hisops.lab import network, pair
from hisops.lab.tools.names import NotReached, find, resolve
from tests.lab.pairing import Pair, Terminal
from tests.lab.rehearsal import Rehearsal
from tests.lab.test_role_tools import password

SECOND = "his-db2"
ROLE = "select 'role=' || database_role as line from v$database;"


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path, enabled=False)


def reach(both: Pair, identifier: str, host: str = "his-db1") -> str:
    try:
        return find(Terminal(both.layout, host), identifier)
    except NotReached as problem:
        return str(problem)[:9]


@pytest.mark.parametrize(
    ("identifier", "database"),
    [
        ("his", "his"),
        ("HIS_DR", "his_dr"),
        ("hispdb", "his"),
        ("//his-db2:1521/HIS_DR", "his_dr"),
        ("his-db2/his_dr", "his_dr"),
        ("(DESCRIPTION=(ADDRESS=(HOST=his-db2))(CONNECT_DATA=(SERVICE_NAME=HIS_DR_DGMGRL)))", "his_dr"),
        ("his-db2/nothing", "ORA-12514"),
        ("his-db2/his", "ORA-12514"),
        ("his-db9/his", "ORA-12545"),
        ("nowhere", "ORA-12154"),
    ],
)
def test_an_identifier_leads_to_a_database_or_to_an_error(both: Pair, identifier: str, database: str) -> None:
    assert reach(both, identifier) == database


def test_names_are_those_of_the_file_of_the_host(both: Pair) -> None:
    admin = both.layout.machine("his-db1").oracle_home / "network" / "admin"
    text = (admin / "tnsnames.ora").read_text()
    (admin / "tnsnames.ora").write_text(text.replace("HIS_DR =", "STANDBY ="))
    assert reach(both, "his_dr") == "ORA-12154"
    assert reach(both, "standby") == "his_dr"
    assert reach(both, "his_dr", SECOND) == "his_dr", "the other host has its own"
    assert "(GLOBAL_DBNAME = HIS_DGMGRL)" in (admin / "listener.ora").read_text()
    network.write(both.layout, {"his-db2": {"tns": 1599}})
    assert "(HOST = his-db2)(PORT = 1599)" in (admin / "tnsnames.ora").read_text()
    assert resolve(Terminal(both.layout, "his-db1"), "his_dr") == ("his-db2", "his_dr")


def test_what_a_listener_says_of_an_instance_at_each_stage(both: Pair) -> None:
    static = "his-db2/his_dr_dgmgrl"
    both.shutdown("his_dr")
    assert (reach(both, "his_dr"), reach(both, static)) == ("ORA-12514", "his_dr")
    both.change("his_dr", status="STARTED")
    assert reach(both, "his_dr") == "ORA-12528"
    both.mount("his_dr")
    assert reach(both, "his_dr") == "his_dr"
    with pair.changing(both.store, "his_dr") as (state, _):
        state["listener"]["up"] = False
    assert (reach(both, "his_dr"), reach(both, static)) == ("ORA-12541", "ORA-12541")


def by_net(lab: Rehearsal, text: str = ROLE, at: str = "his_dr") -> str:
    """Ask from the first host, with the logon on the command line."""
    logon = f'"sys/{password(lab)}@{at}" as sysdba'
    return lab.oracle(f'"$ORACLE_HOME/bin/sqlplus" -L -S {logon} <<"END"\n{text}\nEND\n').out


def wait_for(said: Callable[[], str], words: str) -> None:
    end = time.monotonic() + 20
    while words not in said():
        assert time.monotonic() < end, f"{words} never came"


@pytest.mark.lab
def test_sys_is_let_in_from_the_other_host_at_every_stage(lab: Rehearsal) -> None:
    static = "//his-db2/HIS_DR_DGMGRL"
    assert "role=PHYSICAL STANDBY" in by_net(lab)
    by_net(lab, "shutdown immediate")
    assert "ORA-12514" in by_net(lab)
    by_net(lab, "startup nomount", static)
    wait_for(lambda: by_net(lab), "ORA-12528")
    with pytest.raises(oracledb.Error, match="12528"):
        oracledb.connect(
            user="sys", password=password(lab), dsn=f"127.0.0.1:{lab.ports[SECOND]['tns']}/HIS_DR",
            mode=oracledb.AUTH_MODE_SYSDBA,
        )  # fmt: skip
    assert "Database altered." in by_net(lab, "alter database mount;", static)
    assert "role=PHYSICAL STANDBY" in by_net(lab)
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" stop', host=SECOND)
    assert "ORA-12541: TNS:no listener" in by_net(lab)
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" start', host=SECOND)
    wait_for(lambda: by_net(lab), "role=PHYSICAL STANDBY")


@pytest.mark.lab
def test_the_files_name_the_ports_at_which_the_lab_listens(shared_lab: Rehearsal) -> None:
    for host in ("his-db1", SECOND):
        text = (shared_lab.layout.machine(host).oracle_home / "network" / "admin" / "tnsnames.ora").read_text()
        for other in ("his-db1", SECOND):
            assert f"(HOST = {other})(PORT = {shared_lab.ports[other]['tns']})" in text
    said = shared_lab.oracle('"$ORACLE_HOME/bin/tnsping" his_dr').out
    assert f"(PORT={shared_lab.ports[SECOND]['tns']})" in said
    assert "Used TNSNAMES adapter to resolve the alias" in said
