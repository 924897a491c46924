"""What goes wrong with a pair: each fault as people meet it, and what ends it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hisops.lab import autostart, dr_scenario, faults, pair, pictures, scenario
from hisops.lab.record import entries
from hisops.lab.tools.rman import main as rman
from tests.lab.pairing import APPLY, Pair, Terminal, dgmgrl

SECOND = "his-db2"


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def fault(both: Pair, name: str, on: bool = True) -> None:
    faults.arm(both.store, name, on)
    scenario.apply(both.layout, name, on)


def run_rman(both: Pair, script: str) -> str:
    desk = Terminal(both.layout, SECOND)
    path = both.layout.lab / "script.rman"
    path.write_text(script)
    desk.argv = ["target", "/", f"cmdfile={path}"]
    rman.run(desk)
    return "".join(desk.said)


def test_a_gap_stops_apply_and_every_planned_way(both: Pair) -> None:
    fault(both, "gap")
    low = both.state("his")["sequence"] - 4
    assert both.view("his_dr", "v$archive_gap", "low_sequence#", "high_sequence#") == [(low, low + 1)]
    assert both.view("his", "v$archive_dest_status", "gap_status")[-1] == ("UNRESOLVABLE GAP",)
    assert both.role("his")[2] == "UNRESOLVABLE GAP"
    assert both.view("his_dr", "v$managed_standby", "process", "status")[-1] == ("MRP0", "WAIT_FOR_GAP")
    assert (low,) not in both.view("his_dr", "v$archived_log", "sequence#")
    assert "ORA-16467" in both.sql("his", "alter database switchover to his_dr verify")
    assert "ORA-16783: cannot resolve gap" in dgmgrl(both, "show configuration")
    assert "  Ready for Switchover:  No" in dgmgrl(both, "validate database his_dr")
    assert both.sql("his_dr", "alter database failover to his_dr").startswith("ORA-16171")
    both.shutdown("his")
    assert "ORA-16171" in dgmgrl(both, "failover to his_dr", host=SECOND)
    assert "Failover succeeded" in dgmgrl(both, "failover to his_dr immediate", host=SECOND)


def test_logs_that_are_found_again_are_copied_and_registered(both: Pair) -> None:
    fault(both, "gap")
    moved = both.layout.machine("his-db1").root / "u01" / "backup" / "archivelog_moved"
    inbox = both.layout.machine(SECOND).root / "u01" / "stage"
    inbox.mkdir(parents=True)
    names = sorted(path.name for path in moved.iterdir())
    register = f"alter database register physical logfile '{inbox}/{{}}'"
    assert both.sql("his_dr", register.format(names[0])).startswith("ORA-00308")
    for name in names:
        shutil.copy(moved / name, inbox / name)
        assert both.sql("his_dr", register.format(name)) == "Database altered."
    assert both.view("his_dr", "v$archive_gap", "low_sequence#") == []
    assert both.sql("his_dr", register.format(names[0])).startswith("ORA-16089")


def test_a_standby_is_rolled_forward_over_the_network(both: Pair) -> None:
    fault(both, "gap")
    command = "recover standby database from service his;"
    assert "RMAN-05150: Managed Recovery Process must be disabled" in run_rman(both, command)
    assert "ORA-01153: an incompatible media recovery is active" in run_rman(both, "recover database from service his;")
    both.sql("his_dr", "alter database recover managed standby database cancel")
    said = run_rman(both, command)
    assert "   restore standby controlfile from service  'his';" in said
    assert "media recovery complete, elapsed time: 00:00:00" in said
    assert both.role("his_dr")[1] == "MOUNTED"
    both.sql("his_dr", APPLY)
    assert both.role("his")[2] == "TO STANDBY"
    both.sql("his_dr", "alter database recover managed standby database cancel")
    both.shutdown("his")
    assert "ORA-17627: ORA-12514" in run_rman(both, command)


def test_a_late_standby_may_fail_over_and_says_what_is_lost(both: Pair) -> None:
    both.sql("his", "alter system switch logfile")
    fault(both, "standby-lag")
    said = dgmgrl(both, "show database his_dr", "switchover to his_dr")
    assert "  Transport Lag:      1 hour 30 minutes 0 seconds (computed 0 seconds ago)" in said
    assert "ORA-16853: apply lag has exceeded specified threshold" in said
    assert "Error: ORA-16467" in said
    both.shutdown("his")
    dgmgrl(both, "failover to his_dr", host=SECOND)
    lost = both.state("his")["scn"] - both.state("his_dr")["became_primary_scn"]
    assert lost == pytest.approx(5400 * 17, abs=200)
    fault(both, "standby-lag", on=False)


def test_flashback_off_shows_before_and_forbids_reinstatement_after(both: Pair) -> None:
    fault(both, "flashback-off")
    assert both.view("his", "v$database", "flashback_on") == [("NO",)]
    assert "    his   :  Off\n    his_dr:  Off" in dgmgrl(both, "validate database his_dr")
    assert "ORA-16651" in dgmgrl(both, "enable fast_start failover")
    both.shutdown("his")
    dgmgrl(both, "failover to his_dr", host=SECOND)
    both.mount("his")
    assert 'Reinstatement of database "his" failed' in dgmgrl(both, "reinstate database his", host=SECOND)


def test_one_standby_log_too_few_is_a_warning_of_the_validation_alone(both: Pair) -> None:
    fault(both, "insufficient-srls")
    assert len(both.view("his_dr", "v$standby_log", "group#")) == 3
    said = dgmgrl(both, "validate database his_dr")
    assert said.count("Insufficient SRLs") == 2
    assert "  Ready for Switchover:  Yes" in said
    both.sql("his", "alter database add standby logfile thread 1 size 200M")
    assert dgmgrl(both, "validate database his_dr").count("Insufficient SRLs") == 1


def test_a_broker_that_dies_half_way_leaves_two_standbys(both: Pair) -> None:
    fault(both, "broker-dies-half-way")
    said = dgmgrl(both, "switchover to his_dr")
    assert "Error: ORA-16665: timeout waiting for the result from a member" in said
    assert said.endswith('Unable to switchover, primary database is still "his"\n'), "it is not"
    both.mount("his")
    assert (both.role("his")[0], both.role("his_dr")[0]) == ("PHYSICAL STANDBY", "PHYSICAL STANDBY")
    assert "ORA-16816: incorrect database role" in dgmgrl(both, "show configuration", host=SECOND)
    again = dgmgrl(both, "switchover to his_dr", host=SECOND)
    assert "Failed." in again
    assert both.sql("his_dr", "alter database switchover to his_dr force") == "Database altered."
    both.open("his_dr")
    both.sql("his", APPLY)
    assert both.role("his_dr")[2] == "TO STANDBY"
    dgmgrl(both, "disable configuration", "enable configuration", host=SECOND)
    assert 'new primary is "his"' in dgmgrl(both, "switchover to his", host=SECOND), "it strikes once"


def test_apply_that_dies_half_way_has_to_be_started_before_one_is_made_primary(both: Pair) -> None:
    fault(both, "apply-dies-half-way")
    assert "Error: ORA-16665: timeout waiting for the result from a member" in dgmgrl(both, "switchover to his_dr")
    both.mount("his")
    assert both.role("his_dr")[::2] == ("PHYSICAL STANDBY", "RECOVERY NEEDED")
    force = "alter database switchover to his_dr force"
    assert both.sql("his_dr", force) == "ORA-16473: database is not in limbo"
    assert both.sql("his_dr", APPLY) == "Database altered."
    assert both.role("his_dr")[2] == "TO PRIMARY"
    assert both.sql("his_dr", force) == "Database altered."
    both.open("his_dr")
    both.sql("his", APPLY)
    dgmgrl(both, "disable configuration", "enable configuration", host=SECOND)
    assert 'new primary is "his"' in dgmgrl(both, "switchover to his", host=SECOND), "it strikes once"


def test_without_autostart_nothing_is_started_at_boot(both: Pair) -> None:
    fault(both, "no-autostart")
    for name in ("his", "his_dr"):
        both.shutdown(name)
        assert not autostart.wanted(both.layout, both.state(name))
    autostart.boot(both.layout, "his-db1")
    assert both.state("his")["status"] == "DOWN"
    fault(both, "no-autostart", on=False)
    autostart.boot(both.layout, "his-db1")
    assert both.state("his")["status"] == "OPEN"


def test_password_by_slash_leaves_the_old_primary_down(both: Pair) -> None:
    fault(both, "password-by-slash")
    said = dgmgrl(both, "switchover to his_dr", "show configuration")
    assert "ORA-01017" in said
    assert said.endswith("not logged on\n")
    assert both.role("his_dr")[:2] == ("PRIMARY", "READ WRITE")
    assert both.state("his")["status"] == "DOWN"


def test_an_old_primary_that_returns_is_mounted_and_no_more(both: Pair) -> None:
    fault(both, "old-primary-returns")
    assert dr_scenario.come_back(both.layout) is None, "not while it is the only one"
    both.shutdown("his")
    dgmgrl(both, "failover to his_dr", host=SECOND)
    assert dr_scenario.come_back(both.layout) == "his-db1"
    assert both.role("his")[:2] == ("PRIMARY", "MOUNTED")
    assert both.open("his") == "ORA-16649"
    assert both.store.read("lab")["faults"] == []
    assert 'Reinstatement of database "his" succeeded' in dgmgrl(both, "reinstate database his", host=SECOND)


def test_without_a_broker_an_old_primary_that_returns_opens_unless_it_is_fenced(tmp_path: Path) -> None:
    for flag, primaries in (("Y", 2), ("N", 1)):
        both = Pair(tmp_path / flag, enabled=False)
        pictures.put_up(both.layout, "failed-over")
        both.oratab("his-db1", f"his:{both.layout.machine('his-db1').oracle_home}:{flag}")
        fault(both, "old-primary-returns")
        assert (dr_scenario.come_back(both.layout) is None) == (flag == "N")
        assert both.store.read("lab")["faults"] == [], "it returns once"
        modes = [both.state(name)["open_mode"] for name in ("his", "his_dr")]
        assert modes.count("READ WRITE") == primaries
        told = [each for each in entries(both.layout.record) if each["event"] == pair.TWO_PRIMARIES]
        assert len(told) == primaries - 1


@pytest.mark.parametrize(
    ("line", "started"),
    [("{home}:Y", True), ("{home}:N", False), ("{home}:", False), ("{home}:y ", True), ("", False)],
)
def test_autostart_is_the_last_field_of_a_line_of_oratab(both: Pair, line: str, started: bool) -> None:
    home = both.layout.machine("his-db1").oracle_home
    both.oratab("his-db1", f"his:{line.format(home=home)}" if line else "# his:/u01:Y")
    both.shutdown("his")
    autostart.boot(both.layout, "his-db1")
    assert (both.state("his")["status"] == "OPEN") == started


def test_a_lost_observer_is_an_error_beside_which_everything_works(both: Pair) -> None:
    fault(both, "observer-lost")
    said = dgmgrl(both, "show configuration", "show fast_start failover")
    assert said.count("Error: ORA-16820: fast-start failover observer is no longer observing this database") == 2
    assert "ERROR   (status updated" in said
    assert "  Observer:           his-obs1" in said
    assert "Switchover succeeded" in dgmgrl(both, "switchover to his_dr")
    fault(both, "observer-lost", on=False)
    assert "Fast-Start Failover:  Disabled" in dgmgrl(both, "show configuration")


def test_a_slow_mount_is_waited_for(both: Pair) -> None:
    fault(both, "slow-mount")
    assert "Switchover succeeded" in dgmgrl(both, "switchover to his_dr")
