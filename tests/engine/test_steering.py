"""Pause, kill, undo as asked, one step at a time, abandon: what each does, and what a kill of hisops leaves of it."""

from __future__ import annotations

import pytest

from hisops.engine.abandoning import abandon
from hisops.engine.course import Course, UndoOrder
from hisops.engine.leftover import open_calls
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.engine.way_back import known_step, way_back
from hisops.errors import Refused, Unreachable, UsageProblem
from hisops.model import records as r
from hisops.model.statement import Signed, Statement
from hisops.model.steering import why_may_not_steer
from tests.support.builders import World, step, write
from tests.support.fakes import FakeStatements, Program, ScriptedOperator

RUN = "2026-11-24-0200-his-abc"
DONE = Program(stdout="DONE\n")
NOT_DONE = Program(stdout="DONE\n")
HAPPENED = Program(stdout="patch 1\nDONE\n")
NO_UNDO = {"none": {"zh": "不可撤", "en": "the file has left the house"}}


class Killed(BaseException):
    """A kill -9, as far as code can tell."""


def said(kind, *, by="dba1@hospital", sha256="s1", **fields):
    statement = Statement(kind=kind, fields={"run": RUN, "reason": "why not", **fields})
    return Signed(statement=statement, sha256=sha256, principal=by, fingerprint="f")


class Tools:
    """Steps whose probes know what their tools have done. `record` is the order in which tools ran."""

    def __init__(self, steps, **keys):
        self.world = World(steps, **keys)
        self.reads = {each["id"] for each in steps if each["effect"] == "read"}
        self.done: set[str] = set()
        self.record: list[str] = []
        self.world.host.rules = {
            r"^run-(\w+)$": lambda command: self._does(command.script.removeprefix("run-"), here=True),
            r"^undo-(\w+)$": lambda command: self._does(command.script.removeprefix("undo-"), here=False),
            r"^probe-(\w+)$": lambda command: (
                HAPPENED if command.script.removeprefix("probe-") in self.done else NOT_DONE
            ),
        }

    def _does(self, name, *, here):
        if name in self.reads:
            return DONE

        def effect():
            self.record.append(name if here else f"undo {name}")
            (self.done.add if here else self.done.discard)(name)

        return Program(stdout="DONE\n", effect=effect)

    def go(self, **course):
        return self.world.run().carry_out(Course(**course))

    def resume(self, **course):
        self.world.journal = self.world.journal.survivor()
        self.world.locks.taken.clear()
        return self.go(**course)

    def undo(self, to=None):
        return self.resume(undo=UndoOrder(by="dba1@hospital", to=to))

    @property
    def states(self):
        return self.world.states()


def three(**keys):
    return Tools([step("look"), write("w"), write("v", **keys), step("after"), write("u")])


# who may


PEOPLE = FakeStatements().people | {
    "dba2@hospital": ("dba2", ("dba",)),
    "app1@hospital": ("app1", ("app_owner",)),
}


@pytest.mark.parametrize(
    ("kind", "who", "allowed"),
    [
        ("pause", "dba1@hospital", True),
        ("pause", "dba2@hospital", True),
        ("pause", "lead1@hospital", True),  # has approved it
        ("cancellation", "lead1@hospital", True),
        ("kill", "lead1@hospital", False),
        ("kill", "dba2@hospital", True),
        ("pause", "app1@hospital", False),
        ("pause", "nobody@hospital", False),
    ],
)
def test_who_may_steer(kind, who, allowed):
    people = FakeStatements(people=PEOPLE)
    why = why_may_not_steer(kind, who, ("dba1@hospital",), ("lead1@hospital",), people)
    assert (why is None) == allowed


# pause


def test_a_pause_is_taken_at_the_next_boundary_and_only_once():
    tools = three()
    tools.go(until="w")
    tools.world.statements.runs.append(said("pause"))
    ended = tools.resume()
    assert (ended.state, ended.exit_code) == ("PAUSED", 14)
    assert ended.reason == "paused by dba1@hospital: why not"
    assert tools.record == ["w"]
    assert tools.world.statements.kept == ["s1"]
    assert tools.resume().exit_code == 0
    assert tools.record == ["w", "v", "u"]


def test_a_pause_of_a_stranger_is_refused_once_with_its_reason():
    tools = three()
    tools.world.statements.runs.append(said("pause", by="app1@hospital"))
    assert tools.go().exit_code == 0
    assert [item.reason for item in tools.world.view.refused] == ["app1@hospital is not on the roster"]


def test_a_pause_reaches_a_run_that_waits_at_a_terminal():
    tools = three(gate={"type_target": True})
    tools.world.operator = ScriptedOperator(interactive=True)
    waits = tools.world.operator.ask

    def ask(question, arrived):
        tools.world.statements.runs.append(said("pause"))
        return waits(question, arrived)

    tools.world.operator.ask = ask
    ended = tools.go()
    assert ended.state == "PAUSED"
    assert tools.states["v"] == "WAITING"
    assert tools.record == ["w"]


def test_a_cancellation_keeps_a_step_from_being_started_again():
    """Its probe says that it is not done, and it may be repeated: without the cancellation it would be."""
    tools = Tools([write("w", idempotent=True), write("v")])
    tools.world.host.rules = {"^run-w$": Program(stdout="?")} | tools.world.host.rules
    assert tools.go().exit_code == 11
    tools.world.statements.runs.append(said("cancellation"))
    ended = tools.resume()
    assert ended.state == "CANCELLED"
    assert tools.states == {"w": "FAILED", "v": "SKIPPED"}
    assert len(tools.world.host.started) == 1


# how far


def test_until_leaves_paused_behind_the_step():
    tools = three()
    ended = tools.go(until="w")
    assert (ended.state, ended.exit_code, ended.reason) == ("PAUSED", 14, "paused after w, as asked")
    assert tools.record == ["w"]
    assert tools.resume(until="w").exit_code == 14  # it is behind us already: nothing starts
    assert tools.record == ["w"]


def test_step_by_step_without_a_terminal():
    tools = Tools([step("look"), write("w"), write("v")])
    codes = [tools.go(single=True).exit_code, *(tools.resume(single=True).exit_code for _ in range(2))]
    assert codes == [14, 14, 0]
    assert tools.record == ["w", "v"]


def test_step_by_step_at_a_terminal_asks_before_each():
    tools = Tools([step("look"), write("w"), write("v")])
    tools.world.operator = ScriptedOperator(["", "", None], interactive=True)
    ended = tools.go(single=True)
    assert (ended.state, ended.reason) == ("PAUSED", "paused before v, as asked")
    assert [question.step for question in tools.world.operator.asked] == ["look", "w", "v"]
    assert tools.record == ["w"]


def test_a_step_that_is_not_there_names_what_is_near():
    runbook = World([step("backup"), step("apply")]).definitions().runbook
    assert known_step(runbook, "apply").id == "apply"
    with pytest.raises(UsageProblem) as caught:
        known_step(runbook, "aply")
    assert "apply" in caught.value.advice


# kill


def killed_tool(tools, name, *, by="dba1@hospital", code=143, stdout="DONE\n"):
    """Let the tool of `name` be killed by somebody while it runs: it ends with `code`, whatever it had printed."""

    def effect():
        op = tools.world.host.started[-1]
        tools.world.statements.runs.append(said("kill", by=by, op=op, step=name))

    killed = Program(stdout=stdout, code=code, effect=effect)
    tools.world.host.rules = {f"^run-{name}$": killed} | tools.world.host.rules


@pytest.mark.parametrize(("code", "stdout"), [(143, ""), (1, "FAILED: x\n"), (0, "DONE\n")])
def test_the_end_of_a_killed_tool_proves_nothing(code, stdout):
    tools = three()
    killed_tool(tools, "v", code=code, stdout=stdout)
    ended = tools.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert tools.states["v"] == "UNKNOWN"
    assert "killed by dba1@hospital: why not" in str(ended.reason)
    (deviation,) = tools.world.view.deviations
    assert (deviation.kind, deviation.step, deviation.by) == ("killed", "v", "dba1@hospital")
    assert tools.world.view.statements[-1].kind == "kill"


def test_a_kill_by_a_stranger_changes_nothing():
    tools = three()
    killed_tool(tools, "v", by="app1@hospital", code=1, stdout="FAILED: x\n")
    tools.go()
    assert tools.states["v"] == "FAILED"
    assert tools.world.view.deviations == []


@pytest.mark.parametrize(("happened", "code"), [(True, 13), (False, 11)])
def test_what_was_killed_while_nobody_watched_goes_to_its_probe_at_once(happened, code):
    tools = three()
    tools.world.host.rules = {"^run-v$": Program(code=None)} | tools.world.host.rules
    assert tools.go().exit_code == 11  # its time is up, the tool goes on
    (call,) = open_calls(tools.world.journal.records())
    assert (call.step, call.host, call.op) == ("v", "his-db1", tools.world.host.started[-1])
    tools.world.statements.runs.append(said("kill", op=call.op))
    tools.world.host.kill(call.op, None, grace=1)
    if happened:
        tools.done.add("v")
    assert tools.resume().exit_code == code
    assert sum(".v." in op for op in tools.world.host.started) == 1
    assert open_calls(tools.world.journal.records()) == []


# undo


def test_undo_takes_back_in_reverse_and_proves_the_state():
    tools = three()
    tools.go(until="after")
    ended = tools.undo()
    assert (ended.state, ended.exit_code) == ("ROLLED_BACK", 12)
    assert tools.record == ["w", "v", "undo v", "undo w"]
    assert [(x.kind, x.by) for x in tools.world.view.deviations] == [("undo", "dba1@hospital")]


def test_undo_without_proof_is_held_and_asked_again_by_resume():
    tools = three()
    tools.go(until="after")
    tools.world.open_mode = "MOUNTED"
    assert tools.undo().exit_code == 11
    tools.world.open_mode = "READ WRITE"
    assert tools.resume().exit_code == 12
    assert tools.record == ["w", "v", "undo v", "undo w"]


def test_undo_in_part_goes_forward_again_from_there_with_new_attempts():
    tools = three()
    tools.go(until="after")
    ended = tools.undo("v")
    assert (ended.state, ended.reason) == ("PAUSED", "undone back to v, as asked")
    assert tools.states == {"look": "SUCCEEDED", "w": "SUCCEEDED", "v": "UNDONE", "after": "SUCCEEDED"}
    assert tools.resume().exit_code == 13
    assert tools.record == ["w", "v", "undo v", "v", "u"]
    assert len({op for op in tools.world.host.started if ".v." in op}) == 3  # twice forward, once back


def test_a_second_undo_of_the_same_step_is_carried_out_too():
    tools = three()
    tools.go(until="after")
    for _ in range(2):
        assert tools.undo("v").exit_code == 14
        assert tools.resume(until="v").exit_code == 14
    assert tools.record == ["w", "v", "undo v", "v", "undo v", "v"]


def test_a_step_that_was_undone_asks_its_gate_anew():
    tools = three(gate={"type_target": True})
    tools.go()
    opened = tools.world.view.step("v").opened
    fields = {"step": "v", "part": "type_target", "value": "his", "evidence": opened.evidence}
    tools.world.statements.runs.append(said("answer", sha256="a1", **fields))
    assert tools.resume(until="v").exit_code == 14
    tools.undo("v")
    assert tools.resume().exit_code == 10  # the same answer over the same evidence does not open it twice
    assert tools.record == ["w", "v", "undo v"]
    tools.world.statements.runs.append(said("answer", sha256="a2", **fields))
    assert tools.resume().exit_code == 13


@pytest.mark.parametrize("keys", [{"undo": NO_UNDO}, {"point_of_no_return": True}])
def test_undo_names_what_has_no_way_back_before_anything_starts(keys):
    tools = three(**keys)
    tools.go(until="after")
    runbook = tools.world.definitions().runbook
    with pytest.raises(Refused) as caught:
        way_back(runbook, tools.world.view, None)
    assert "Step v cannot be undone" in str(caught.value)
    assert [each.id for each in way_back(three().world.definitions().runbook, tools.world.view, None)] == ["v", "w"]


def test_there_is_nothing_to_undo_before_anything_was_written():
    tools = three()
    tools.go(until="look")
    with pytest.raises(Refused):
        way_back(tools.world.definitions().runbook, tools.world.view, None)


def test_a_step_that_is_unknown_is_undone_only_if_its_probe_says_that_it_happened():
    tools = three()
    killed_tool(tools, "v")
    tools.go()
    assert tools.undo().exit_code == 12
    assert tools.record == ["w", "undo w"]
    assert tools.states["v"] == "UNDONE"


def test_a_step_that_was_cut_off_is_settled_first_and_never_started_by_an_undo():
    tools = three()
    launch = tools.world.host.launch

    def cut(op, *args, **kwargs):
        if ".v." in op:
            raise Killed
        return launch(op, *args, **kwargs)

    tools.world.host.launch = cut
    with pytest.raises(Killed):
        tools.go()
    tools.world.host.launch = launch
    assert tools.undo().exit_code == 12
    assert tools.record == ["w", "undo w"]


def test_an_undo_waits_for_no_tool_that_runs():
    tools = three()
    tools.world.host.rules = {"^run-v$": Program(code=None)} | tools.world.host.rules
    tools.go()
    ended = tools.undo()
    assert ended.state == "HELD"
    assert "its tool still runs; nothing was undone" in str(ended.reason)
    assert tools.record == ["w"]


def test_a_pause_stops_an_undo_between_two_steps_and_resume_carries_it_on():
    tools = three()
    tools.go(until="after")
    undo = tools.world.host.rules[r"^undo-(\w+)$"]

    def and_pause(command):
        if command.script == "undo-v":
            tools.world.statements.runs.append(said("pause"))
        return undo(command)

    tools.world.host.rules[r"^undo-(\w+)$"] = and_pause
    assert tools.undo().state == "PAUSED"
    assert tools.record == ["w", "v", "undo v"]
    assert tools.resume().exit_code == 12
    assert tools.record == ["w", "v", "undo v", "undo w"]


def test_a_person_resolves_an_undo_that_failed():
    tools = three()
    tools.go(until="after")
    tools.world.host.rules = {"^undo-v$": Program(code=1)} | tools.world.host.rules
    assert tools.undo().exit_code == 11
    assert tools.states["v"] == "UNDO_FAILED"
    tools.world.statements.runs.append(said("resolution", step="v", **{"as": "done", "evidence": "sha256:ab"}))
    assert tools.resume().exit_code == 12
    assert [(x.kind, x.by) for x in tools.world.view.deviations][-1] == ("resolved", "dba1@hospital")


@pytest.mark.parametrize("to", [None, "v"])
@pytest.mark.parametrize("after", range(1, 14))
def test_killed_at_any_commit_an_undo_is_carried_on_and_nothing_is_undone_twice(after, to):
    tools = three()
    tools.go(until="after")
    tools.world.journal = tools.world.journal.survivor()
    tools.world.locks.taken.clear()
    commit, count = tools.world.journal.commit, 0

    def killing(*records):
        nonlocal count
        commit(*records)
        count += 1
        if count == after:
            raise Killed

    tools.world.journal.commit = killing
    try:
        ended = tools.go(undo=UndoOrder(by="dba1@hospital", to=to))
    except Killed:
        durable = tools.world.journal.survivor().records()
        begun = any(isinstance(each, r.UndoBegun) for each in durable)
        ended = tools.resume(until="w") if begun else tools.undo(to)
    assert tools.record.count("undo v") == 1
    assert tools.record.count("undo w") == (0 if to else 1)
    assert ended.exit_code == (14 if to else 12)


# abandon


def abandoned(tools, busy=None):
    tools.world.journal = tools.world.journal.survivor()
    tools.world.locks.taken.clear()
    ports = tools.world.ports()
    recorder = Recorder(ports.journal, ports.observer)
    values = Values.of_run(tools.world.bound(), tools.world.plan(), recorder.view, {})
    return abandon(ports, recorder, values, tools.world.plan(), by="dba1@hospital", reason="it is over", busy=busy)


def test_abandon_seals_what_is_open_and_gives_the_locks_back():
    tools = three()
    killed_tool(tools, "v")
    tools.go()
    ended = abandoned(tools)
    assert (ended.state, ended.exit_code) == ("ABANDONED", 1)
    assert tools.world.journal.sealed == ("ABANDONED", 1)
    assert tools.states == {"look": "SUCCEEDED", "w": "SUCCEEDED", "v": "UNKNOWN", "after": "SKIPPED", "u": "SKIPPED"}
    assert [item.kind for item in tools.world.view.deviations] == ["killed", "left-open", "abandoned"]
    assert tools.world.host.markers == {}


def test_abandon_leaves_the_lock_while_a_tool_may_run():
    tools = three()
    tools.go(until="w")
    abandoned(tools, busy="the tool of w runs on his-db1")
    assert tools.world.host.markers != {}
    assert ("lock-left", "the tool of w runs on his-db1") in [(x.kind, x.reason) for x in tools.world.view.deviations]


def test_abandon_ends_a_run_whose_host_is_away():
    tools = three()
    tools.go(until="w")

    def away(*args, **kwargs):
        raise Unreachable("HIS-3001", "The host is away.")

    tools.world.host.read_marker = away
    assert abandoned(tools).state == "ABANDONED"
    assert "lock-left" in [item.kind for item in tools.world.view.deviations]


def test_a_screen_that_fails_does_not_stop_a_run():
    tools = three()

    class Gone:
        def record(self, record):
            raise OSError(5, "the terminal is gone")

        def output(self, step, stream, text):
            raise OSError(5, "the terminal is gone")

    tools.world.watcher = Gone()
    assert tools.go().exit_code == 0
