"""Start pictures: each is what its name says, to the views, to the broker, and to whoever goes on from there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import oracledb
import pytest

from hisops.errors import CheckFailed, UsageProblem
from hisops.lab import alert, autostart, control, pictures, scenario, scn
from hisops.lab.inventory import Inventory
from hisops.lab.patches import RU_1927
from hisops.lab.state import Store
from tests.lab.pairing import APPLY, Pair, dgmgrl
from tests.lab.rehearsal import Rehearsal
from tests.lab.rman_desk import Site
from tests.lab.test_listener import ask

SECOND = "his-db2"
ROLE = "select database_role, open_mode from v$database"


@pytest.fixture
def fresh(tmp_path: Path) -> Pair:
    """A pair as a lab starts: its broker is disabled."""
    return Pair(tmp_path, enabled=False)


def put_up(both: Pair, name: str) -> Pair:
    pictures.put_up(both.layout, name)
    return both


def pdbs(both: Pair, name: str) -> set[str]:
    return {mode for pdb, mode in both.view(name, "v$pdbs", "name", "open_mode") if pdb != "PDB$SEED"}


def test_broker_is_a_healthy_pair_under_an_enabled_configuration(fresh: Pair) -> None:
    said = dgmgrl(put_up(fresh, "broker"), "show configuration")
    assert "SUCCESS   (status updated" in said
    assert "ORA-" not in said
    assert fresh.view("his", "v$database", "dataguard_broker") == [("ENABLED",)]


@pytest.mark.parametrize("name", ["failed-over", "failed-over-broker"])
def test_after_a_failover_one_takes_writes_and_the_other_is_down_and_still_a_primary(fresh: Pair, name: str) -> None:
    put_up(fresh, name)
    assert fresh.role("his_dr")[:2] == ("PRIMARY", "READ WRITE")
    assert pdbs(fresh, "his_dr") == {"READ WRITE"}
    his, change = fresh.state("his"), fresh.state("his_dr")["became_primary_scn"]
    assert (his["role"], his["status"]) == ("PRIMARY", "DOWN")
    assert his["flashback_from"] < change <= scn.current(his)


def test_after_a_drill_the_old_primary_is_fenced_as_well(fresh: Pair) -> None:
    put_up(fresh, "failed-over-drill")
    assert fresh.role("his_dr")[:2] == ("PRIMARY", "READ WRITE")
    his = fresh.state("his")
    assert (his["role"], his["status"], his["listener"]["up"]) == ("PRIMARY", "DOWN", False)
    autostart.boot(fresh.layout, his["host"])
    assert fresh.state("his")["status"] == "DOWN", "oratab says N"


def test_the_former_primary_can_be_made_a_standby_by_sql(fresh: Pair) -> None:
    put_up(fresh, "failed-over")
    assert fresh.view("his_dr", "v$database", "dataguard_broker") == [("DISABLED",)]
    change = fresh.view("his_dr", "v$database", "standby_became_primary_scn")[0][0]
    fresh.mount("his")
    assert fresh.sql("his", f"flashback database to scn {change}") == "Flashback complete."
    assert fresh.sql("his", "alter database convert to physical standby") == "Database altered."
    fresh.mount("his")
    assert fresh.sql("his", APPLY) == "Database altered."
    assert fresh.role("his_dr")[2] == "TO STANDBY"


def test_the_broker_knows_whom_to_reinstate(fresh: Pair) -> None:
    said = dgmgrl(put_up(fresh, "failed-over-broker"), "show configuration", host=SECOND)
    assert "Physical standby database (disabled)" in said
    assert "ORA-16661: the standby database needs to be reinstated" in said
    fresh.mount("his")
    assert 'Reinstatement of database "his" succeeded' in dgmgrl(fresh, "reinstate database his", host=SECOND)


@pytest.mark.parametrize("name", ["switched", "switched-broker"])
def test_after_a_switchover_redo_flows_the_other_way(fresh: Pair, name: str) -> None:
    put_up(fresh, name)
    assert fresh.role("his_dr") == ("PRIMARY", "READ WRITE", "TO STANDBY")
    assert fresh.role("his")[:2] == ("PHYSICAL STANDBY", "READ ONLY WITH APPLY")
    assert pdbs(fresh, "his_dr") == {"READ WRITE"}
    lags = fresh.view("his", "v$dataguard_stats", "name", "value")[:2]
    assert lags == [("transport lag", "+00 00:00:00"), ("apply lag", "+00 00:00:00")]


def test_the_broker_is_content_after_its_switchover(fresh: Pair) -> None:
    said = dgmgrl(put_up(fresh, "switched-broker"), "show configuration", host=SECOND)
    assert "  his_dr - Primary database" in said
    assert "SUCCESS   (status updated" in said
    assert 'new primary is "his"' in dgmgrl(fresh, "switchover to his")


def test_a_switchover_by_sql_leads_back(fresh: Pair) -> None:
    put_up(fresh, "switched")
    assert fresh.sql("his_dr", "alter database switchover to his verify") == "Database altered."
    assert fresh.sql("his_dr", "alter database switchover to his") == "Database altered."
    assert fresh.open("his") == ""


def test_a_picture_is_made_of_a_pair_that_nobody_has_changed(fresh: Pair) -> None:
    with pytest.raises(UsageProblem, match="sunset"):
        put_up(fresh, "sunset")
    put_up(fresh, "switched")
    with pytest.raises(CheckFailed, match="not as they start"):
        put_up(fresh, "broker")


def test_pictures_are_told_in_both_languages() -> None:
    assert all(text.zh and text.en for text in control.PICTURES.values())


@pytest.mark.lab
def test_a_lab_that_is_up_shows_its_picture_until_it_is_reset(lab: Rehearsal) -> None:
    control.set_picture(lab.directory, "switched")
    assert control.status(lab.directory).picture == "switched"
    lab.sqlplus("connect / as sysdba\nalter system register;")
    assert ask(lab, ROLE) == [("PHYSICAL STANDBY", "READ ONLY WITH APPLY")]
    assert ask(lab, ROLE, "HIS_DR", SECOND) == [("PRIMARY", "READ WRITE")]
    assert "ora_pmon_his" in lab.oracle("ps -ef").out, "the instance that was started again runs on its host"
    control.reset(lab.directory)
    assert control.status(lab.directory).picture == ""
    assert ask(lab, ROLE) == [("PRIMARY", "READ WRITE")]


@pytest.mark.lab
def test_in_the_picture_of_a_failover_nobody_reaches_the_old_primary(lab: Rehearsal) -> None:
    control.set_picture(lab.directory, "failed-over-broker")
    assert ask(lab, ROLE, "HIS_DR", SECOND) == [("PRIMARY", "READ WRITE")]
    with pytest.raises(oracledb.OperationalError, match=r"12514|DPY-6001"):
        ask(lab, ROLE)
    assert "ora_pmon_his" not in lab.oracle("ps -ef").out


def test_patched_has_the_patch_in_home_and_dictionary_and_can_bring_every_file_back(fresh: Pair) -> None:
    home = fresh.layout.machine("his-db1").oracle_home
    program = home / "bin" / "oracle"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_bytes(b"before")
    put_up(fresh, "patched")
    assert Inventory(home).find(RU_1927.id)
    (storage,) = (home / ".patch_storage").glob(f"{RU_1927.id}_*")
    assert program.read_bytes() != b"before"
    assert (storage / "backup" / "bin" / "oracle").read_bytes() == b"before"
    state = Store(fresh.layout.state).read("his")
    assert {row["con"] for row in state["sqlpatch"] if row["patch_id"] == int(RU_1927.id)} == {
        row["con"] for row in state["sqlpatch"]
    }


def test_an_internal_error_stands_in_both_alert_logs_once(fresh: Pair) -> None:
    for on in (True, False):
        scenario.apply(fresh.layout, "internal-error", on)
    for name in ("his", "his_dr"):
        state = Store(fresh.layout.state).read(name)
        text = (alert.folder(state) / f"alert_{state['sid']}.log").read_text()
        assert text.count("ORA-00600") == 1


@pytest.mark.parametrize(("name", "of"), [("backed-up", "his"), ("backed-up-lis", "lis")])
def test_what_was_backed_up_lies_on_the_storage_beside_a_manifest_that_names_it(
    tmp_path: Path, name: str, of: str
) -> None:
    site = Site(tmp_path)
    site.layout.machine(site.state(of)["host"]).tmp.mkdir(parents=True)
    pictures.put_up(site.layout, name)
    (manifest,) = site.layout.nas.glob("*/manifest-HISOPS_FULL_*.txt")
    told = [line.removeprefix("piece=").split() for line in manifest.read_text().splitlines() if line[:6] == "piece="]
    assert {Path(one["handle"]).name for one in site.state(of)["backups"] if one["tag"]} >= {
        piece for *_, piece in told
    }
    for digest, size, piece in told:
        raw = (manifest.parent / piece).read_bytes()
        assert (hashlib.sha256(raw).hexdigest(), len(raw)) == (digest, int(size))
    assert f"dbid={site.state(of)['dbid']}" in manifest.read_text()
