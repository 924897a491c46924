"""Role changes by SQL: who becomes what, what is refused in which words, what each side shows meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.lab.pairing import APPLY, Pair


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def later(both: Pair, seconds: int) -> None:
    """Let the primary go on for a while."""
    with both.store.change("his") as state:
        state["scn_at"] -= seconds


def test_a_switchover_in_one_statement_changes_both_and_ends_the_old_primary(both: Pair) -> None:
    assert both.role("his") == ("PRIMARY", "READ WRITE", "TO STANDBY")
    assert both.role("his_dr") == ("PHYSICAL STANDBY", "READ ONLY WITH APPLY", "NOT ALLOWED")
    assert both.sql("his", "alter database switchover to HIS_DR verify") == "Database altered."
    assert both.sql("his", "alter database switchover to his_dr") == "Database altered."
    assert both.state("his")["status"] == "DOWN"
    assert both.role("his_dr") == ("PRIMARY", "MOUNTED", "NOT ALLOWED")
    assert both.open("his_dr") == ""
    assert both.role("his_dr") == ("PRIMARY", "READ WRITE", "FAILED DESTINATION")
    both.mount("his")
    assert both.sql("his", APPLY) == "Database altered."
    assert both.role("his") == ("PHYSICAL STANDBY", "MOUNTED", "NOT ALLOWED")
    assert both.role("his_dr") == ("PRIMARY", "READ WRITE", "TO STANDBY")
    assert "Switchover: Complete - Database shutdown required" in both.alert("his")
    assert "Switchover: Complete - Database mounted as primary" in both.alert("his_dr")
    assert len(both.state("his_dr")["incarnations"]) == 1


def test_pluggable_databases_open_on_the_side_alone_where_their_state_was_saved(both: Pair) -> None:
    both.sql("his", "alter database switchover to his_dr")
    both.open("his_dr")
    modes = both.view("his_dr", "v$pdbs", "name", "open_mode")
    assert modes == [("PDB$SEED", "READ ONLY"), ("HISPDB", "MOUNTED"), ("LISPDB", "MOUNTED")]
    both.sql("his_dr", "alter pluggable database all open")
    assert both.view("his_dr", "v$pdbs", "open_mode")[1:] == [("READ WRITE",), ("READ WRITE",)]


def test_the_old_syntax_passes_through_two_standbys(both: Pair) -> None:
    words = "alter database commit to switchover to"
    assert both.sql("his_dr", f"{words} primary with session shutdown") == "ORA-16139: media recovery required"
    assert both.sql("his", f"{words} physical standby with session shutdown") == "Database altered."
    assert both.role("his_dr")[::2] == ("PHYSICAL STANDBY", "TO PRIMARY")
    both.mount("his")
    assert both.role("his")[::2] == ("PHYSICAL STANDBY", "RECOVERY NEEDED")
    assert both.sql("his_dr", f"{words} primary with session shutdown") == "Database altered."
    assert both.role("his_dr")[:2] == ("PRIMARY", "MOUNTED")
    assert both.open("his_dr") == ""
    assert both.sql("his", APPLY) == "Database altered."
    assert both.role("his_dr")[2] == "TO STANDBY"


def test_two_standbys_are_undone_by_force_on_one_that_has_applied_the_end(both: Pair) -> None:
    both.sql("his", "alter database commit to switchover to standby")
    both.mount("his")
    force = "alter database switchover to his force"
    assert both.sql("his", force) == "ORA-16473: database is not in limbo"
    assert both.sql("his_dr", force).startswith("ORA-16464")
    both.sql("his", APPLY)
    assert both.role("his")[2] == "TO PRIMARY"
    assert both.sql("his", force) == "Database altered."
    assert both.open("his") == ""
    assert both.role("his") == ("PRIMARY", "READ WRITE", "TO STANDBY"), "the other never ceased to be its standby"


@pytest.mark.parametrize(
    ("on", "text", "error"),
    [
        (
            "his_dr",
            "alter database switchover to his",
            "ORA-16465: operation must be initiated on an open primary data",
        ),
        (
            "his",
            "alter database switchover to nowhere",
            "ORA-16474: target_db_name not found in the LOG_ARCHIVE_DEST_n",
        ),
        ("his_dr", "alter database switchover to his_dr force", "ORA-16473: database is not in limbo"),
        ("his", "alter database failover to his", "ORA-16464: operation must be initiated on a physical standby data"),
        ("his", "alter database activate standby database", "ORA-01665: control file is not a standby control file"),
        ("his_dr", "alter database activate standby database", "ORA-01153: an incompatible media recovery is active"),
        ("his_dr", "alter database commit to switchover to standby", "ORA-16465"),
        ("his", "alter database convert to physical standby", "ORA-01126"),
        ("his", "flashback database to scn 48000000", "ORA-38757: Database must be mounted and not open to FLASHBACK."),
        ("his_dr", "alter database open resetlogs", "ORA-01531"),
        ("his_dr", "alter database add standby logfile size 200M", "ORA-01156"),
    ],
)
def test_what_has_no_place_on_this_side_is_refused(both: Pair, on: str, text: str, error: str) -> None:
    assert both.sql(on, text).startswith(error)


def test_a_target_that_is_not_ready_is_refused_before_anything_changes(both: Pair) -> None:
    verify = "alter database switchover to his_dr verify"
    both.sql("his_dr", "alter database recover managed standby database cancel")
    assert both.sql("his", verify) == "ORA-16470: Redo Apply is not running on switchover target"
    both.sql("his_dr", APPLY)
    with both.store.change("his_dr") as state:
        state["standby"]["late_s"] = 5400
    assert both.sql("his", verify) == "ORA-16467: switchover target is not synchronized"
    assert both.sql("his", "alter database switchover to his_dr").startswith("ORA-16467")
    assert both.sql("his", "alter database commit to switchover to standby").startswith("ORA-16416")
    assert both.role("his")[0] == "PRIMARY"


def test_verify_warns_of_a_target_that_would_send_to_nobody(both: Pair) -> None:
    both.sql("his_dr", "alter system set log_archive_dest_state_2=defer scope=both")
    said = both.sql("his", "alter database switchover to his_dr verify")
    assert said == "ORA-16475: succeeded with warnings, check alert log for more details"
    assert "SWITCHOVER VERIFY WARNING: switchover target has no standby database defined" in both.alert("his")
    assert both.sql("his", "alter database switchover to his_dr") == "Database altered."


def test_a_failover_keeps_what_was_received_and_begins_an_incarnation(both: Pair) -> None:
    with both.store.change("his_dr") as state:
        state["standby"]["late_s"] = 100
    later(both, 1000)
    both.shutdown("his")
    last = both.state("his")["scn"]
    assert both.sql("his_dr", "alter database recover managed standby database cancel") == "Database altered."
    assert both.sql("his_dr", "alter database failover to his_dr") == "Database altered."
    both.open("his_dr")
    became = both.view("his_dr", "v$database", "standby_became_primary_scn", "resetlogs_change#")[0]
    assert last - became[0] == pytest.approx(1700, abs=60)
    assert became[1] == became[0] + 2
    assert both.view("his_dr", "v$database_incarnation", "status") == [("PARENT",), ("CURRENT",)]
    assert f"Standby became primary SCN: {became[0]}" in both.alert("his_dr")


def test_finish_and_commit_is_the_old_failover(both: Pair) -> None:
    both.shutdown("his")
    finish = "alter database recover managed standby database finish"
    assert both.sql("his_dr", finish) == "Database altered."
    assert both.role("his_dr")[2] == "TO PRIMARY"
    assert both.sql("his_dr", APPLY).startswith("ORA-16157")
    assert both.sql("his_dr", "alter database commit to switchover to primary with session shutdown").endswith(
        "altered."
    )
    assert both.role("his_dr")[:2] == ("PRIMARY", "MOUNTED")


def test_activation_loses_what_was_not_applied(both: Pair) -> None:
    both.sql("his_dr", "alter database recover managed standby database cancel")
    with both.store.change("his_dr") as state:
        state["standby"]["apply"]["since"] -= 500
    later(both, 500)
    both.shutdown("his")
    assert both.sql("his_dr", "alter database activate physical standby database") == "Database altered."
    lost = both.state("his")["scn"] - both.state("his_dr")["became_primary_scn"]
    assert lost == pytest.approx(500 * 17, abs=100)


def failed_over(both: Pair) -> int:
    later(both, 50)
    both.shutdown("his")
    both.sql("his_dr", "alter database failover to his_dr")
    both.open("his_dr")
    return int(both.state("his_dr")["became_primary_scn"])


def test_a_former_primary_that_was_flashed_back_becomes_a_standby(both: Pair) -> None:
    became = failed_over(both)
    both.mount("his")
    assert both.role("his")[0] == "PRIMARY"
    assert both.sql("his", f"flashback database to scn {became}") == "Flashback complete."
    assert both.open("his") == "ORA-01589"
    assert both.sql("his", "alter database convert to physical standby") == "Database altered."
    assert both.state("his")["status"] == "STARTED"
    both.mount("his")
    assert both.sql("his", APPLY) == "Database altered."
    assert both.view("his", "v$managed_standby", "process")[-1] == ("MRP0",)
    deadline = time.monotonic() + 20
    while both.role("his_dr")[2] != "TO STANDBY":
        assert time.monotonic() < deadline
    assert both.sql("his_dr", "alter database switchover to his") == "Database altered."


def test_one_that_was_not_flashed_back_is_an_orphan(both: Pair) -> None:
    failed_over(both)
    with both.store.change("his") as state:
        state["scn"] += 10_000
    both.mount("his")
    both.sql("his", "alter database convert to physical standby")
    both.mount("his")
    assert both.sql("his", APPLY) == "Database altered."
    assert ("MRP0",) not in both.view("his", "v$managed_standby", "process")
    assert "ORA-19909: datafile 1 belongs to an orphan incarnation" in both.alert("his")


def test_flashback_needs_logs_that_reach_far_enough(both: Pair) -> None:
    became = failed_over(both)
    both.mount("his")
    both.sql("his", "alter database flashback off")
    back = f"flashback database to scn {became}"
    assert both.sql("his", back) == "ORA-38726: Flashback database logging is not on."
    both.change("his", scn=became + 500)
    both.sql("his", "alter database flashback on")
    assert both.sql("his", back).startswith("ORA-38729")
    assert both.sql("his", "flashback database to scn 99999999999").startswith("ORA-38743")


def test_only_an_administrator_changes_roles(both: Pair) -> None:
    from hisops.lab import pair
    from hisops.lab.commands import CommandRefused

    with pytest.raises(CommandRefused, match="insufficient privileges"):
        pair.carry_out(both.store, "his", "CDB$ROOT", "alter database switchover to his_dr", sysdba=False)
