"""hisops is killed, and the link cut, between a switchover and its confirmation: the roles decide, it is done once."""

from __future__ import annotations

import pytest

from hisops.lab import control
from tests.support.role_change import RoleChange

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

WAYS = {"broker": ("dgmgrl", "switchover to "), "sql": ("sqlplus", "ALTER DATABASE SWITCHOVER TO ")}


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture
def change(running_lab, way):
    running_lab.forget()
    running_lab.target = "his"
    if way == "broker":
        control.set_picture(running_lab.site, "broker")
    return RoleChange(running_lab, "switchover", WAYS)


def assert_switched_once(change, run, way):
    """Resume up to where applications are started, and look at both sides."""
    step = change.resumed_and_done_once(run, way, until="resume-operations")
    assert step["finish-switchover"] == "SKIPPED"
    there, here = change.database("his_dr"), change.database("his")
    assert (there["role"], there["open_mode"]) == ("PRIMARY", "READ WRITE")
    assert here["role"] == "PHYSICAL STANDBY"


def test_killed_and_cut_off_while_the_roles_change(change, way):
    run = change.at_the_gate("oracle/dg-switchover", way)
    change.cut_off_in_it(run, way)
    assert_switched_once(change, run, way)


def test_killed_after_the_tool_ended_and_before_that_was_written(change, way):
    run = change.at_the_gate("oracle/dg-switchover", way)
    change.killed_after_it(run, way)
    assert_switched_once(change, run, way)
