"""Runs within a run: recorded before they are opened, found again after any cut, never opened twice."""

from __future__ import annotations

import pytest

from hisops.engine.way_back import way_back
from hisops.errors import Refused, Unreachable
from hisops.model import records as r
from hisops.model.statement import Signed, Statement
from hisops.ports import ChildLeft, ChildLook, ChildOrder
from tests.support.builders import WORDS, World, step
from tests.support.playing import FakeRuns, Killed, played, sealed

PARAMETERS = {
    "patch": {"type": "file", "title": WORDS},
    "days": {"type": "integer", "title": WORDS},
    "note": {"type": "string", "title": WORDS},
}


def play(*steps, runs=None, **keys):
    head = {"id": "playbooks/night", "locks": [], "parameters": PARAMETERS}
    return World(list(steps), runbook=head, children=runs or FakeRuns(), **keys)


def night(runs=None, **first):
    return play(played("standby", "his_dr", **first), played("primary", needs=["standby"]), runs=runs)


def of(world, kind):
    return [record for record in world.journal.records() if isinstance(record, kind)]


def test_the_log_holds_the_head_of_each_run_in_order():
    world = night()
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED", 0)
    assert [(end.step, end.run, end.state, end.head) for end in of(world, r.ChildEnded)] == [
        ("standby", "his_dr-1", "SUCCEEDED", "sha256:SUCCEEDED"),
        ("primary", "his-2", "SUCCEEDED", "sha256:SUCCEEDED"),
    ]
    assert [order.runbook for order in world.children.orders] == ["oracle/standby", "oracle/primary"]


def test_a_playbook_holds_no_lock_and_touches_no_host():
    world = night()
    world.go()
    assert not world.view.locks
    assert not world.host.started
    assert not [call for call in world.host.seen if "mkdir" in call.script]


def test_the_intent_is_durable_before_the_run_is_opened():
    world = night()
    found = []

    def look_at_the_disk(order: ChildOrder) -> ChildLeft:
        found.extend(record.run for record in world.journal.survivor().records() if isinstance(record, r.ChildIntended))
        assert order.run in found
        return sealed()

    world.children.endings = [look_at_the_disk]
    world.go()
    assert found == ["his_dr-1"]


def killed(order: ChildOrder) -> ChildLeft:
    raise Killed


def test_killed_before_it_was_opened_another_is_begun():
    world = night(FakeRuns([killed]))
    with pytest.raises(Killed):
        world.go()
    assert world.resume().state == "SUCCEEDED"
    assert [order.run for order in world.children.orders] == ["his_dr-1", "his_dr-2", "his-3"]
    assert world.children.ledger == ["his_dr-2", "his-3"]


@pytest.mark.parametrize("left", [sealed(), ChildLeft(state="WAITING", exit_code=10)])
def test_killed_after_it_was_opened_the_same_goes_on(left):
    world = night()

    def opened_then_killed(order: ChildOrder) -> ChildLeft:
        world.children.ledger.append(order.run)
        raise Killed

    world.children.endings = [opened_then_killed, left]
    with pytest.raises(Killed):
        world.go()
    world.resume()
    assert [order.run for order in world.children.orders][:2] == ["his_dr-1", "his_dr-1"]


def test_killed_after_its_end_was_recorded_it_is_not_asked_again():
    world = night(FakeRuns([sealed(), killed]))
    with pytest.raises(Killed):
        world.go()
    world.children.ledger.append("his-2")
    assert world.resume().state == "SUCCEEDED"
    assert [order.run for order in world.children.orders] == ["his_dr-1", "his-2", "his-2"]


@pytest.mark.parametrize(
    ("left", "state", "code"),
    [
        (ChildLeft(state="WAITING", exit_code=10, reason="change: lead approves"), "WAITING", 10),
        (ChildLeft(state="HELD", exit_code=11), "HELD", 11),
        (ChildLeft(state="PAUSED", exit_code=14), "PAUSED", 14),
        (ChildLeft(state="RUNNING", exit_code=14), "PAUSED", 14),
    ],
)
def test_a_run_that_waits_for_people_leaves_the_playbook_waiting(left, state, code):
    world = night(FakeRuns([left]))
    ended = world.go()
    assert (ended.state, ended.exit_code) == (state, code)
    assert "his_dr-1" in (ended.reason or "")
    assert world.states() == {"standby": "RUNNING"}
    assert world.resume().state == "SUCCEEDED"
    assert world.children.ledger == ["his_dr-1", "his-2"]


def cancelled(world):
    fields = {"run": world.journal.run_id, "reason": "not tonight"}
    statement = Statement(kind="cancellation", fields=fields)
    world.statements.runs.append(Signed(statement=statement, sha256="c", principal="dba1@hospital", fingerprint="f"))


def test_a_cancelled_playbook_goes_on_with_nothing_and_ends_once_its_run_has_ended():
    world = night(FakeRuns([ChildLeft(state="WAITING", exit_code=10)]))
    world.go()
    cancelled(world)
    assert world.resume().state == "WAITING"
    assert len(world.children.orders) == 1
    world.children.stands["his_dr-1"] = sealed()
    assert world.resume().state == "CANCELLED"
    assert len(world.children.orders) == 1
    assert of(world, r.ChildEnded)[0].state == "SUCCEEDED"


def test_exceptions_of_a_run_are_exceptions_of_the_playbook():
    world = night(FakeRuns([sealed("SUCCEEDED_WITH_EXCEPTIONS", 13)]))
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED_WITH_EXCEPTIONS", 13)
    assert [(item.kind, item.step) for item in world.view.deviations] == [("child", "standby")]


@pytest.mark.parametrize("end", [("FAILED", 1), ("ROLLED_BACK", 12), ("CANCELLED", 1), ("ABANDONED", 1)])
def test_stop_ends_the_playbook(end):
    world = night(FakeRuns([sealed(*end)]))
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 1)
    assert world.states() == {"standby": "FAILED", "primary": "SKIPPED"}
    assert len(world.children.orders) == 1


def test_continue_goes_on_and_ends_with_exceptions_but_what_needs_it_is_left_out():
    world = play(
        played("one", on_failure="continue"), played("two", needs=["one"]), played("three"),
        runs=FakeRuns([sealed("FAILED", 1)]),
    )  # fmt: skip
    assert world.go().exit_code == 13
    assert world.states() == {"one": "FAILED", "two": "SKIPPED", "three": "SUCCEEDED"}


def test_hold_waits_and_a_resume_begins_a_new_run():
    world = night(FakeRuns([sealed("FAILED", 1)]), on_failure="hold")
    assert world.go().state == "HELD"
    assert world.resume().state == "SUCCEEDED"
    assert [order.run for order in world.children.orders] == ["his_dr-1", "his_dr-2", "his-3"]


def test_a_run_that_is_refused_before_anything_was_written_refuses_the_playbook():
    world = night(FakeRuns([ChildLeft(state="REFUSED", exit_code=3, reason="the disk is full")]))
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert "the disk is full" in (ended.reason or "")
    assert of(world, r.ChildEnded)[0].head is None
    later = night(FakeRuns([sealed(), ChildLeft(state="REFUSED", exit_code=3)]))
    assert later.go().exit_code == 1


def test_values_go_down_as_the_command_line_would_give_them():
    values = {
        "patch": {"from": "params.patch"}, "days": {"from": "params.days"}, "note": {"from": "params.note"},
        "hours": 24, "fast": True, "word": "x",
    }  # fmt: skip
    world = play(played("one", values=values), parameters={"patch": "p.zip", "days": 7})
    world.go()
    assert world.children.orders[0].values == {
        "patch": "p.zip", "days": "7", "hours": "24", "fast": "true", "word": "x"
    }  # fmt: skip


def test_a_condition_may_ask_how_an_earlier_run_ended():
    when = 'steps.one.state == "FAILED"'
    world = play(
        played("one", on_failure="continue"), played("two", when=when), runs=FakeRuns([sealed("FAILED", 1)])
    )  # fmt: skip
    world.go()
    assert world.states()["two"] == "SUCCEEDED"
    world = play(played("one", on_failure="continue"), played("two", when=when))
    world.go()
    assert world.states()["two"] == "SKIPPED"


def test_a_gate_stands_before_the_run():
    world = night(gate={"type_target": True})
    world.operator.interactive = False
    assert world.go().exit_code == 10
    assert not world.children.orders


def test_a_step_of_a_playbook_needs_somebody_who_carries_out_runs():
    world = night()
    world.children = None
    assert world.go().state == "HELD"


def planned(world):
    found = world.survey()
    return {each.id: each for each in found.steps}, found


def test_a_plan_looks_at_what_can_be_looked_at_now():
    steps, found = planned(night())
    assert steps["standby"].out == {"checked": 2, "steps": 3}
    assert steps["standby"].verdict == "ok"
    assert steps["standby"].host == "his_dr"
    assert (steps["primary"].verdict, steps["primary"].unknown_until) == (None, "standby")
    assert not found.refusals


def test_what_only_reads_does_not_keep_the_others_waiting():
    world = night(effect="read")
    steps, _ = planned(world)
    assert steps["primary"].verdict == "ok"
    assert [order.target for order in world.children.looked] == ["his_dr", "his"]


@pytest.mark.parametrize(
    "look",
    [
        ChildLook(checked=0, steps=3, refusals=["space: the disk is full"]),
        Unreachable("HIS-3001", "the disk is full", ""),
    ],
)
def test_what_forbids_a_run_forbids_the_playbook_unless_it_may_be_passed_over(look):
    runs = FakeRuns(looks={"oracle/standby": look})
    steps, found = planned(night(runs))
    assert [(item.step, "the disk is full" in item.reason) for item in found.refusals] == [("standby", True)]
    assert steps["standby"].verdict == "failed"
    _, found = planned(night(FakeRuns(looks={"oracle/standby": look}), on_failure="continue"))
    assert not found.refusals
    assert [item.step for item in found.warnings] == ["standby"]


def test_a_read_of_a_run_that_went_worse_than_its_plan_is_no_stale_plan():
    world = night(FakeRuns([sealed("SUCCEEDED_WITH_EXCEPTIONS", 13, wrote=False)]), effect="read")
    world.planned = world.survey().steps
    assert world.go().state == "SUCCEEDED_WITH_EXCEPTIONS"


def test_a_playbook_is_not_undone_its_runs_are():
    world = night(FakeRuns([sealed(), ChildLeft(state="WAITING", exit_code=10)]))
    world.go()
    with pytest.raises(Refused, match="which is undone by itself"):
        way_back(world.bound().runbook, world.view, None)


def test_an_ordinary_step_stands_for_no_run():
    world = play(step("look"))
    assert world.go().state == "SUCCEEDED"
    assert not of(world, r.ChildIntended)
