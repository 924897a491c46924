"""The adapter for SQL*Plus against the lab's: it must give what the driver gives, of the same database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hisops.adapters.reach import SiteReach
from hisops.adapters.vault import SiteVault
from hisops.documents.site import load_site
from hisops.errors import StatementFailed, Unreachable
from hisops.ports import Sql
from tests.lab.rehearsal import Rehearsal

OWNER = {"driver": "sqlplus", "dsn": None, "user": None, "password": None, "mode": "sysdba"}
ACCOUNT = {"driver": "sqlplus", "dsn": None}


def reach_of(directory: Path, **connect: Any) -> SiteReach:
    site = load_site(directory).site
    entry = site.databases["his"]
    assert entry.connect
    changed = entry.model_copy(update={"connect": entry.connect.model_copy(update=connect)})
    site = site.model_copy(update={"databases": {**site.databases, "his": changed}})
    return SiteReach(site, directory, SiteVault(site, directory))


@pytest.fixture
def plus(shared_lab: Rehearsal) -> Iterator[Sql]:
    reach = reach_of(shared_lab.directory, **OWNER)
    yield reach.sql("his")
    reach.close()


@pytest.fixture
def driver(shared_lab: Rehearsal) -> Iterator[Sql]:
    reach = reach_of(shared_lab.directory)
    yield reach.sql("his")
    reach.close()


TRICKY = {"a": 'it\'s 门诊\n"x" -', "b": None, "c": -7}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("select d.dbid, d.db_unique_name, d.created, d.open_mode from v$database d", {}),
    ("select name, con_id from v$pdbs where name <> :a and con_id < :b order by 2", {"a": "PDB$SEED", "b": 99}),
    ("select name from v$pdbs where name = 'NOPE'", {}),
    ("select :a as a, :b as b, :c as c, '<td>&amp;' as d, 0.5 as e from dual", TRICKY),
    ("select file#, name, bytes, bytes / 3 as third from v$datafile order by 1", {}),
    ("select tablespace_name, status -- a comment;\n\n  from dba_tablespaces\n order by 1", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "binds"), ASKED)
def test_the_same_rows_as_the_driver(plus: Sql, driver: Sql, text: str, binds: dict[str, Any]) -> None:
    assert plus.run(text, binds, read_only=True, timeout=60) == driver.run(text, binds, read_only=True, timeout=60)


def test_a_read_cannot_write_and_a_write_is_committed(lab: Rehearsal) -> None:
    plus, driver = reach_of(lab.directory, **ACCOUNT).sql("his"), reach_of(lab.directory).sql("his")
    more = "insert into hisops_heartbeat (beat, beat_at) values (:beat, systimestamp)"
    with pytest.raises(StatementFailed, match="ORA-01456"):
        plus.run(more, {"beat": 901}, read_only=True, timeout=60)
    assert plus.run(more, {"beat": 902}, read_only=False, timeout=60).count == 1
    told = driver.run("select beat from hisops_heartbeat where beat > 900", {}, read_only=True)
    assert told.rows == ((902,),)


def test_failures_are_the_drivers(plus: Sql, driver: Sql) -> None:
    for text in ("select * from no_such_table", "select 1 / 0 as n from dual"):
        told = []
        for sql in (plus, driver):
            with pytest.raises(StatementFailed) as caught:
                sql.run(text, {}, read_only=True, timeout=60)
            told.append((caught.value.code, caught.value.values["error"]))
        assert told[0] == told[1]


def test_a_wrong_password_is_a_login_refused(lab: Rehearsal) -> None:
    (lab.directory / "secrets" / "his_password").write_text("wrong\n")
    with pytest.raises(Unreachable) as caught:
        reach_of(lab.directory, **ACCOUNT).sql("his").run("select 1 from dual", {}, read_only=True, timeout=60)
    assert (caught.value.code, "ORA-01017" in str(caught.value)) == ("HIS-3032", True)


def test_a_database_that_is_mounted_or_down(lab: Rehearsal) -> None:
    plus = reach_of(lab.directory, **OWNER).sql("his")
    lab.sqlplus("connect / as sysdba\nshutdown immediate\nstartup mount")
    assert plus.run("select open_mode from v$database", {}, read_only=True, timeout=60).rows == (("MOUNTED",),)
    with pytest.raises(StatementFailed, match="ORA-01219"):
        plus.run("select count(*) as n from dba_objects", {}, read_only=True, timeout=60)
    with pytest.raises(StatementFailed, match="PLS-213"):  # no PL/SQL, so no binds, before it is open
        plus.run("select name from v$database where name = :name", {"name": "HIS"}, read_only=True, timeout=60)
    lab.sqlplus("connect / as sysdba\nshutdown abort")
    with pytest.raises(Unreachable, match="ORA-01034"):
        plus.run("select 1 from dual", {}, read_only=True, timeout=60)


def test_a_database_of_11_2_is_asked_as_its_inventory_says(lab: Rehearsal) -> None:
    lis = reach_of(lab.directory).sql("lis")
    told = lis.run("select d.name, i.version from v$database d cross join v$instance i", {}, read_only=True, timeout=60)
    assert told.rows == (("LIS", "11.2.0.4.0"),)
    newest = "select action, id, comments from registry$history where id = :id order by action_time desc"
    assert lis.run(newest, {"id": 181016}, read_only=True, timeout=60).rows == (
        ("APPLY", 181016, "PSU 11.2.0.4.181016"),
    )
    with pytest.raises(StatementFailed, match="ORA-00942"):
        lis.run("select name from v$pdbs", {}, read_only=True, timeout=60)
    more = "insert into hisops_heartbeat (beat, beat_at) values (:beat, systimestamp)"
    assert lis.run(more, {"beat": 903}, read_only=False, timeout=60).count == 1
    kept = lis.run("select beat from hisops_heartbeat where beat = 903", {}, read_only=True, timeout=60)
    assert kept.rows == ((903,),)
