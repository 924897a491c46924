"""What runs took, and what is to be expected of the next one."""

from __future__ import annotations

import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hisops.model import records as r
from hisops.model.runbook import Runbook
from hisops.model.text import duration_text
from hisops.model.timing import Forecast, Timed, Took, figure, forecast, took
from tests.support.builders import WORDS, step, write

SECONDS = st.floats(min_value=0, max_value=100_000, allow_nan=False)


class Told:
    """Records told with the seconds at which they happen."""

    def __init__(self) -> None:
        self.records: list[Timed] = []
        self.segment = 1
        self.now = 1000.0

    def step(self, name: str, state: str, after: float = 0) -> Told:
        return self.record(r.StepChanged(step=name, state=state, attempt=1), after)

    def record(self, record: r.Record, after: float = 0) -> Told:
        self.now += after
        self.records.append(Timed(segment=self.segment, boottime=int(self.now * 1_000_000), record=record))
        return self

    def end(self, state: str = "SUCCEEDED") -> Took:
        self.record(r.RunSealed(state=state, exit=0))
        return took(self.records)


def runbook(*steps: dict) -> Runbook:
    document = {"hisops": "runbook/v1", "id": "oracle/x", "version": "1.0.0", "title": WORDS, "purpose": WORDS}
    return Runbook.model_validate(document | {"target": {"engine": "oracle"}, "steps": list(steps)})


def test_a_steps_time_is_its_work_from_start_to_proof():
    told = Told().step("a", "STARTING").step("a", "RUNNING", 1).step("a", "VERIFYING", 20).step("a", "SUCCEEDED", 4)
    assert told.end() == Took(steps={"a": 25.0}, undone={}, total=25.0)


def test_what_is_done_at_once_counts_once():
    told = Told().step("a", "RUNNING").step("b", "RUNNING", 5).step("a", "SUCCEEDED", 20).step("b", "SUCCEEDED", 10)
    assert told.end() == Took(steps={"a": 25.0, "b": 30.0}, undone={}, total=35.0)


def test_waiting_for_people_is_not_work():
    told = Told().step("a", "WAITING", 5).step("a", "RUNNING", 3600).step("a", "SUCCEEDED", 20)
    assert told.end().steps == {"a": 20.0}


def test_time_between_steps_and_while_nobody_carried_on_is_not_work():
    told = Told().step("a", "RUNNING").step("a", "SUCCEEDED", 20).record(r.RunChanged(state="PAUSED"), 5)
    told.segment = 2
    told.step("b", "RUNNING", 7200).step("b", "SUCCEEDED", 30)
    assert told.end() == Took(steps={"a": 20.0, "b": 30.0}, undone={}, total=50.0)


def test_work_that_was_cut_off_gives_no_figure_and_no_total():
    told = Told().step("a", "RUNNING").step("a", "SUCCEEDED", 20).step("b", "RUNNING")
    told.segment = 2
    told.step("b", "SUCCEEDED", 7200)
    assert told.end() == Took(steps={"a": 20.0}, undone={}, total=None)


@pytest.mark.parametrize("doubt", ["UNKNOWN", "FAILED"])
def test_work_that_was_doubted_or_repeated_gives_no_figure(doubt):
    told = Told().step("a", "RUNNING").step("a", doubt, 20).step("a", "RUNNING", 90).step("a", "SUCCEEDED", 20)
    assert told.end().steps == {}


@pytest.mark.parametrize("state", ["FAILED", "ROLLED_BACK", "CANCELLED"])
def test_a_run_that_did_not_come_to_its_end_gives_steps_but_no_total(state):
    told = Told().step("a", "RUNNING").step("a", "SUCCEEDED", 20)
    found = told.end(state)
    assert (found.steps, found.total) == ({"a": 20.0}, None)


def test_undoing_is_told_apart_from_doing():
    told = Told().step("a", "RUNNING").step("a", "SUCCEEDED", 20).step("a", "UNDOING", 9).step("a", "UNDONE", 45)
    assert told.end("ROLLED_BACK") == Took(steps={}, undone={"a": 45.0}, total=None)


def test_what_had_not_happened_took_no_undoing():
    told = Told().step("a", "RUNNING").step("a", "FAILED", 20).step("a", "UNDONE", 45)
    assert told.end("ROLLED_BACK").undone == {}


def test_the_clock_of_another_boot_gives_no_figure():
    told = Told().step("a", "RUNNING")
    told.now = 10.0
    told.step("a", "SUCCEEDED")
    assert told.end().steps == {}


@given(st.lists(SECONDS, min_size=3, max_size=40))
def test_the_figures_are_the_median_and_a_value_that_95_of_100_stay_within(seconds):
    found = figure(seconds, 10)
    assert found.runs == len(seconds)
    assert found.median == math.ceil(median(seconds))
    within = sum(each <= found.p95 for each in seconds)
    assert within >= 0.95 * len(seconds)
    assert found.median <= found.p95 <= math.ceil(max(seconds))


@given(st.lists(SECONDS, max_size=2), st.integers(0, 1000))
def test_with_fewer_than_three_runs_the_authors_figure_stands(seconds, author):
    found = figure(seconds, author)
    assert (found.median, found.p95, found.runs) == (author, author, 0)


def test_nothing_is_known_at_first_but_what_the_author_says():
    found = forecast(runbook(step("a", expect="10s"), write("b", expect="20m")), ())
    assert (found.total.median, found.total.runs) == (1210, 0)
    assert found.undo["b"].median == 1200
    assert found.way_back == found.undo["b"]


def test_an_author_may_say_what_an_undo_takes():
    found = forecast(runbook(write("b", expect="20m", undo={"sh": "x", "expect": "5m"})), ())
    assert found.way_back is not None
    assert found.way_back.median == 300


def test_three_runs_replace_the_authors_figures():
    runs = [Took(steps={"a": float(n)}, undone={"a": 2.0 * n}, total=float(n)) for n in (100, 300, 200)]
    found = forecast(runbook(write("a", expect="20m")), runs)
    assert (found.steps["a"].median, found.steps["a"].p95, found.steps["a"].runs) == (200, 300, 3)
    assert (found.total.median, found.total.p95, found.total.runs) == (200, 300, 3)
    assert found.way_back is not None
    assert (found.way_back.median, found.way_back.p95, found.way_back.runs) == (400, 600, 3)


def test_work_by_hand_counts_by_its_author_since_it_is_all_waiting():
    by_hand = step("b", effect="read", manual={"instruct": WORDS}, expect="15m")
    runs = [Took(steps={"a": 100.0, "b": 0.0}, total=100.0) for _ in range(3)]
    found = forecast(runbook(write("a"), by_hand), runs)
    assert (found.steps["b"].median, found.steps["b"].runs) == (900, 0)
    assert (found.total.median, found.total.p95, found.total.runs) == (1000, 1000, 3)


def test_figures_of_steps_without_a_whole_run_are_no_history_of_the_run():
    runs = [Took(steps={"a": 100.0}) for _ in range(3)]
    found = forecast(runbook(write("a", expect="20m"), write("b", expect="1m")), runs)
    assert (found.total.median, found.total.runs) == (160, 0)


def test_what_is_left_out_takes_no_time():
    found = forecast(runbook(step("a", expect="10s"), step("b", expect="10s")), (), {"b"})
    assert found.total.median == 10
    assert "b" not in found.steps


def test_the_way_back_ends_where_nothing_can_be_undone():
    none = {"none": WORDS}
    found = forecast(runbook(write("a", expect="5m"), write("b", expect="7m", undo=none), write("c", expect="6m")), ())
    assert found.way_back is not None
    assert found.way_back.median == 360


def test_the_way_back_does_not_cross_a_point_of_no_return():
    steps = (write("a", expect="5m"), write("b", expect="1m", point_of_no_return=True), write("c", expect="2m"))
    found = forecast(runbook(*steps), ())
    assert found.way_back is not None
    assert found.way_back.median == 360


def test_without_any_undo_there_is_no_way_back():
    assert forecast(runbook(step("a"), write("b", undo={"none": WORDS})), ()).way_back is None


def test_what_is_behind_is_needed_no_more():
    runs = [Took(steps={"a": 100.0, "b": 50.0}, total=150.0) for _ in range(3)]
    found = forecast(runbook(write("a"), write("b")), runs)
    assert [found.needed(), found.needed(["a"]), found.needed(["a", "b", "c"])] == [150, 50, 0]


def test_a_forecast_comes_back_from_its_document():
    for history in ((), [Took(steps={"a": 1.0}, undone={"a": 2.0}, total=1.0)] * 3):
        found = forecast(runbook(write("a"), step("b")), history)
        assert Forecast.from_document(found.document()) == found


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (45, "45s"), (60, "1m"), (61, "1m01s"), (2700, "45m"), (5400, "1h30m"), (-5, "0s")]
)
def test_a_duration_is_told_as_it_is_written(seconds, text):
    assert duration_text(seconds) == text
