"""Spans of time: joined, cut, and when a run may still begin or be given up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hisops.model.window import Deadlines, Look, Span, at, deadlines, open_spans, parse, stamp

ZERO = datetime(2026, 11, 24, tzinfo=UTC)


def span(begin: int, end: int, name: str = "") -> Span:
    return Span(begin=ZERO + timedelta(minutes=begin), end=ZERO + timedelta(minutes=end), name=name)


spans = st.lists(st.builds(lambda begin, length: span(begin, begin + length), st.integers(0, 60), st.integers(0, 20)))


@given(spans, spans, st.integers(-5, 90))
def test_it_is_open_where_an_opening_says_so_and_no_closing_does(openings, closings, minute):
    moment = ZERO + timedelta(minutes=minute)
    wanted = any(each.holds(moment) for each in openings) and not any(each.holds(moment) for each in closings)
    now, _ = at(open_spans(openings, closings), moment)
    assert (now is not None) == wanted


@given(spans, spans)
def test_what_is_open_is_in_order_apart_and_never_empty(openings, closings):
    found = open_spans(openings, closings)
    assert all(each.begin < each.end for each in found)
    assert all(one.end < other.begin or (one.end == other.begin and closings) for one, other in pairwise(found))


@given(spans, st.integers(-5, 90))
def test_the_next_one_is_the_first_that_begins_later(openings, minute):
    found = open_spans(openings)
    _, following = at(found, ZERO + timedelta(minutes=minute))
    later = [each for each in found if each.begin > ZERO + timedelta(minutes=minute)]
    assert following == (later[0] if later else None)


def test_touching_nights_are_one_and_keep_both_names():
    assert open_spans([span(0, 10, "a"), span(10, 20, "b")]) == [span(0, 20, "a, b")]


def test_the_last_safe_start_leaves_the_cutoff_and_what_is_needed():
    closes = ZERO + timedelta(hours=4)
    assert Deadlines.of(closes, 45 * 60, 30 * 60, None).last_start == closes - timedelta(minutes=45)
    assert Deadlines.of(closes, 45 * 60, 90 * 60, None).last_start == closes - timedelta(minutes=90)


def test_the_last_safe_abort_leaves_the_way_back():
    closes = ZERO + timedelta(hours=4)
    assert Deadlines.of(closes, 0, 0, 1800).last_abort == closes - timedelta(minutes=30)
    assert Deadlines.of(closes, 0, 0, None).last_abort is None


def test_a_plan_without_a_window_has_no_deadlines():
    assert deadlines({}, 10, 10) is None
    assert deadlines({"closes": None, "cutoff": 0}, 10, 10) is None


def test_what_a_plan_keeps_of_a_window():
    look = Look(calendar="n", file="n.ics", sha256="sha256:1", timezone="Asia/Shanghai", cutoff=60, next=span(0, 90))
    kept = look.document()
    assert (kept["open"], parse(kept["opens"]), parse(kept["closes"])) == (False, span(0, 90).begin, span(0, 90).end)
    found = deadlines(kept, 600, 300)
    assert found is not None
    assert stamp(found.last_start) == "2026-11-24T01:20:00Z"


def test_a_window_over_midnight_names_both_days():
    look = Look(calendar="n", file="f", sha256="s", timezone="Asia/Shanghai", cutoff=0)
    assert look.told(span(14 * 60, 20 * 60)) == "2026-11-24 22:00 to 2026-11-25 04:00 (Asia/Shanghai)"
