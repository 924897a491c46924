"""The broker's command line: what it says of the pair, what it does to it, and where it stops half way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hisops.lab import scenario
from tests.lab.pairing import APPLY, Pair, dgmgrl

SECOND = "his-db2"


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def settled(both: Pair, *commands: str, host: str = "his-db1") -> str:
    time.sleep(0.1)  # a minute at the pace of these tests
    return dgmgrl(both, *commands, host=host)


def test_a_healthy_configuration(both: Pair) -> None:
    said = dgmgrl(both, "show configuration;")
    assert (
        "  his    - Primary database\n    his_dr - Physical standby database \n\nFast-Start Failover:  Disabled\n"
        in said
    )
    assert "Configuration Status:\nSUCCESS   (status updated " in said
    assert dgmgrl(both, "SHOW CONFIGURATION", host=SECOND).split("(status")[0] == said.split("(status")[0]
    assert "  Role:               PRIMARY\n  Intended State:     TRANSPORT-ON" in dgmgrl(both, "show database 'his'")


def test_a_switchover_with_a_password(both: Pair) -> None:
    said = dgmgrl(both, "switchover to his_dr")
    assert said.splitlines() == [
        "Performing switchover NOW, please wait...",
        'Operation requires a connection to database "his_dr"',
        "Connecting ...",
        'Connected to "HIS_DR"',
        "Connected as SYSDBA.",
        'New primary database "his_dr" is opening...',
        'Operation requires start up of instance "his" on database "his"',
        'Starting instance "his"...',
        "Connected to an idle instance.",
        "ORACLE instance started.",
        'Connected to "HIS"',
        "Database mounted.",
        "Database opened.",
        'Connected to "HIS"',
        'Switchover succeeded, new primary is "his_dr"',
    ]
    assert both.role("his") == ("PHYSICAL STANDBY", "READ ONLY WITH APPLY", "NOT ALLOWED")
    assert both.role("his_dr") == ("PRIMARY", "READ WRITE", "TO STANDBY")
    assert "SUCCESS" in settled(both, "show configuration")
    assert 'new primary is "his"' in dgmgrl(both, "switchover to his", host=SECOND)
    assert both.role("his")[:2] == ("PRIMARY", "READ WRITE")


def test_for_a_while_the_members_are_not_settled(both: Pair) -> None:
    with both.store.change("lab") as lab:
        lab["pace"] = 0.02
    said = dgmgrl(both, "switchover to his_dr", "show configuration")
    assert "      Error: ORA-16541: member is not enabled" in said
    assert "ERROR   (status updated" in said


def test_without_a_password_nothing_changes_from_the_primarys_side(both: Pair) -> None:
    said = dgmgrl(both, "switchover to his_dr", "show configuration", logon="/")
    assert "ORA-01017: invalid username/password; logon denied" in said
    assert said.endswith('\tconnect to database "his_dr"\nnot logged on\n')
    assert both.role("his")[0] == "PRIMARY"


def test_without_a_password_the_restart_fails_half_way_from_the_other_side(both: Pair) -> None:
    said = dgmgrl(both, "switchover to his_dr", host=SECOND, logon="/")
    assert 'Starting instance "his"...\nORA-01017: invalid username/password; logon denied\n' in said
    assert "Please complete the following steps to finish switchover:\n\tstart up and mount instance" in said
    assert "Switchover succeeded" not in said
    assert both.role("his_dr")[:2] == ("PRIMARY", "READ WRITE")
    assert both.state("his")["status"] == "DOWN"
    both.mount("his")
    assert both.role("his") == ("PHYSICAL STANDBY", "MOUNTED", "NOT ALLOWED"), "the broker takes it on"
    assert both.role("his_dr")[2] == "TO STANDBY"
    assert "SUCCESS" in settled(both, "show configuration", host=SECOND)


def test_a_primary_that_cannot_be_reached_does_not_take_part(both: Pair) -> None:
    with both.store.change("his") as state:
        state["listener"]["up"] = False
    said = dgmgrl(both, "switchover to his_dr", host=SECOND)
    assert 'Error: ORA-16625: cannot reach member "his"' in said
    assert both.role("his")[0] == "PRIMARY"


def test_a_target_that_does_not_apply_is_refused_before_any_change(both: Pair) -> None:
    assert dgmgrl(both, "edit database his_dr set state='APPLY-OFF'") == "Succeeded.\n"
    assert "  Intended State:     APPLY-OFF" in dgmgrl(both, "show database his_dr")
    said = dgmgrl(both, "switchover to his_dr")
    assert "Error: ORA-16470: Redo Apply is not running on switchover target\n\nFailed.\n" in said
    assert said.endswith('Unable to switchover, primary database is still "his"\n')
    assert "  Ready for Switchover:  No\n" in dgmgrl(both, "validate database his_dr")
    dgmgrl(both, "edit database his_dr set state=APPLY-ON")
    assert "  Ready for Switchover:  Yes\n" in dgmgrl(both, "validate database his_dr")
    assert "ORA-16558" in dgmgrl(both, "switchover to his")


def test_transport_is_switched_at_the_primary(both: Pair) -> None:
    assert dgmgrl(both, "edit database his set state='TRANSPORT-OFF'") == "Succeeded.\n"
    assert both.view("his", "v$archive_dest_status", "status")[-1] == ("DEFERRED",)
    assert "ORA-16467" in dgmgrl(both, "switchover to his_dr")
    assert "ORA-16516" in dgmgrl(both, "edit database his set state='APPLY-OFF'")


def test_stopped_apply_is_an_error_of_the_member(both: Pair) -> None:
    both.sql("his_dr", "alter database recover managed standby database cancel")
    said = dgmgrl(both, "show configuration", "show database his_dr")
    assert "      Error: ORA-16766: Redo Apply is stopped\n" in said
    assert "  Database Error(s):\n    ORA-16766: Redo Apply is stopped\n\nDatabase Status:\nERROR\n" in said


def failed_over(both: Pair, how: str = "") -> str:
    both.shutdown("his")
    return dgmgrl(both, f"failover to his_dr{how}", host=SECOND)


def test_a_failover_disables_the_old_primary_until_it_is_reinstated(both: Pair) -> None:
    said = failed_over(both)
    assert said == 'Performing failover NOW, please wait...\nFailover succeeded, new primary is "his_dr"\n'
    assert both.role("his_dr")[:2] == ("PRIMARY", "READ WRITE")
    said = settled(both, "show configuration", "show database his", host=SECOND)
    assert "Physical standby database (disabled)\n      ORA-16661: the standby database needs to be reinstated" in said
    assert "SUCCESS   (status updated" in said
    assert "DISABLED - ORA-16661" in said
    assert "Error: ORA-16653: failed to reinstate database" in dgmgrl(both, "reinstate database his", host=SECOND)
    both.mount("his")
    assert both.open("his") == "ORA-16649"
    assert "possible failover to another database" in both.alert("his")
    said = dgmgrl(both, "reinstate database his", host=SECOND)
    assert said == 'Reinstating database "his", please wait...\nReinstatement of database "his" succeeded\n'
    assert both.role("his")[:2] == ("PHYSICAL STANDBY", "MOUNTED")
    assert "SUCCESS" in settled(both, "show configuration", host=SECOND)
    assert both.role("his_dr")[2] == "TO STANDBY"


def test_a_failover_is_asked_of_its_target(both: Pair) -> None:
    both.shutdown("his_dr")
    both.mount("his_dr")
    assert "ORA-16600" in dgmgrl(both, "failover to his_dr", host="his-db1")


def test_an_old_primary_that_lives_is_ended_when_it_hears_of_the_failover(both: Pair) -> None:
    assert "Failover succeeded" in dgmgrl(both, "failover to his_dr immediate", host=SECOND)
    assert both.state("his")["status"] == "DOWN"
    assert "ORA-16661" in both.alert("his")


def test_without_flashback_it_has_to_be_made_anew(both: Pair) -> None:
    both.change("his", flashback_on="NO")
    failed_over(both)
    both.mount("his")
    said = dgmgrl(both, "reinstate database his", "show configuration", host=SECOND)
    assert 'Failed.\nReinstatement of database "his" failed\n' in said
    assert "      ORA-16795: the standby database needs to be re-created" in said


def test_an_open_old_primary_is_restarted_in_a_reinstatement(both: Pair) -> None:
    both.sql("his", "alter system set dg_broker_start=false")
    failed_over(both)
    both.mount("his")
    assert both.open("his") == "", "without its broker nothing keeps it from opening: two primaries, by hand"
    said = dgmgrl(both, "reinstate database his", host=SECOND)
    assert 'Operation requires shut down of instance "his" on database "his"\n' in said
    assert 'Continuing to reinstate database "his" ...\nReinstatement of database "his" succeeded\n' in said


def test_roles_changed_behind_the_brokers_back(both: Pair) -> None:
    both.sql("his", "alter database switchover to his_dr")
    both.open("his_dr")
    both.mount("his")
    both.sql("his", APPLY)
    said = dgmgrl(both, "show configuration", host=SECOND)
    assert said.count("ORA-16816: incorrect database role") == 2
    assert dgmgrl(both, "disable configuration", "enable configuration", host=SECOND) == "Disabled.\nEnabled.\n"
    assert "SUCCESS" in settled(both, "show configuration", host=SECOND)


@pytest.mark.parametrize(
    ("logon", "error"),
    [
        ("sys/wrong@his", "ORA-01017"),
        ("hisops/wrong@his", "ORA-01017"),
        ("sys/x@nowhere", "ORA-12154: TNS:could not resolve the connect identifier specified"),
    ],
)
def test_who_may_not_log_on(both: Pair, logon: str, error: str) -> None:
    said = dgmgrl(both, f"connect {logon}", "show configuration", logon="")
    assert error in said


def test_a_broker_that_is_not_there(both: Pair) -> None:
    both.sql("his", "alter system set dg_broker_start = false scope = both")
    assert both.view("his", "v$database", "dataguard_broker") == [("DISABLED",)]
    said = dgmgrl(both, "show configuration")
    assert said.startswith("ORA-16525: The Oracle Data Guard broker is not yet available.\n\nConfiguration details")


def test_what_is_not_understood(both: Pair) -> None:
    said = dgmgrl(both, "frobnicate", "show nothing", "switchover to nowhere", "failover to")
    assert 'Unrecognized command "frobnicate", try "help"' in said
    assert 'Syntax error before or at "nothing"' in said
    assert 'Object "nowhere" was not found' in said
    assert both.role("his")[0] == "PRIMARY"


def test_fast_start_failover_without_observer(both: Pair) -> None:
    assert dgmgrl(both, "enable fast_start failover") == "Enabled in Potential Data Loss Mode.\n"
    said = dgmgrl(both, "show configuration")
    assert "    his_dr - (*) Physical standby database \n" in said
    assert said.count("Warning: ORA-16819: fast-start failover observer not started") == 2
    assert "Active Target:      his_dr" in dgmgrl(both, "show fast_start failover")
    assert both.view("his", "v$database", "fs_failover_status", "fs_failover_observer_present") == [
        ("TARGET UNDER LAG LIMIT", "NO")
    ]
    both.shutdown("his")
    assert "ORA-16658" in dgmgrl(both, "failover to his_dr", host=SECOND)
    dgmgrl(both, "disable fast_start failover force", host=SECOND)
    assert "Failover succeeded" in dgmgrl(both, "failover to his_dr", host=SECOND)


def test_validation_shows_everything_when_asked(both: Pair) -> None:
    said = dgmgrl(both, "validate database verbose his_dr")
    for title in (
        "Flashback Database Status",
        "Capacity Information",
        "Standby Apply-Related Information",
        "Transport-Related Information",
        "Log Files Cleared",
        "Future Log File Groups Configuration",
    ):
        assert f"  {title}:\n" in said
    assert said.count("Sufficient SRLs") == 2
    assert "STATIC" not in said
    assert 'allows for a connection to database "his".' in said


def test_properties_are_edited_and_shown(both: Pair) -> None:
    assert dgmgrl(both, "edit database his_dr set property LogXptMode='SYNC'") == 'Property "logxptmode" updated\n'
    assert dgmgrl(both, "edit database his_dr set property 'NetTimeout' = 15;") == 'Property "NetTimeout" updated\n'
    assert dgmgrl(both, "show database his_dr logxptmode", host="his-db2") == "  LogXptMode = 'SYNC'\n"
    assert "    NetTimeout                      = '15'" in dgmgrl(both, "show database verbose his_dr")
    assert dgmgrl(both, "show database his NetTimeout") == "  NetTimeout = '30'\n"
    assert "not rehearsed" in dgmgrl(both, "edit database his_dr set property LogXptMode='MAYBE'")
    assert "not rehearsed" in dgmgrl(both, "edit database his_dr set property Shoe='5'")
    assert dgmgrl(both, "show database his_dr Shoe") == 'Property "Shoe" was not found\n'


def test_a_threshold_decides_which_lag_is_a_warning(both: Pair) -> None:
    scenario.apply(both.layout, "standby-lag", True)
    warnings = ("ORA-16853", "ORA-16855")
    assert all(code in dgmgrl(both, "show database his_dr") for code in warnings)
    dgmgrl(both, "edit database his_dr set property ApplyLagThreshold=7200",
           "edit database his_dr set property TransportLagThreshold=0")  # fmt: skip
    said = dgmgrl(both, "show database his_dr")
    assert not any(code in said for code in warnings)


def test_transport_and_apply_are_switched_by_the_broker(both: Pair) -> None:
    assert dgmgrl(both, "edit database his_dr set state='apply-off'") == "Succeeded.\n"
    assert both.view("his_dr", "v$recovery_progress", "item") == []
    assert "  Intended State:     APPLY-OFF" in dgmgrl(both, "show database his_dr")
    dgmgrl(both, "edit database his_dr set state='APPLY-ON'")
    assert both.role("his_dr")[1] == "READ ONLY WITH APPLY"
    assert dgmgrl(both, "edit database his set state=transport-off") == "Succeeded.\n"
    assert both.view("his", "v$archive_dest", "status")[-1] == ("DEFERRED",)
    assert "  Intended State:     TRANSPORT-OFF" in dgmgrl(both, "show database his")
    dgmgrl(both, "edit database his set state='transport-on'")
    assert both.role("his")[2] == "TO STANDBY"
