"""The loop: what each outcome of a step leads to, and what is never started."""

from dataclasses import replace

import pytest

from hisops.errors import LogBroken, Unreachable
from hisops.model import records as r
from tests.support.builders import World, step, write
from tests.support.fakes import Program

DONE = Program(stdout="DONE\n")
NOT_YET = Program(stdout="DONE\n")
HAPPENED = Program(stdout="patch 1\nDONE\n")


def test_steps_are_carried_out_in_order_and_the_run_is_sealed():
    world = World([step("a"), step("b")])
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED", 0)
    assert [c.script for c in world.host.seen if c.script.startswith("run-")] == ["run-a", "run-b"]
    assert world.journal.sealed == ("SUCCEEDED", 0)


def test_the_intent_is_durable_before_anything_starts():
    world = World([write("w")])
    at_start: list[int] = []

    def effect() -> None:
        durable = world.journal.records()[: world.journal.durable]
        at_start.append(len([x for x in durable if isinstance(x, r.CallIntent) and x.kind == "action"]))

    world.host.rules = {"probe-w": NOT_YET, "run-w": Program(stdout="DONE\n", effect=effect)}
    world.go()
    assert at_start == [1]


def test_nothing_starts_when_the_log_cannot_be_written():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE}
    run = world.run()

    def full(*records):
        raise LogBroken("HIS-5001", "The disk is full.")

    world.journal.commit = full  # type: ignore[method-assign]
    with pytest.raises(LogBroken):
        run.carry_out()
    assert world.host.started == []


def test_a_failing_read_before_any_write_is_a_refusal():
    world = World([step("check"), write("w")])
    world.host.rules = {"run-check": Program(code=1)}
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert world.states() == {"check": "FAILED", "w": "SKIPPED"}
    assert world.host.started == []


def test_a_failing_read_after_a_write_is_a_failure():
    world = World([write("w"), step("check")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE, "run-check": Program(code=1)}
    assert world.go().exit_code == 1


def test_an_unknown_verdict_of_a_write_holds_the_run():
    world = World([write("w"), step("after")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": Program(stdout="something else\n")}
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert world.states()["w"] == "UNKNOWN"
    assert world.journal.sealed is None


def test_a_failure_that_may_be_passed_over_becomes_an_exception():
    world = World([step("a", on_failure="continue"), step("b")])
    world.host.rules = {"run-a": Program(code=1)}
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED_WITH_EXCEPTIONS", 13)
    assert "a" in str(ended.reason)


def test_a_step_that_needs_a_failed_one_is_skipped():
    world = World([step("a", on_failure="continue"), step("b", needs=["a"])])
    world.host.rules = {"run-a": Program(code=1)}
    world.go()
    assert world.states() == {"a": "FAILED", "b": "SKIPPED"}


def test_a_condition_that_is_false_skips_and_says_so():
    world = World([step("a", when="target.name == 'emr'")])
    world.go()
    assert world.states() == {"a": "SKIPPED"}
    assert "target.name" in str(world.view.step("a").reason)


def test_verify_decides_over_the_output():
    unmet = {"require": "'1' in out.patches", "sh": "look", "judge": "tool/run"}
    world = World([write("w", verify=[unmet], on_failure="hold")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE, "look": DONE}
    ended = world.go()
    assert ended.exit_code == 11
    assert world.states()["w"] == "FAILED"
    assert "out.patches" in str(world.view.step("w").reason)


def test_an_expression_that_fails_is_unknown_never_false():
    world = World([write("w", verify=[{"require": "out.nothing == 'x'"}])])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE}
    assert world.go().exit_code == 11
    assert world.states()["w"] == "UNKNOWN"


def test_a_step_that_the_probe_finds_done_is_never_started():
    world = World([write("w")])
    world.host.rules = {"probe-w": HAPPENED, "run-w": DONE}
    ended = world.go()
    assert ended.state == "SUCCEEDED_WITH_EXCEPTIONS"
    assert world.host.started == []


def test_outputs_reach_later_steps_as_environment():
    out = {"patches": {"from": "judge", "type": "list"}}
    world = World([step("look-first", judge="tool/run", outputs=out), step("b")])
    world.host.rules = {"run-look-first": Program(stdout="patch 7\npatch 8\nDONE\n")}
    world.go()
    command = next(c for c in world.host.seen if c.script == "run-b")
    assert command.env["HISOPS_LOOK_FIRST_PATCHES"] == "7 8"
    assert command.env["ORACLE_HOME"] == "/u01/home"


def test_a_lost_link_is_waited_for_and_the_tool_is_started_once():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET}

    def drop() -> None:
        world.host.broken = 2

    world.host.rules["run-w"] = Program(stdout="DONE\n", effect=drop)
    assert world.go().exit_code == 0
    assert len(world.host.started) == 1
    assert [x.event for x in world.journal.records() if isinstance(x, r.LinkChanged)] == ["lost", "back"]


def test_a_host_that_stays_away_holds_the_run():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE}
    run = world.run()
    world.host.broken = 10_000
    ended = run.carry_out()
    assert (ended.state, ended.exit_code) == ("HELD", 11)


def test_a_statement_that_writes_and_loses_its_session_is_unknown():
    world = World([write("w", sql="create restore point X", judge=None)])
    world.host.rules = {"probe-w": NOT_YET}
    world.sql.rules["restore"] = Unreachable("HIS-3002", "The session is lost.")
    assert world.go().exit_code == 11
    assert world.states()["w"] == "UNKNOWN"


def test_a_timeout_of_a_write_holds_and_leaves_the_tool_alone():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": Program(stdout="working\n", code=None)}
    ended = world.go()
    assert ended.exit_code == 11
    assert world.states()["w"] == "RUNNING"


def test_a_start_that_never_completes_is_unknown():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": Program(code=-1)}
    ended = world.go()
    assert ended.exit_code == 11
    assert "half way" in str(ended.reason)
    assert world.states()["w"] == "UNKNOWN"


def test_the_lock_names_the_other_run_and_exit_is_5():
    world = World([write("w")])
    world.host.markers["database-1203345671"] = "run 2026-11-24-0100-his-zzz of hospital/other, x on his, by dba2"
    ended = world.go()
    assert ended.exit_code == 5
    assert "2026-11-24-0100-his-zzz" in str(ended.reason)
    assert world.host.started == []
    assert world.host.markers


def test_the_lock_is_given_back_at_the_end_and_kept_while_held():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": Program(stdout="?")}
    world.go()
    assert list(world.host.markers) == ["database-1203345671"]
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE}
    world.go()
    assert world.host.markers == {}


def test_a_read_only_runbook_takes_no_lock():
    world = World([step("a")])
    world.host.markers["database-1203345671"] = "run of another"
    assert world.go().exit_code == 0


def test_secrets_go_to_stdin_only_and_never_to_the_log():
    secret = "S3cret-of-sys_password!"
    script = write("w", stdin="connect sys/@{secret:sys_password}\n", secrets=["sys_password"])
    world = World([script])
    world.host.rules = {"probe-w": NOT_YET, "run-w": Program(stdout=f"echo {secret}\nDONE\n", stderr=secret)}
    world.go()
    kept = b"".join(world.journal._blobs.values()) + repr(world.journal.records()).encode() + world.watcher.text
    assert secret.encode() not in kept
    command = next(c for c in world.host.seen if c.script == "run-w")
    assert [getattr(part, "name", part) for part in command.stdin] == ["connect sys/", "sys_password", "\n"]
    assert any(isinstance(x, r.SecretUsed) and x.name == "sys_password" for x in world.journal.records())


def test_output_is_wiped_from_the_host_once_the_log_has_it():
    world = World([write("w")])
    world.host.rules = {"probe-w": NOT_YET, "run-w": DONE}
    world.go()
    assert world.host.wiped == world.host.started


def test_replaced_definitions_are_named_and_are_no_exception():
    world = World([step("a")])
    plan = world.plan()
    world.plan = lambda: replace(plan, overrides=["judges/opatch"])  # type: ignore[method-assign]
    assert world.go().exit_code == 0
    assert [(x.kind, x.reason) for x in world.view.deviations] == [("override", "judges/opatch")]


def test_a_wait_asks_until_it_is_true():
    answers = [Program(stdout="DONE\n"), Program(stdout="DONE\n"), Program(stdout="patch 1\nDONE\n")]
    wait = {"sh": "poll", "judge": "tool/run", "until": "'1' in out.patches", "every": "5s"}
    world = World([step("w", wait=wait)])
    world.host.rules = {"poll": lambda command: answers.pop(0)}
    assert world.go().exit_code == 0
    assert world.clock.time == 10


def test_a_wait_that_is_never_true_fails_when_its_time_is_up():
    wait = {"sh": "poll", "judge": "tool/run", "until": "'1' in out.patches", "every": "5s"}
    world = World([step("w", wait=wait, timeout="30s")])
    world.host.rules = {"poll": DONE}
    assert world.go().exit_code == 3
    assert world.clock.time == 30
