"""Before the first write the window is open and the target as planned; afterwards a run goes on, on the record."""

from __future__ import annotations

from typing import Any

import pytest

from hisops.engine.windows import check_window
from hisops.errors import Refused, UsageProblem
from hisops.model import records as r
from hisops.model.timing import Took, forecast
from hisops.model.window import Doubt, Look
from tests.support.builders import World, step, write
from tests.support.fakes import NOW, FakeWindows, Program, ScriptedOperator

HOUR = 3600.0
ALWAYS = (-HOUR, 1000 * HOUR)


def world(*spans: tuple[float, float], steps: list[dict[str, Any]] | None = None, **keys: Any) -> World:
    """A runbook that wants a window, on a target whose calendar has these."""
    made = World(steps or [step("look"), write("change", sh="change it")], runbook={"window": "required"})
    made.windows = FakeWindows(list(spans), **keys)
    made.host.rules = {"change": Program(stdout="DONE\n"), "probe": Program(stdout="DONE\n")}
    return made


def deviations(made: World) -> list[str]:
    return [item.kind for item in made.view.deviations]


def seen(made: World) -> list[r.WindowSeen]:
    return [item for item in made.journal.records() if isinstance(item, r.WindowSeen)]


def test_in_its_window_a_run_goes_to_its_end_and_the_log_names_the_window():
    made = world(ALWAYS)
    assert made.go().exit_code == 0
    assert [item.calendar for item in seen(made)] == ["night"]
    assert seen(made)[0].closes is not None


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (world((2 * HOUR, 6 * HOUR)), "the next is 2026-11-24 12:00 to 16:00"),
        (world((-6 * HOUR, -HOUR)), "none that the calendar knows of"),
        (world(calendar=False), "has no calendar"),
        (world(ALWAYS, broken=UsageProblem("HIS-2111", "The calendar is broken.")), "The calendar is broken"),
        (world((-HOUR, 600), cutoff=1200), "nothing is begun in its last 20m"),
    ],
)
def test_without_one_it_reads_and_then_waits_without_having_written(made, why):
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("PAUSED", 3)
    assert why in str(ended.reason)
    assert made.host.started == []
    assert made.states()["look"] == "SUCCEEDED"


def test_it_goes_on_from_there_when_the_window_has_come():
    made = world((2 * HOUR, 6 * HOUR))
    assert made.go().exit_code == 3
    made.clock.time = 3 * HOUR
    ended = made.resume()
    assert ended.exit_code == 0, ended
    assert len(made.host.started) == 1
    assert deviations(made) == []


def test_the_window_is_looked_at_after_the_gate_however_long_it_waited():
    made = world((-HOUR, HOUR), steps=[write("change", sh="change it", gate={"type_target": True})])

    class Late(ScriptedOperator):
        def ask(self, question, arrived):
            made.clock.time = 2 * HOUR
            return "his"

    made.operator = Late(interactive=True)
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("PAUSED", 3)
    assert made.host.started == []


def test_what_has_begun_to_write_goes_on_and_it_is_taken_down_once():
    steps = [write("change", sh="change it"), write("more", sh="change more"), step("look")]
    made = world((-HOUR, HOUR), steps=steps)

    def late():
        made.clock.time = 2 * HOUR

    made.host.rules = {"change it": Program(stdout="DONE\n", effect=late)} | made.host.rules
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("SUCCEEDED_WITH_EXCEPTIONS", 13)
    assert len(made.host.started) == 2
    assert deviations(made) == ["window"]
    assert "after the window had closed: 2026-11-24 09:00 to 11:00" in made.view.deviations[0].reason


def test_a_last_step_that_ends_too_late_is_taken_down_too():
    made = world((-HOUR, HOUR), steps=[write("change", sh="change it")])

    def late():
        made.clock.time = 2 * HOUR

    made.host.rules = {"change it": Program(stdout="DONE\n", effect=late)} | made.host.rules
    assert made.go().exit_code == 13
    assert deviations(made) == ["window"]


def test_a_window_that_was_made_longer_meanwhile_is_no_deviation():
    made = world((-HOUR, HOUR), steps=[write("change", sh="change it"), step("look")])

    def later():
        made.clock.time = 2 * HOUR
        made.windows.spans = [(-HOUR, 4 * HOUR)]

    made.host.rules = {"change it": Program(stdout="DONE\n", effect=later)} | made.host.rules
    assert made.go().exit_code == 0
    assert len(seen(made)) == 2


def test_a_runbook_that_wants_no_window_is_carried_out_whatever_the_calendar_says():
    for windows in (FakeWindows([(2 * HOUR, 3 * HOUR)]), FakeWindows(broken=UsageProblem("HIS-2111", "broken."))):
        made = world(ALWAYS)
        made.runbook, made.windows = {}, windows
        assert made.go().exit_code == 0


def test_before_the_first_write_the_target_is_looked_at_once_more():
    steps = [write("change", sh="change it", gate={"type_target": True})]
    made = World(steps)

    class Slow(ScriptedOperator):
        def ask(self, question, arrived):
            made.open_mode = "MOUNTED"
            return "his"

    made.operator = Slow(interactive=True)
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert "mode.open_mode was READ WRITE, is MOUNTED" in str(ended.reason)
    assert made.host.started == []


def test_a_target_that_another_took_over_while_the_run_waited_is_not_written_to():
    made = World([write("change", sh="change it", gate={"type_target": True})])
    assert made.go().exit_code == 10
    made.dbid = 42
    made.operator = ScriptedOperator(["his"], interactive=True)
    ended = made.resume()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert "database.dbid was 1203345671, is 42" in str(ended.reason)
    assert made.host.started == []


def test_a_run_that_has_written_is_not_held_to_the_state_it_has_changed_itself():
    made = World([write("change", sh="change it"), write("more", sh="change more")])

    def changed():
        made.open_mode = "MOUNTED"

    made.host.rules = {
        "change it": Program(stdout="DONE\n", effect=changed), "change": Program(stdout="DONE\n"),
        "probe": Program(stdout="DONE\n"),
    }  # fmt: skip
    assert made.go().exit_code == 0


def figures(total: float):
    made = World([write("change")])
    return forecast(made.definitions().runbook, [Took(steps={"change": total}, total=total)] * 3)


def look(left: float, cutoff: int = 0, **keys: Any) -> Look:
    return FakeWindows([(-HOUR, left)], cutoff=cutoff, **keys).look("his", NOW)  # type: ignore[return-value]


def refused(look: Look | None, total: float = 0, done: tuple[str, ...] = ()) -> str:
    runbook = World([write("change")], runbook={"window": "required"}).definitions().runbook
    try:
        check_window(runbook, "his", look, figures(total) if total else None, NOW, done)
    except Refused as error:
        return f"{error.code} {error}"
    return ""


def test_what_is_left_must_be_as_long_as_95_of_100_runs_take():
    assert refused(look(1801), total=1800) == ""
    assert refused(look(1800), total=1800) == ""
    reason = refused(look(1799), total=1800)
    assert reason.startswith("HIS-6315")
    assert "29m59s left, and 30m are needed" in reason


def test_what_is_done_is_needed_no_more():
    assert refused(look(60), total=1800, done=("change",)) == ""


def test_the_cutoff_holds_whatever_the_run_needs():
    assert refused(look(2700, cutoff=2700), total=60) == ""
    assert refused(look(2699, cutoff=2700), total=60).startswith("HIS-6314")


def test_a_night_that_was_left_out_is_named_in_the_refusal():
    doubt = Doubt(event="w", local="2026-11-24 02:30", timezone="Europe/Berlin", twice=True)
    closed = Look(calendar="n", file="f", sha256="s", timezone="Europe/Berlin", cutoff=0, doubts=(doubt,))
    assert "w: 2026-11-24 02:30 is there twice in Europe/Berlin" in refused(closed)
