"""Adopting a run: from exactly the holder that was seen, only when that is gone, only with the newest log."""

from dataclasses import replace

import pytest

from hisops.engine import adopting
from hisops.engine.looking import look_at, users_of
from hisops.errors import LockHeld, Refused
from hisops.model.lock import ALIVE_FOR, ControlHost, Holder, parse
from hisops.model.site import RunAs
from tests.support.builders import World, step, write
from tests.support.fakes import FakeLocks, Op, Program

LOCK = "database-1203345671"
RUN = "2026-11-24-0200-his-abc"
ELSEWHERE = ControlHost("control-2", "m2", "/copy/logs")
DONE = Program(stdout="DONE\n")


def lost(*steps):
    """A run that held its lock when its control host was lost, as a copy elsewhere sees it."""
    world = World(list(steps) or [write("w", gate={"confirm": True})])
    world.host.rules = {"probe-": DONE, "run-": DONE}
    assert world.go().exit_code in {10, 11}
    world.host.idle[LOCK] = ALIVE_FOR + 1.0
    world.locks = FakeLocks(here=ELSEWHERE)
    world.journal = world.journal.survivor()
    return world


def look(world):
    run = world.run()
    ports = world.ports()
    return adopting.look(ports.reach, ports.locks, run.recorder.view, run.values(), RUN)


def adopt(world, seen=None):
    return adopting.adopt(
        world.ports(), world.run().recorder, world.plan(), seen or look(world), by="dba2@hospital", reason="burnt down"
    )


def test_the_lock_changes_hands_with_a_new_fence_and_the_run_goes_on():
    world = lost()
    changed = adopt(world)
    assert [(x.name, x.event, x.fence, x.control) for x in changed] == [(LOCK, "adopted", 2, ELSEWHERE.copy)]
    assert parse(world.host.markers[LOCK]).control == "control-2"
    [deviation] = world.view.deviations
    assert (deviation.kind, deviation.by) == ("adopted", "dba2@hospital")
    assert "burnt down" in deviation.reason
    assert "control-1 in /site/logs" in deviation.reason
    world.operator.interactive, world.operator.answers = True, ["yes"]
    assert world.resume().exit_code == 13
    assert world.host.markers == {}


def test_a_run_without_locks_is_adopted_by_word_alone():
    world = World([step("a", gate={"confirm": True})])
    assert world.go().exit_code == 10
    world.locks, world.journal = FakeLocks(here=ELSEWHERE), world.journal.survivor()
    assert look(world) == []
    assert adopt(world) == []
    assert world.view.keeper == ELSEWHERE.copy
    assert world.resume().exit_code == 10


def test_adopting_twice_changes_nothing_more():
    world = lost()
    adopt(world)
    before = world.host.markers[LOCK]
    assert [x.fence for x in adopt(world)] == [2]
    assert world.host.markers[LOCK] == before


@pytest.mark.parametrize("how", ["heard of", "on this machine"])
def test_not_while_the_owner_lives(how):
    world = lost()
    if how == "heard of":
        world.host.idle[LOCK] = 3.0
    else:
        world.locks = FakeLocks(here=replace(ELSEWHERE, machine="m1"), living={RUN})
    with pytest.raises(LockHeld, match="the holder lives"):
        look(world)


def test_not_what_another_run_holds():
    world = lost()
    text = world.host.markers[LOCK]
    world.host.markers[LOCK] = replace(parse(text), run="other").text()
    with pytest.raises(LockHeld, match="run other"):
        look(world)
    world.host.markers[LOCK] = "some text of an older version"
    with pytest.raises(LockHeld, match="some text"):
        look(world)


def test_not_from_a_log_that_lacks_what_was_started():
    world = lost()
    world.host.ops[f"{RUN}.w.9"] = Op(DONE, "boot-1")
    with pytest.raises(LockHeld, match=r"w\.9"):
        look(world)


def test_not_when_nobody_could_look_for_what_was_started():
    world = lost(write("w", gate={"confirm": True}, **{"as": "root"}))
    found = world.host.operations

    def as_root_refused(run, run_as):
        if run_as and run_as.user == "root":
            raise Refused("HIS-3010", "no sudo")
        return found(run, run_as)

    world.host.operations = as_root_refused
    with pytest.raises(Refused, match="root on his-db1: no sudo"):
        look(world)


def test_not_a_run_that_has_ended_elsewhere():
    world = lost()
    text = world.host.markers[LOCK]
    world.host.drop_marker(LOCK, text, None, f"ended: {RUN}")
    with pytest.raises(LockHeld, match="has ended"):
        look(world)


def test_a_lock_that_was_taken_away_before_is_taken_by_the_resume():
    world = lost()
    world.host.drop_marker(LOCK, world.host.markers[LOCK], None, "taken away by dba2")
    assert [x.fence for x in adopt(world)] == [None]
    world.operator.interactive, world.operator.answers = True, ["yes"]
    assert world.resume().exit_code == 13
    assert [x.kind for x in world.view.deviations] == ["adopted", "lock-gap"]


def test_a_lock_that_changed_hands_after_it_was_seen_is_left_alone():
    world = lost()
    seen = look(world)
    text = world.host.markers[LOCK]
    world.host.swap_marker(LOCK, text, replace(parse(text), control="control-3", fence=0).text(), None)
    with pytest.raises(LockHeld, match="control-3"):
        adopt(world, seen)
    assert world.view.deviations == []


def test_a_tool_that_goes_on_and_is_in_the_log_is_no_obstacle():
    world = World([write("w")])
    world.host.rules = {"probe-": DONE, "run-w": Program(code=None)}
    assert world.go().exit_code == 11
    world.host.idle[LOCK] = ALIVE_FOR + 1.0
    world.locks, world.journal = FakeLocks(here=ELSEWHERE), world.journal.survivor()
    adopt(world)
    [op] = world.host.ops.values()
    op.program = DONE
    assert world.resume().exit_code == 13
    assert len(world.host.started) == 1


def test_what_is_seen_of_a_lock_names_what_goes_on_and_where_nobody_could_look():
    world = World([write("w")])
    holder = Holder(
        run=RUN, origin="h/x", runbook="a/b", target="his", requester="dba1", control="c", machine="m9", logs="/l",
        since="2026-11-24T02:00:00Z",
    )  # fmt: skip
    world.host.take_marker(LOCK, holder.text(), None)
    world.host.ops[f"{RUN}.w.1"] = Op(Program(code=None), "boot-1")
    seen = look_at(world.host, LOCK, None, [None], world.locks)
    assert (seen.life.alive, seen.going_on, seen.run) == (True, [f"{RUN}.w.1"], RUN)
    world.host.markers[LOCK] = f"run {RUN} of hospital/x, a/b on his, by dba1"
    seen = look_at(world.host, LOCK, None, [None], world.locks)
    assert (seen.life.alive, seen.run, seen.holder) == (True, RUN, None)
    del world.host.markers[LOCK]
    assert look_at(world.host, LOCK, None, [None], world.locks).going_on == []
    assert look_at(world.host, LOCK, None, [None], world.locks, RUN).going_on == [f"{RUN}.w.1"]


def test_all_users_whose_tools_outlive_the_link_are_looked_at():
    world = World([step("a"), write("v"), write("w", **{"as": "root"}), write("q", sql="alter x", judge=None)])
    users = users_of(world.bound())
    assert users == {"his-db1": {RunAs(user="oracle", via="sudo"), RunAs(user="root", via="sudo")}}
