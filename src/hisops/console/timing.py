"""How long a run takes, until when its window is open, and until when it may safely begin or be given up."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from hisops.console.duration import rough
from hisops.console.escape import visible
from hisops.console.grid import wrapped
from hisops.console.progress import Progress
from hisops.console.theme import CARE, FAINT, Page
from hisops.model.plan import Plan
from hisops.model.run import RUN_ENDED
from hisops.model.runbook import Runbook
from hisops.model.timing import Figure, Forecast, forecast
from hisops.model.window import Deadlines, deadlines, parse, stamp

Row = tuple[str, str]


def forecast_of(plan: Plan) -> Forecast:
    """Return what the plan expects; the author's figures if it does not say."""
    return Forecast.from_document(plan.timing) if plan.timing else forecast(plan.procedure, ())


def total_words(expected: Forecast, page: Page) -> str:
    """Return how long the run should take, and by whose figures."""
    say, total = page.say, expected.total
    time = rough(total.median, say)
    if not total.runs:
        return say("about {time} (the author's figures; no history yet)", time=time)
    return say(
        "about {time} (median of {runs} runs, 95 % within {most}; waiting at gates not counted)",
        time=time, runs=total.runs, most=rough(total.p95, say),
    )  # fmt: skip


def back_words(expected: Forecast, page: Page) -> str | None:
    """Return how long the longest way back should take, None if nothing can be undone."""
    back: Figure | None = expected.way_back
    if back is None:
        return None
    if not back.runs:
        return page.say("way back about {time} (the author's figures)", time=rough(back.median, page.say))
    return page.say(
        "way back about {time} (95 % within {most})", time=rough(back.median, page.say), most=rough(back.p95, page.say)
    )


def window_rows(plan: Plan, runbook: Runbook, page: Page) -> list[Row]:
    """Return the plan's window and its deadlines; nothing where no calendar is known."""
    say, window = page.say, plan.window
    if not window:
        return [(say("window"), say("wanted, but the target has no calendar"))] if runbook.window != "none" else []
    state = say("open when planned") if window["open"] else say("the next one")
    if not window["closes"]:
        return [(say("window"), say("{calendar}: none ahead", calendar=visible(window["calendar"])))]
    span = span_words(parse(window["opens"]), parse(window["closes"]), window["timezone"], page)
    wanted = say("required") if runbook.window != "none" else say("not required")
    told = f"{visible(window['calendar'])} {span}"
    rows = [(say("window"), f" {page.signs.dot} ".join((told, state, wanted)))]
    last = plan_deadlines(plan)
    return [*rows, (say("deadlines"), deadline_words(last, window["timezone"], page))] if last else rows


def plan_deadlines(plan: Plan) -> Deadlines | None:
    """Return the deadlines of the window that the plan was made for."""
    expected = forecast_of(plan)
    back = expected.way_back
    return deadlines(plan.window, expected.needed(), back.p95 if back else None)


def deadline_words(last: Deadlines, timezone: str, page: Page, *, begun: bool = False) -> str:
    """Return the deadlines, in the calendar's own time; once work has begun its start is of no interest."""
    say = page.say
    parts = [] if begun else [say("last safe start {time}", time=_moment(last.last_start, last.closes, timezone))]
    if last.last_abort:
        parts.append(say("last safe abort {time}", time=_moment(last.last_abort, last.closes, timezone)))
    return f" {page.signs.dot} ".join(parts)


def span_words(begin: datetime, end: datetime, timezone: str, page: Page) -> str:
    """Return a window in its own zone; the day of the end only where it is another."""
    zone = ZoneInfo(timezone)
    return f"{begin.astimezone(zone):%Y-%m-%d %H:%M}{page.signs.dash}{_moment(end, begin, timezone)} ({timezone})"


def _moment(moment: datetime, beside: datetime, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    local, other = moment.astimezone(zone), beside.astimezone(zone)
    return local.strftime("%H:%M" if local.date() == other.date() else "%Y-%m-%d %H:%M")


def run_deadlines(progress: Progress) -> Deadlines | None:
    """Return the deadlines of the window in which a run goes on, None if it has none or has ended."""
    seen = progress.view.window
    if seen is None or seen.closes is None or progress.view.state in RUN_ENDED:
        return None
    expected = progress.forecast
    back = expected.way_back.p95 if expected and expected.way_back else None
    return Deadlines.of(parse(seen.closes), seen.cutoff, progress.needed(), back)


def run_window_words(progress: Progress, page: Page) -> str | None:
    """Return until when the window of a run is open, and its deadlines."""
    seen, last = progress.view.window, run_deadlines(progress)
    if seen is None or last is None:
        return None
    closes = page.say("window until {time}", time=_moment(last.closes, last.last_start, seen.timezone))
    rest = deadline_words(last, seen.timezone, page, begun=progress.view.wrote)
    return f" {page.signs.dot} ".join(filter(None, (f"{closes} ({seen.timezone})", rest)))


def run_window_lines(progress: Progress, page: Page, now: datetime) -> list[Text]:
    """Return the window of a run as a line of its screen; it stands out once a deadline has passed."""
    words, last = run_window_words(progress, page), run_deadlines(progress)
    if words is None or last is None:
        return []
    due = last.last_abort if progress.view.wrote else last.last_start
    return wrapped(words, page.width, first=Text("  "), indent=2, style=CARE if due and now > due else FAINT)


def window_document(progress: Progress) -> dict[str, Any] | None:
    """Return the window of a run for `--json`."""
    seen = progress.view.window
    if seen is None:
        return None
    last = run_deadlines(progress)
    return {
        "calendar": seen.calendar, "timezone": seen.timezone, "opens": seen.opens, "closes": seen.closes,
        **_deadline_document(last),
    }  # fmt: skip


def deadline_document(plan: Plan) -> dict[str, Any] | None:
    """Return the deadlines of a plan for `--json`."""
    last = plan_deadlines(plan)
    return {"closes": stamp(last.closes), **_deadline_document(last)} if last else None


def _deadline_document(last: Deadlines | None) -> dict[str, str | None]:
    return {
        "last_safe_start": stamp(last.last_start) if last else None,
        "last_safe_abort": stamp(last.last_abort) if last and last.last_abort else None,
    }
