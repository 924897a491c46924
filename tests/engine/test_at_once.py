"""Items carried out at once: no result is lost, no more than allowed, and a resume repeats only what has no end."""

from __future__ import annotations

from threading import Barrier, Event, Lock
from time import sleep

import pytest

from hisops.engine.fanning import carry
from hisops.engine.leaving import Leave, worst
from hisops.engine.recorder import Forsaken, Recorder
from hisops.errors import LogBroken, Unreachable
from hisops.model import records as r
from tests.support.builders import SITE, World, step
from tests.support.fakes import FakeHost, MemoryJournal, Program, Watcher

NAMES = [f"app{number}" for number in range(1, 6)]
HOSTS = {name: SITE["hosts"]["his-db1"] for name in ["his-db1", *NAMES]}
COUNT = {"n": {"from": "json", "type": "integer"}}


def world(*steps, **keys):
    return World(
        list(steps), site={**SITE, "hosts": HOSTS}, more_hosts={name: FakeHost(name) for name in NAMES}, **keys
    )  # fmt: skip


def disks(**keys):
    return step("disks", for_each=NAMES, parallel=3, **keys)


def lost(host):
    return Unreachable("HIS-3001", "{host} refused the connection.", host=host)


def looked(made):
    return {name: len([c for c in host.seen if c.script == "run-disks"]) for name, host in made.more_hosts.items()}


def test_items_are_carried_out_at_once_and_never_more_than_allowed():
    made, meeting, lock = world(disks()), Barrier(3), Lock()
    now, most = 0, 0

    def meet() -> None:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
        if first.pop() if first else False:
            meeting.wait(20)
        sleep(0.005)
        with lock:
            now -= 1

    first = [True] * 3
    for host in made.more_hosts.values():
        host.rules = {"run-disks": Program(effect=meet)}
    assert made.go().state == "SUCCEEDED"
    assert most == 3


def test_one_item_that_fails_loses_none_of_the_others():
    made = world(disks(outputs=COUNT))
    for name, host in made.more_hosts.items():
        host.rules = {"run-disks": Program(stdout='{"n": 1}', code=1 if name in {"app2", "app4"} else 0)}
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert ended.reason == "disks-app2: exit code 1; disks-app4: exit code 1"
    states = made.states()
    assert [name for name, state in states.items() if state == "FAILED"] == ["disks-app2", "disks-app4"]
    assert {states[f"disks-app{number}"] for number in (1, 3, 5)} == {"SUCCEEDED"}


def test_a_host_out_of_reach_is_an_exception_where_failures_are_passed_over():
    made = world(disks(on_failure="continue", outputs=COUNT), step("after", when="steps.disks.all.n == [1, 1, 1, 1]"))
    for host in made.more_hosts.values():
        host.rules = {"run-disks": Program(stdout='{"n": 1}')}
    made.more_hosts["app3"].rules = {"run-disks": lost("app3")}
    assert made.go().exit_code == 13
    assert made.states()["disks-app3"] == "FAILED"
    assert made.states()["after"] == "SUCCEEDED"


def test_a_host_out_of_reach_holds_the_run_and_a_resume_asks_only_that_one_again():
    made = world(disks())
    made.more_hosts["app3"].rules = {"run-disks": lost("app3")}
    assert made.go().state == "HELD"
    before = looked(made)
    made.more_hosts["app3"].rules = {}
    assert made.resume().state == "SUCCEEDED"
    assert {name: now - before[name] for name, now in looked(made).items()} == dict.fromkeys(NAMES, 0) | {"app3": 1}


def test_a_kill_in_the_middle_repeats_what_lacks_an_end():
    made = world(disks(), step("last"))
    made.more_hosts["app4"].rules = {"run-disks": LogBroken("HIS-5003", "The disk is gone.")}
    with pytest.raises(LogBroken):
        made.go()
    ended = [
        x.step
        for x in made.journal.records()[: made.journal.durable]
        if isinstance(x, r.StepChanged) and x.state == "SUCCEEDED"
    ]
    before = looked(made)
    made.more_hosts["app4"].rules = {}
    assert made.resume().state == "SUCCEEDED"
    again = {f"disks-{name}" for name, now in looked(made).items() if now > before[name]}
    assert again == {f"disks-{name}" for name in NAMES} - set(ended)


def test_every_intent_is_durable_before_its_call_starts():
    made, missing = world(disks()), []

    def check(name: str) -> Program:
        durable = made.journal.records()[: made.journal.durable]
        if not any(isinstance(x, r.CallIntent) and x.step == f"disks-{name}" for x in durable):
            missing.append(name)
        return Program()

    for name, host in made.more_hosts.items():
        host.rules = {"run-disks": lambda command, name=name: check(name)}
    made.go()
    assert missing == []


def test_a_pause_in_the_middle_begins_no_further_item():
    made = world(disks())
    run = made.run()
    made.more_hosts["app1"].rules = {"run-disks": Program(effect=run.pause)}
    for name in NAMES[1:]:
        made.more_hosts[name].rules = {"run-disks": Program(effect=lambda: sleep(0.05))}
    assert run.carry_out().state == "PAUSED"
    assert 0 < sum(looked(made).values()) < 5
    assert made.resume().state == "SUCCEEDED"
    assert set(looked(made).values()) == {1}


def test_whole_sub_runbooks_run_beside_one_another_each_in_its_own_order():
    words = {"zh": "文字", "en": "words"}
    part = {
        "hisops": "runbook/v1", "id": "oracle/part", "version": "1.0.0", "title": words, "purpose": words,
        "target": {"engine": "oracle"},
        "steps": [step("a", outputs=COUNT), step("b", needs=["a"], when="steps.a.out.n > 1")],
    }  # fmt: skip
    use = {"id": "p", "title": words, "effect": "read", "uses": "oracle/part", "for_each": NAMES, "parallel": 5}
    made = world(use, library={"oracle/part": part})
    for number, host in enumerate(made.more_hosts.values(), 1):
        host.rules = {"run-a": Program(stdout=f'{{"n": {number}}}')}
    assert made.go().state == "SUCCEEDED"
    assert made.states()["p-app1-b"] == "SKIPPED"
    for name in NAMES[1:]:
        scripts = [c.script for c in made.more_hosts[name].seen if c.script.startswith("run")]
        assert scripts == ["run-a", "run-b"]


def test_a_plan_looks_at_all_items_and_tells_what_it_found_in_their_order():
    made = world(disks(on_failure="continue"))
    for name in ("app5", "app2"):
        made.more_hosts[name].rules = {"run-disks": Program(code=1)}
    made.more_hosts["app3"].rules = {"run-disks": lost("app3")}
    found = made.survey()
    assert [planned.id for planned in found.steps] == [f"disks-{name}" for name in NAMES]
    assert [planned.host for planned in found.steps] == NAMES
    assert [item.step for item in found.warnings] == ["disks-app2", "disks-app3", "disks-app5"]


def test_many_who_wait_for_the_disk_share_one_commit():
    journal, begun = MemoryJournal(), Barrier(8)
    commits: list[int] = []

    class Slow(MemoryJournal):
        def commit(self, *records):
            commits.append(len(records))
            sleep(0.05)
            super().commit(*records)

    journal = Slow()
    recorder = Recorder(journal, Watcher())

    def one(number: int) -> None:
        begun.wait(20)
        recorder.commit(r.Deviation(kind="x", reason=str(number)))
        assert str(number) in {x.reason for x in journal.records()}

    assert carry(list(range(8)), 8, one) == []
    assert sum(commits) == 8
    assert len(commits) < 8


def test_a_failed_commit_fails_for_all_who_waited_for_it():
    class Full(MemoryJournal):
        def commit(self, *records):
            sleep(0.05)
            raise LogBroken("HIS-5003", "full")

    recorder, begun = Recorder(Full(), Watcher()), Barrier(4)

    def one(number: int) -> None:
        begun.wait(20)
        recorder.commit(r.Deviation(kind="x", reason=str(number)))

    assert [type(fault) for fault in carry(list(range(4)), 4, one)] == [LogBroken] * 4
    assert recorder.view.deviations == []


def test_who_was_left_behind_writes_no_more():
    recorder = Recorder(MemoryJournal(), Watcher())
    recorder.forsake()
    recorder.write(r.Deviation(kind="x", reason="mine"))
    faults = carry([1], 1, lambda _: recorder.commit(r.Deviation(kind="x", reason="theirs")))
    assert [type(fault) for fault in faults] == [Forsaken]
    recorder.commit(r.Deviation(kind="x", reason="mine, too"))
    assert [x.reason for x in recorder.journal.records()] == ["mine", "mine, too"]


def test_who_is_called_away_waits_for_nobody_and_nothing_more_is_written():
    made, free, begun = world(disks()), Event(), Event()

    def wait() -> None:
        begun.set()
        free.wait(20)

    for host in made.more_hosts.values():
        host.rules = {"run-disks": Program(effect=wait)}
    run = made.run()

    calls = iter(range(9))

    def before(step, *, fresh):
        if next(calls) == 1:
            begun.wait(20)
            raise KeyboardInterrupt

    run._pace.before = before  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run._at_once(run.runbook.steps)
    written = len(made.journal.records())
    free.set()
    sleep(0.1)
    assert len(made.journal.records()) == written
    assert made.resume().state == "SUCCEEDED"


def test_what_nobody_knows_the_end_of_comes_before_what_failed():
    failed, held = Leave("FAILED", "a: failed", 3), Leave("HELD", "b: unknown")
    assert worst([failed, held]).state == "HELD"
    assert worst([failed, lost("c")]).code == "HIS-3001"
    assert isinstance(worst([lost("c"), LogBroken("HIS-5003", "full"), failed]), LogBroken)
    both = worst([failed, Leave("FAILED", "c: failed"), Leave("PAUSED", "paused")])
    assert (both.state, both.reason, both.exit_code) == ("FAILED", "a: failed; c: failed", 3)
