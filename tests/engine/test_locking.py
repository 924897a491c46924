"""Locks of runs: who holds one, who is kept out, and that who was robbed of one starts nothing more."""

from dataclasses import replace

import pytest

from hisops.engine import locking
from hisops.engine.heartbeat import Heartbeat
from hisops.errors import Unreachable
from hisops.model import records as r
from hisops.model.lock import ALIVE_FOR, ControlHost, Holder, parse
from hisops.ports import Rows
from tests.support.builders import SITE, World, step, write
from tests.support.fakes import FakeHost, FakeLocks, MemoryJournal, Program

LOCK = "database-1203345671"
RUN = "2026-11-24-0200-his-abc"
DONE = Program(stdout="DONE\n")
ELSEWHERE = ControlHost("control-2", "m2", "/copy/logs")


def world_of(*steps, **rules):
    world = World(list(steps))
    world.host.rules = {"probe-": DONE, "run-w": DONE, **rules}
    return world


def waiting():
    """A run that holds its lock and waits at a gate."""
    world = world_of(write("w", gate={"confirm": True}))
    assert world.go().exit_code == 10
    return world


def rob(world, control=ELSEWHERE):
    """Let another copy of the log take the lock over, as `adopt` does."""
    text = world.host.markers[LOCK]
    now = replace(parse(text), control=control.name, machine=control.machine, logs=control.logs, fence=0)
    assert world.host.swap_marker(LOCK, text, now.text(), None).done


def test_the_lock_says_who_holds_it_and_the_log_says_with_which_fence():
    world = waiting()
    holder = parse(world.host.markers[LOCK])
    assert holder == Holder(
        run=RUN, origin="hospital/control", runbook="oracle/test-run", target="his", requester="dba1@hospital",
        control="control-1", machine="m1", logs="/site/logs", since="2026-11-24T02:00:00Z", fence=1,
    )  # fmt: skip
    taken = [record for record in world.journal.records() if isinstance(record, r.LockChanged)]
    assert [(x.event, x.fence, x.control) for x in taken] == [("taken", 1, "m1:/site/logs")]


def test_the_own_resume_keeps_the_lock_and_its_fence():
    world = waiting()
    before = world.host.markers[LOCK]
    assert world.resume().exit_code == 10
    assert world.host.markers[LOCK] == before
    assert world.view.deviations == []


def test_a_copied_log_is_refused_and_the_run_is_not_ended_by_that():
    world = waiting()
    world.locks = FakeLocks(here=ELSEWHERE)
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("HELD", 5)
    assert f"hisops adopt {RUN}" in str(ended.reason)
    assert "/site/logs" in str(ended.reason)
    assert world.journal.sealed is None
    assert parse(world.host.markers[LOCK]).control == "control-1"


def test_a_run_that_only_reads_stays_with_its_copy_too():
    world = world_of(step("a", gate={"confirm": True}))
    assert world.go().exit_code == 10
    assert world.view.keeper == world.locks.here.copy
    assert world.resume().exit_code == 10
    assert [x.control for x in world.journal.records() if isinstance(x, r.RunKept)] == [world.locks.here.copy]
    world.locks = FakeLocks(here=ELSEWHERE)
    ended = world.resume()
    assert ended.exit_code == 5
    assert f"hisops adopt {RUN}" in str(ended.reason)
    assert world.journal.sealed is None


def test_a_copy_from_before_locks_had_places_is_refused_by_the_host():
    world = waiting()
    old = [x for x in world.journal.records() if not isinstance(x, r.RunKept)]
    world.journal._records = [replace(x, control=None) if isinstance(x, r.LockChanged) else x for x in old]
    world.journal.durable = len(old)
    world.locks = FakeLocks(here=ELSEWHERE)
    world.host.idle[LOCK] = ALIVE_FOR + 1
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("HELD", 5)
    assert f"run {RUN}" in str(ended.reason)
    assert "control-1 in /site/logs" in str(ended.reason)
    assert f"hisops adopt {RUN}" in str(ended.reason)


@pytest.mark.parametrize(
    ("idle", "living", "machine", "life", "advice"),
    [
        (12.0, set(), "m2", "heard of 12 s ago", "Wait for it to end"),
        (ALIVE_FOR + 60.0, set(), "m2", "heard of 6 min ago", "hisops unlock database-1203345671"),
        (ALIVE_FOR + 60.0, {"other"}, "m1", "lives on this machine", "Wait for it to end"),
        (12.0, set(), "m1", "on this machine has ended", "hisops unlock database-1203345671"),
    ],
)
def test_the_refusal_explains_itself(idle, living, machine, life, advice):
    world = world_of(write("w"))
    other = Holder(
        run="other", origin="h/x", runbook="oracle/patch-apply", target="his", requester="dba2@hospital",
        control="control-9", machine=machine, logs="/else/logs", since="2026-11-24T01:00:00Z",
    )  # fmt: skip
    world.host.take_marker(LOCK, other.text(), None)
    world.host.idle[LOCK] = idle
    world.locks.living = living
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 5)
    for part in ("run other of h/x", "dba2@hospital", "control-9 in /else/logs", "2026-11-24T01:00:00Z", life, advice):
        assert part in str(ended.reason)
    assert world.host.started == []


def test_a_tool_of_the_owner_that_goes_on_is_a_sign_of_life():
    world = world_of(write("w"))
    first = world_of(write("w"), **{"run-w": Program(code=None)})
    first.journal.run_id = "other"
    first.host = world.host
    first.host.rules["run-w"] = Program(code=None)
    assert first.go().exit_code == 11
    world.host.idle[LOCK] = ALIVE_FOR + 60.0
    ended = world.go()
    assert ended.exit_code == 5
    assert "its tool goes on there: other.w.2" in str(ended.reason)


def test_a_process_of_this_machine_with_other_logs_keeps_out():
    world = world_of(write("w"))
    world.locks.taken[LOCK] = "another process"
    ended = world.go()
    assert ended.exit_code == 5
    assert "its process lives on this machine" in str(ended.reason)
    assert world.host.markers == {}


def test_of_two_locks_the_first_is_given_back_when_the_second_is_held():
    world = world_of(write("w"))
    world.runbook = {"locks": ["database", "oracle_home"]}
    world.host.markers["oracle_home-his"] = "run x of y"
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 5)
    assert list(world.host.markers) == ["oracle_home-his"]
    assert [x.event for x in world.journal.records() if isinstance(x, r.LockChanged)] == ["taken", "released"]


def test_who_was_robbed_starts_no_tool():
    world = world_of(step("a"), write("w"))
    world.host.rules["run-a"] = Program(effect=lambda: rob(world))
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert "control-2 in /copy/logs" in str(ended.reason)
    assert world.host.started == []
    assert world.journal.sealed is None
    assert parse(world.host.markers[LOCK]).control == "control-2"


def test_who_was_robbed_starts_no_statement_and_leaves_no_intent():
    world = world_of(step("a"), write("w", sql="create restore point X", judge=None))
    world.sql.rules["restore"] = Rows()
    world.host.rules["probe-"] = Program(stdout="DONE\n", effect=lambda: rob(world))
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert not [seen for seen in world.sql.seen if "restore" in seen[0]]
    assert not [x for x in world.journal.records() if isinstance(x, r.CallIntent) and x.effect == "write"]


def test_a_write_as_another_user_is_asked_for_just_before():
    world = world_of(step("a"), write("w", **{"as": "root"}))
    world.host.rules["run-a"] = Program(effect=lambda: rob(world))
    ended = world.go()
    assert ended.exit_code == 11
    assert world.host.started == []


def test_who_was_robbed_undoes_nothing():
    world = world_of(write("w", on_failure="undo"), **{"run-w": Program(stdout="FAILED\n", code=1)})
    world.go()
    assert [op for op in world.host.started if ".undo." in op] == []
    world = world_of(write("v"), write("w", on_failure="undo"))
    world.host.rules = {
        "probe-": DONE, "run-v": DONE,
        "run-w": Program(stdout="FAILED\n", code=1, effect=lambda: rob(world)),
    }  # fmt: skip
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert [op for op in world.host.started if ".undo." in op] == []


def test_who_was_robbed_ends_nothing():
    world = world_of(write("w"), step("a"))
    world.host.rules["run-a"] = Program(effect=lambda: rob(world))
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert world.journal.sealed is None
    assert LOCK in world.host.markers


def test_the_robbed_may_go_on_once_the_run_was_adopted_back():
    world = world_of(step("a"), write("w"))
    world.host.rules["run-a"] = Program(effect=lambda: rob(world))
    assert world.go().exit_code == 11
    rob(world, world.locks.here)
    world.host.rules["run-a"] = Program()
    ended = world.resume()
    assert ended.state == "SUCCEEDED"
    assert len(world.host.started) == 1


def test_a_run_whose_lock_was_taken_away_takes_it_again_and_says_so():
    world = waiting()
    world.host.drop_marker(LOCK, world.host.markers[LOCK], None, "taken away by dba2")
    world.operator.interactive, world.operator.answers = True, ["yes"]
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED_WITH_EXCEPTIONS", 13)
    assert [x.kind for x in world.view.deviations] == ["lock-gap"]
    assert [x.fence for x in world.journal.records() if isinstance(x, r.LockChanged)] == [1, 2, None]


def test_a_log_that_was_rolled_back_is_refused():
    world = world_of(write("v"), write("w", gate={"confirm": True}), **{"run-v": DONE})
    assert world.go().exit_code == 10
    records = world.journal.records()
    cut = next(n for n, x in enumerate(records) if isinstance(x, r.CallIntent) and x.op)
    world.journal._records, world.journal.durable = list(records[:cut]), cut
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("HELD", 5)
    assert f"{RUN}.v.2" in str(ended.reason)
    assert len(world.host.started) == 1


def test_a_log_from_before_the_end_of_its_run_is_refused():
    world = waiting()
    copy = world.journal.survivor()
    world.operator.interactive, world.operator.answers = True, ["yes"]
    assert world.resume().state == "SUCCEEDED"
    world.host.ops.clear()
    world.journal = copy
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("HELD", 5)
    assert "that it has ended" in str(ended.reason)


def test_the_heartbeat_lets_the_lock_hear_of_its_holder():
    world = waiting()
    run = world.run()
    locking.take(world.ports(), run.recorder, run.values(), world.plan(), RUN, run.hands.caller.fences)
    world.host.idle[LOCK] = 999.0
    run.hands.caller.fences.beat()
    assert world.host.idle[LOCK] == 0.0


def test_a_beat_that_fails_is_not_the_end_of_beating():
    world = waiting()
    heard = []

    class Failing:
        def beat(self):
            heard.append(1)
            raise Unreachable("HIS-3001", "The host is away.")

    import time

    with Heartbeat(Failing(), every=0.01):
        end = time.monotonic() + 10
        while len(heard) < 3 and time.monotonic() < end:
            time.sleep(0.01)
    assert len(heard) >= 3
    assert world.view.state == "WAITING"


def test_only_the_own_lock_is_given_back_without_being_taken():
    world = waiting()
    run = world.run()
    rob(world)
    locking.release(world.ports(), run.recorder, run.values(), world.plan(), RUN)
    assert LOCK in world.host.markers
    rob(world, world.locks.here)
    locking.release(world.ports(), run.recorder, run.values(), world.plan(), RUN)
    assert world.host.markers == {}
    assert run.recorder.view.locks[LOCK, "his-db1"] == "released"


class Killed(BaseException):
    """A kill -9, as far as code can tell."""


@pytest.mark.parametrize("dropped", [False, True])
def test_killed_while_the_lock_is_given_back_the_run_still_ends(dropped):
    world = world_of(write("w"))
    drop = world.host.drop_marker

    def kill(*arguments):
        if dropped:
            drop(*arguments)
        raise Killed

    world.host.drop_marker = kill
    with pytest.raises(Killed):
        world.go()
    world.host.drop_marker = drop
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED", 0)
    assert world.host.markers == {}
    assert len(world.host.started) == 1


def pair(*steps):
    """The target and its peer; the peer's host keeps markers of its own."""
    his = {**SITE["databases"]["his"], "standby": "his_dr"}
    databases = {"his": his, "his_dr": {**SITE["databases"]["his"], "host": "his-db2"}}
    hosts = {**SITE["hosts"], "his-db2": SITE["hosts"]["his-db1"]}
    world = World(list(steps), site={**SITE, "hosts": hosts, "databases": databases})
    world.more_hosts["his-db2"] = FakeHost("his-db2")
    world.host.rules = {"probe-": DONE, "run-w": DONE}
    return world


def other_run(**changes):
    usual = {
        "run": "2026-11-24-0100-his_dr-xyz", "origin": "hospital/control", "runbook": "oracle/other",
        "target": "his_dr", "requester": "dba2@hospital", "control": "control-2", "machine": "m2", "logs": "/copy/logs",
        "since": "2026-11-24T01:00:00Z",
    }  # fmt: skip
    return Holder(**{**usual, **changes}).text()


def test_a_run_on_the_other_database_of_the_pair_keeps_this_one_out():
    world = pair(write("w"))
    world.more_hosts["his-db2"].markers[LOCK] = other_run()
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 5)
    assert "on his-db2 is held by run 2026-11-24-0100-his_dr-xyz" in str(ended.reason)
    assert world.host.started == []
    assert LOCK not in world.host.markers, "what was taken before is given back"
    assert world.more_hosts["his-db2"].markers[LOCK] == other_run(), "and the other keeps its own"


def test_of_two_who_begin_at_once_no_two_go_on():
    first = pair(write("w", gate={"confirm": True}))
    assert first.go().exit_code == 10
    assert LOCK in first.host.markers
    second = pair(write("w"))
    second.more_hosts["his-db2"] = first.host
    second.journal = MemoryJournal("2026-11-24-0201-his-def")
    assert second.go().exit_code == 5


def test_a_home_of_the_same_path_on_the_other_host_is_another_home():
    world = pair(write("w"))
    world.runbook = {"locks": ["oracle_home"]}
    name = "oracle_home-his"
    world.more_hosts["his-db2"].markers[name] = other_run()
    assert world.go().state == "SUCCEEDED"


def test_a_peer_that_is_lost_does_not_keep_a_failover_waiting_and_is_named():
    world = pair(write("w"))
    world.more_hosts["his-db2"].broken = 99
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED_WITH_EXCEPTIONS", 13)
    assert [(item.kind, "the other database" in item.reason) for item in world.view.deviations] == [("lock-gap", True)]


def test_the_own_resume_asks_the_peer_again_and_is_not_kept_out_by_itself():
    world = pair(write("w", gate={"confirm": True}))
    assert world.go().exit_code == 10
    assert world.resume().exit_code == 10
    assert world.view.deviations == []
