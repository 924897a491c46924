"""Undo with its proof, and resume from every place where a kill can leave a run."""

from dataclasses import replace

import pytest

from hisops.errors import Unreachable
from hisops.model import records as r
from hisops.model.statement import Signed, Statement
from tests.support.builders import World, step, write
from tests.support.fakes import Program

DONE = Program(stdout="DONE\n")
NOT_DONE = Program(stdout="DONE\n")
HAPPENED = Program(stdout="patch 1\nDONE\n")
BAD = Program(stdout="FAILED: disk full\n", code=1)


class Killed(BaseException):
    """A kill -9, as far as code can tell."""


def chain(**last):
    return [
        write("backup", undo={"none": {"zh": "备份", "en": "a backup stays"}}),
        write("stop"),
        step("look"),
        write("apply", on_failure="undo", effect="destructive", **last),
    ]


def failing(open_mode_after_undo="READ WRITE", apply_probe=NOT_DONE):
    world = World(chain())

    def stop():
        world.open_mode = "DOWN"

    def start():
        world.open_mode = open_mode_after_undo

    world.host.rules = {
        "probe-apply": apply_probe,
        "probe-": NOT_DONE,
        "run-stop": Program(stdout="DONE\n", effect=stop),
        "undo-stop": Program(effect=start),
        "run-apply": BAD,
        "undo-apply": Program(),
        "run-backup": DONE,
    }
    return world


def undone(world):
    return [op.split(".")[1] for op in world.host.started if ".undo." in op]


def test_undo_goes_back_to_the_first_step_without_undo_and_proves_the_state():
    world = failing()
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("ROLLED_BACK", 12)
    assert undone(world) == ["stop"]
    assert world.states() == {"backup": "SUCCEEDED", "stop": "UNDONE", "look": "SUCCEEDED", "apply": "UNDONE"}


def test_what_happened_in_part_is_undone_first():
    answers = [NOT_DONE, HAPPENED]
    world = failing(apply_probe=lambda command: answers.pop(0))
    assert world.go().exit_code == 12
    assert undone(world) == ["apply", "stop"]


def test_rolled_back_is_not_said_without_proof():
    world = failing(open_mode_after_undo="MOUNTED")
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert "mode.open_mode was READ WRITE, is MOUNTED" in str(ended.reason)


def test_an_undo_that_fails_holds():
    world = failing()
    world.host.rules["undo-stop"] = Program(code=1)
    ended = world.go()
    assert ended.exit_code == 11
    assert world.states()["stop"] == "UNDO_FAILED"


def test_a_held_undo_is_carried_on_by_resume():
    world = failing()
    good = world.host.rules["undo-stop"]
    world.host.rules["undo-stop"] = Program(code=1)
    world.go()
    world.host.rules = {"probe-stop": HAPPENED} | world.host.rules | {"undo-stop": good}
    assert world.resume().exit_code == 12


def test_an_undo_that_came_to_nothing_is_not_repeated_if_it_has_happened_all_the_same():
    world = failing()
    start = world.host.rules["undo-stop"].effect
    world.host.rules["undo-stop"] = Program(code=1, effect=start)
    assert world.go().exit_code == 11
    assert world.resume().exit_code == 12
    assert undone(world) == ["stop"]


def test_a_probe_that_cannot_tell_stops_the_undo():
    answers = [NOT_DONE, Program(stdout="inventory locked")]
    world = failing(apply_probe=lambda command: answers.pop(0))
    assert world.go().exit_code == 11
    assert undone(world) == []


def killed_while_running(world, name, code=0, stdout="DONE\n"):
    """Let the run be killed while the tool of `name` runs; the tool goes on and ends with `code`."""
    world.host.rules[f"run-{name}"] = Program(stdout=stdout, code=None)
    follow = world.host.follow

    def kill(op, *args, **kwargs):
        raise Killed

    world.host.follow = kill
    with pytest.raises(Killed):
        world.go()
    world.host.follow = follow
    for op in world.host.ops.values():
        op.program = Program(stdout=stdout, code=code)


def test_resume_re_attaches_and_the_tool_ran_once():
    world = World([write("w"), step("after")])
    world.host.rules = {"probe-w": NOT_DONE}
    killed_while_running(world, "w")
    assert world.view.step("w").state in {"STARTING", "RUNNING"}
    assert world.resume().exit_code == 0
    assert len(world.host.started) == 1
    ended = world.view.step("w").last("action").ended
    assert ended.recovered


def test_resume_adopts_a_failure_too():
    world = World([write("w", on_failure="stop")])
    world.host.rules = {"probe-w": NOT_DONE}
    killed_while_running(world, "w", code=1, stdout="FAILED: x\n")
    assert world.resume().exit_code == 1
    assert len(world.host.started) == 1


def test_an_intent_without_a_folder_on_the_same_ground_means_never_started():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": DONE}
    launch = world.host.launch

    def kill(*args, **kwargs):
        raise Killed

    world.host.launch = kill
    with pytest.raises(Killed):
        world.go()
    world.host.launch = launch
    assert world.resume().exit_code == 0
    assert len(world.host.started) == 1


@pytest.mark.parametrize("lost", ["boot", "marker"])
def test_an_intent_without_a_folder_on_other_ground_is_unknown(lost):
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE}
    killed_while_running(world, "w")
    world.host.ops.clear()
    setattr(world.host, lost, "another")
    assert world.resume().exit_code == 11
    assert world.states()["w"] == "UNKNOWN"
    assert len(world.host.started) == 1


def reboot_while_applying(probe):
    world = failing(apply_probe=NOT_DONE)
    world.host.rules["run-apply"] = Program(stdout="Patching", code=None)
    follow = world.host.follow

    def boot(op, *args, **kwargs):
        if ".apply." in op:
            world.host.boot = "boot-2"
        return follow(op, *args, **kwargs)

    world.host.follow = boot
    first = world.go()
    world.host.rules["probe-apply"] = probe
    return world, first


def test_a_reboot_holds_and_the_probe_decides_done():
    world, first = reboot_while_applying(HAPPENED)
    assert first.exit_code == 11
    assert "restarted" in str(first.reason)
    assert world.resume().exit_code == 0
    assert sum(".apply." in op for op in world.host.started) == 1


def test_a_reboot_holds_and_the_probe_decides_not_done():
    world, first = reboot_while_applying(NOT_DONE)
    assert first.exit_code == 11
    assert world.resume().exit_code == 12
    assert sum(".apply." in op for op in world.host.started) == 1


def test_after_unknown_a_step_that_may_not_be_repeated_waits_for_people():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": Program(stdout="?")}
    world.go()
    ended = world.resume()
    assert ended.exit_code == 11
    assert "not started again on its own" in str(ended.reason)
    assert len(world.host.started) == 1


def test_a_failed_step_that_may_be_repeated_is_repeated_by_resume():
    world = World([write("w", idempotent=True)])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": BAD}
    assert world.go().exit_code == 11
    world.host.rules["run-w"] = DONE
    assert world.resume().exit_code == 0
    assert len(world.host.started) == 2


def test_a_held_read_is_asked_again_by_resume():
    world = World([write("w"), step("holders", on_failure="hold")])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": DONE, "run-holders": Program(code=1)}
    assert world.go().exit_code == 11
    world.host.rules["run-holders"] = Program()
    assert world.resume().exit_code == 0


def resolution(as_):
    fields = {"run": "2026-11-24-0200-his-abc", "step": "w", "as": as_, "evidence": "sha256:ab"}
    statement = Statement(kind="resolution", fields=fields)
    return Signed(statement=statement, sha256="d1", principal="dba1@hospital", fingerprint="f")


def test_a_person_resolves_what_no_probe_can_tell():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": Program(stdout="?")}
    world.go()
    world.statements.runs.append(resolution("done"))
    ended = world.resume()
    assert ended.state == "SUCCEEDED_WITH_EXCEPTIONS"
    assert world.statements.kept == ["d1"]
    assert [x.kind for x in world.journal.records() if isinstance(x, r.Deviation)] == ["resolved"]


def test_a_person_resolves_as_not_done_and_it_is_started_once_more():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": Program(stdout="?")}
    world.go()
    world.statements.runs.append(resolution("not-done"))
    world.host.rules["run-w"] = DONE
    assert world.resume().exit_code == 13
    assert len(world.host.started) == 2


def test_a_resolution_by_a_stranger_to_the_run_is_refused():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE, "run-w": Program(stdout="?")}
    world.go()
    world.statements.runs.append(replace(resolution("done"), principal="lead1@hospital"))
    assert world.resume().exit_code == 11
    assert "does not carry out" in world.view.refused[0].reason


def test_a_cancellation_is_taken_at_the_next_boundary():
    world = World([step("a"), write("w", gate={"confirm": True})])
    assert world.go().exit_code == 10
    fields = {"run": "2026-11-24-0200-his-abc", "reason": "the clinic is open"}
    statement = Statement(kind="cancellation", fields=fields)
    world.statements.runs.append(Signed(statement=statement, sha256="c1", principal="dba1@hospital", fingerprint="f"))
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("CANCELLED", 1)
    assert world.states() == {"a": "SUCCEEDED", "w": "SKIPPED"}


def test_a_run_ends_even_if_its_lock_cannot_be_given_back():
    world = World([step("a"), write("w", gate={"confirm": True})])
    world.go()
    statement = Statement(kind="cancellation", fields={"run": "2026-11-24-0200-his-abc", "reason": "x"})
    world.statements.runs.append(Signed(statement=statement, sha256="c1", principal="dba1@hospital", fingerprint="f"))

    def away(name, text, run_as, freed):
        raise Unreachable("HIS-3001", "The host is away.")

    world.host.drop_marker = away
    ended = world.resume()
    assert ended.state == "CANCELLED"
    assert world.journal.sealed == ("CANCELLED", 1)
    assert [x.kind for x in world.view.deviations] == ["lock-left"]


def killed_after(world, record):
    """Let the run be killed as soon as a record that `record` recognises is durable."""
    commit = world.journal.commit

    def killing(*records):
        commit(*records)
        if any(map(record, world.journal.records())):
            raise Killed

    world.journal.commit = killing
    with pytest.raises(Killed):
        world.go()


def said(state):
    return lambda record: isinstance(record, r.RunChanged) and record.state == state


def test_a_run_that_was_undone_and_killed_before_its_seal_ends_rolled_back():
    world = failing()
    killed_after(world, said("ROLLED_BACK"))
    assert world.resume().exit_code == 12
    assert world.journal.sealed == ("ROLLED_BACK", 12)


def test_a_run_that_failed_and_was_killed_before_its_seal_does_not_go_on():
    world = World([step("a"), write("w")])
    world.host.rules = {"run-a": BAD}
    killed_after(world, said("FAILED"))
    world.host.rules = {"probe-w": NOT_DONE, "run-w": DONE}
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert world.host.started == []


@pytest.mark.parametrize("last", [r.CallEnded, r.StepChanged])
@pytest.mark.parametrize(("policy", "end"), [("undo", "ROLLED_BACK"), ("stop", "FAILED")])
def test_no_kill_comes_between_a_failure_and_what_follows_from_it(policy, end, last):
    answers = [NOT_DONE]
    world = failing(apply_probe=lambda command: answers.pop() if answers else HAPPENED)
    world.steps[-1]["on_failure"] = policy
    killed_after(
        world,
        lambda record: (
            isinstance(record, last)
            and record.step == "apply"
            and (getattr(record, "state", "FAILED"), getattr(record, "verdict", "failed")) == ("FAILED", "failed")
        ),
    )
    assert world.resume().state == end
    assert sum(".apply." in op and ".undo." not in op for op in world.host.started) == 1


def test_a_run_whose_lock_another_holds_by_now_keeps_what_is_open():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_DONE}
    killed_while_running(world, "w")
    world.host.markers = {name: "another run" for name in world.host.markers} or {"database-1203345671": "another run"}
    ended = world.resume()
    assert (ended.state, ended.exit_code) == ("HELD", 5)
    assert world.journal.sealed is None


@pytest.mark.parametrize("after", range(1, 40))
def test_killed_at_any_commit_the_run_ends_right_and_nothing_runs_twice(after):
    """Kill at the n-th durable record of a run with a write, resume, and compare with an undisturbed run."""
    world = World([step("a"), write("w"), step("b"), write("v", idempotent=False)])
    done: set[str] = set()

    def tool(name):
        def answer(command):
            return Program(stdout="DONE\n", effect=lambda: done.add(name))

        return answer

    def probe(name):
        return lambda command: HAPPENED if name in done else NOT_DONE

    world.host.rules = {"probe-w": probe("w"), "run-w": tool("w"), "probe-v": probe("v"), "run-v": tool("v")}
    commit = world.journal.commit
    count = 0

    def killing(*records):
        nonlocal count
        commit(*records)
        count += 1
        if count == after:
            raise Killed

    world.journal.commit = killing
    try:
        first = world.go()
    except Killed:
        first = None
    last = first if first and first.exit_code == 0 else world.resume()
    assert last.exit_code == 0
    assert done == {"w", "v"}
    assert len(world.host.started) == len(set(op.split(".")[1] for op in world.host.started)) == 2
