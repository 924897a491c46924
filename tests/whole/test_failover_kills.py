"""hisops is killed, and the link cut, while a standby takes over: both roles decide, and one failover is begun."""

from __future__ import annotations

import pytest

from hisops.lab import control
from tests.support.role_change import RoleChange

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

WAYS = {"broker": ("dgmgrl", "failover to "), "sql": ("sqlplus", "ALTER DATABASE FAILOVER TO ")}
LOST = ("-p", "primary_host=lost", "-p", "lost_at=2026-01-01 00:00:00")


@pytest.fixture
def change(running_lab):
    running_lab.forget()
    running_lab.target = "his_dr"
    return RoleChange(running_lab, "failover", WAYS)


def before_the_failover(change, way):
    """Return a run that is about to fail over, the primary lost: what hisops could fence is gone, so it is short."""
    if way == "broker":
        control.set_picture(change.lab.site, "broker")
    change.lab.fault("primary-lost")
    return change.at_the_gate("oracle/dg-failover-drill", way, *LOST)


def assert_failed_over_once(change, run, way):
    """Resume up to where people compare the data, and look at both sides."""
    change.resumed_and_done_once(run, way, until="data-check")
    new, old = change.database("his_dr"), change.database("his")
    assert (new["role"], new["open_mode"]) == ("PRIMARY", "READ WRITE")
    assert len(new["incarnations"]) == 2, "one new branch of redo"
    assert old["status"] == "DOWN"


def test_killed_and_cut_off_while_the_standby_takes_over(change):
    run = before_the_failover(change, "broker")
    change.cut_off_in_it(run, "broker")
    assert_failed_over_once(change, run, "broker")


def test_killed_after_the_tool_ended_and_before_that_was_written(change):
    run = before_the_failover(change, "sql")
    change.killed_after_it(run, "sql")
    assert_failed_over_once(change, run, "sql")
