"""Times and deadlines on the screens of a plan, of a gate and of a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from hisops.console.closing import document
from hisops.console.gate import gate_lines
from hisops.console.plan import plan_lines
from hisops.console.runbook import show_lines as runbook_lines
from hisops.console.site import site_lines
from hisops.console.steps import running_lines
from hisops.console.theme import CARE, FAINT
from hisops.console.timing import deadline_document
from hisops.model import records as r
from hisops.model.plan import Plan
from hisops.model.site import Site
from hisops.model.timing import Figure, Forecast, Took, forecast
from hisops.model.window import Look, Span
from hisops.ports import Question
from tests.console.story import BEGIN, Teller, page, plan, runbook, until_apply
from tests.support.builders import SITE

HOURS = timedelta(hours=1)


def plain(lines: list[Text]) -> str:
    return " ".join(" ".join(line.plain for line in lines).split())


def look(open_now: bool = True) -> Look:
    span = Span(begin=BEGIN - HOURS, end=BEGIN + 4 * HOURS)
    return Look(
        calendar="night", file="night.ics", sha256="sha256:1", timezone="Asia/Shanghai", cutoff=2700,
        open=span if open_now else None, next=None if open_now else span,
    )  # fmt: skip


def known() -> Forecast:
    """What five runs of 100 to 140 minutes tell."""
    runs = [Took(steps={"apply": 60.0 * n}, undone={"apply": 1200.0}, total=60.0 * n) for n in range(100, 150, 10)]
    return forecast(runbook(), runs)


def timed(window: Look | None = None, timing: Forecast | None = None) -> Plan:
    return replace(
        plan(), timing=timing.document() if timing else {}, window=window.document() if window else {}
    )  # fmt: skip


def test_without_history_the_figures_are_called_the_authors() -> None:
    assert "about 1 h 24 m (the author's figures; no history yet)" in plain(plan_lines(timed(), page()))


def test_with_history_the_median_and_what_95_of_100_stay_within() -> None:
    text = plain(plan_lines(timed(timing=known()), page(width=120)))
    assert "about 2 h 00 m (median of 5 runs, 95 % within 2 h 20 m; waiting at gates not counted)" in text
    assert "way back about 23 m" in text


def test_a_step_shows_what_it_took() -> None:
    (line,) = [
        line.plain for line in plan_lines(timed(timing=known()), page(width=120)) if "Apply the patch" in line.plain
    ]
    assert "2 h 00 m" in line


def test_a_plan_shows_its_window_in_the_calendars_time_and_until_when_it_is_safe() -> None:
    text = plain(plan_lines(timed(look(), known()), page(width=120)))
    assert "night 2026-11-24 09:01–14:01 (Asia/Shanghai) · open when planned · not required" in text
    assert "last safe start 11:40 · last safe abort 13:3" in text


def test_by_day_the_plan_shows_the_next_one() -> None:
    assert "the next one" in plain(plan_lines(timed(look(open_now=False)), page(width=120)))


def test_a_plan_that_wants_a_window_and_has_none_says_so() -> None:
    wanting = replace(plan(), runbook={**plan().runbook, "window": "required"})
    assert "wanted, but the target has no calendar" in plain(plan_lines(wanting, page(width=120)))
    nothing_ahead = replace(wanting, window=replace(look(), open=None).document())
    assert "night: none ahead" in plain(plan_lines(nothing_ahead, page(width=120)))


def test_a_program_gets_the_deadlines_too() -> None:
    assert deadline_document(timed()) is None
    told = deadline_document(timed(look(), known()))
    assert told is not None
    assert told["closes"] == "2026-11-24T06:01:07Z"
    assert told["last_safe_start"] == "2026-11-24T03:40:57Z"


def in_window(story: Teller, timing: Forecast | None = None) -> Teller:
    story.progress.forecast = timing or known()
    seen = r.WindowSeen(
        calendar="night", file="sha256:1", timezone="Asia/Shanghai", cutoff=2700,
        opens="2026-11-24T01:01:07Z", closes="2026-11-24T06:01:07Z",
    )  # fmt: skip
    return story.tell(seen)


def test_a_run_that_has_not_written_shows_until_when_it_may_begin() -> None:
    story = in_window(Teller().run_is("RUNNING"))
    assert "window until 14:01 (Asia/Shanghai) · last safe start 11:40" in plain(
        running_lines(story.progress, page(width=120), story.now)
    )


def test_a_run_that_has_written_shows_until_when_it_may_be_given_up() -> None:
    story = in_window(until_apply()).running("apply")
    text = plain(running_lines(story.progress, page(width=120), story.now))
    assert "last safe abort 13:3" in text
    assert "last safe start" not in text


@pytest.mark.parametrize(("hours", "style"), [(0, FAINT), (4, CARE)])
def test_a_deadline_that_has_passed_stands_out(hours: int, style: str) -> None:
    story = in_window(until_apply()).running("apply")
    lines = running_lines(story.progress, page(width=120), story.now + hours * HOURS)
    (line,) = [line for line in lines if "window until" in line.plain]
    assert style in {str(line.style), *(str(span.style) for span in line.spans)}


def test_the_gate_shows_the_deadlines() -> None:
    story = in_window(until_apply())
    question = Question(step="apply", part="type_target", text="", expected="his")
    assert "window until 14:01" in plain(gate_lines(question, story.progress, page(width=120), story.now))


def test_a_run_that_has_ended_has_no_deadlines_but_keeps_its_window() -> None:
    story = in_window(Teller().run_is("RUNNING")).tell(r.RunSealed(state="SUCCEEDED", exit=0))
    told = document(story.progress, 0)["window"]
    assert isinstance(told, dict)
    assert (told["calendar"], told["last_safe_start"]) == ("night", None)
    assert "window until" not in plain(running_lines(story.progress, page(width=120), story.now))


def test_without_a_calendar_nothing_is_said() -> None:
    story = Teller().run_is("RUNNING")
    assert document(story.progress, 10)["window"] is None
    assert "window" not in plain(running_lines(story.progress, page(width=120), story.now))


def test_what_is_left_is_told_by_the_forecast() -> None:
    story = Teller()
    story.progress.forecast = replace(known(), steps={"apply": Figure(median=60, p95=60, runs=5)})
    slow = story.progress.left(BEGIN)
    story.progress.forecast = replace(known(), steps={"apply": Figure(median=3600, p95=3600, runs=5)})
    assert story.progress.left(BEGIN) - slow == 3540


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 100])
def test_no_line_is_wider_than_the_screen(width: int, lang: str) -> None:
    story = in_window(until_apply()).running("apply")
    shown = page(lang, width)
    question = Question(step="apply", part="type_target", text="", expected="his")
    for line in [
        *plan_lines(timed(look(), known()), shown),
        *running_lines(story.progress, shown, story.now),
        *gate_lines(question, story.progress, shown, story.now),
    ]:
        assert cell_len(line.plain) <= width, line.plain


def test_a_runbook_that_wants_a_window_says_so() -> None:
    wanting = runbook().model_copy(update={"window": "required"})
    said = "only while one of the target is open"
    assert said in plain(runbook_lines(wanting, "sha256:0", page()))
    assert said not in plain(runbook_lines(runbook(), "sha256:0", page()))


def test_the_inventory_names_the_window_of_a_database() -> None:
    his = SITE["databases"]["his"] | {"window": "night"}
    windows = {"night": {"file": "night.ics", "timezone": "Asia/Shanghai"}}
    site = Site.model_validate(SITE | {"databases": {"his": his}, "windows": windows})
    assert "window night" in plain(site_lines(Path("/site"), site, None, page()))
