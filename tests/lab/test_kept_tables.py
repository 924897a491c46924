"""What the hospital's work leaves in its tables, and what they showed as of an SCN."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.lab import history, pair
from hisops.lab.instance import LabInstance, open_session
from hisops.lab.media import contents
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.lexer import read_statement
from tests.lab.rman_desk import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("tables"))


def ask(
    site: Site, text: str, *binds: object, database: str = "his", user: str = "HISOPS", con: str = "CDB$ROOT"
) -> list:
    session = open_session(LabInstance(site.layout, database), database.upper(), user, user == "SYS", con)
    return [tuple(row) for row in session.execute(read_statement(text), list(binds)).rows]


def test_what_can_be_counted_is_there(site: Site) -> None:
    assert ask(site, "select count(*) from his.charge")[0][0] >= 240
    assert ask(site, "select count(*) from lis.result")[0][0] >= 80
    assert ask(site, "select count(*), max(updated) from his.patient")[0][0] == 3
    assert ask(site, "select count(*) from charge", user="HIS", con="HISPDB") == ask(
        site, "select count(*) from his.charge"
    )
    with pytest.raises(OracleError, match="ORA-00942"):
        ask(site, "select count(*) from lis.result", con="HISPDB")


def test_a_query_as_of_an_scn_shows_what_was_there_then(site: Site) -> None:
    site.beat(1)
    then = site.state()["scn"]
    before = ask(site, "select count(*), max(charged_at) from his.charge as of scn :1", then)
    site.beat(2, 3)
    with pair.changing(site.store, "his") as (state, _):
        history.commit(state, [], [(1, "2026-11-23T08:00:01")])
    count = "select beat from hisops.hisops_heartbeat{} order by beat"
    assert ask(site, count.format("")) == [(2,), (3,)]
    assert ask(site, count.format(f" as of scn {then}")) == [(1,)]
    assert ask(site, "select count(*) from hisops_heartbeat as of scn :s h where h.beat = :b", then, 1) == [(1,)]
    assert ask(site, "select count(*), max(charged_at) from his.charge as of scn :1", then) == before
    with pytest.raises(OracleError, match="ORA-08181"):
        ask(site, "select count(*) from his.charge as of scn 99999999999")


def test_the_work_of_the_hospital_is_not_written_by_hand(site: Site) -> None:
    session = open_session(LabInstance(site.layout, "his"), "HISPDB", "HIS", False, "HISPDB")
    session.execute(read_statement("delete from charge where charge_id = 1"), [])
    with pytest.raises(OracleError, match="ORA-01031"):
        session.commit()


def test_work_goes_on_with_the_time(site: Site) -> None:
    state = site.state()
    later = int(state["scn"]) + 10 * history.WORK_EVERY
    assert len(history.work(state, later)) == len(history.work(state, int(state["scn"]))) + 10


def test_a_restored_database_shows_what_its_files_held_and_nothing_else(site: Site) -> None:
    site.rman("backup database;")
    names = {file["file"]: Path(file["name"]) for file in site.state()["datafiles"]}
    with site.store.change("his_rt") as state:
        contents.adopt(state, names)
        state.update(
            status="OPEN", open_mode="READ WRITE", scn=site.state()["scn"], datafiles=site.state()["datafiles"]
        )
    for table in ("his.charge", "his.patient", "his.dept", "lis.result"):
        count = f"select count(*) from {table}"
        assert ask(site, count, database="his_rt", user="SYS") == ask(site, f"{count} as of scn {site.state()['scn']}")
