"""May a run begin now? Its window must be open, and what is left of it must be enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from hisops.errors import Refused
from hisops.model.runbook import Runbook
from hisops.model.text import duration_text
from hisops.model.timing import Forecast
from hisops.model.window import Look, Span

NEAR = timedelta(hours=36)


def check_window(
    runbook: Runbook,
    target: str,
    look: Look | None,
    forecast: Forecast | None,
    now: datetime,
    done: tuple[str, ...] = (),
) -> None:
    """Refuse a run that wants a window and has none now, or too little of one; `done` steps need no time any more."""
    if runbook.window == "none":
        return
    if look is None:
        raise Refused(
            "HIS-6311",
            "{runbook} is carried out in a window only, and {target} has no calendar.",
            "Name one of the site's `windows` under `window:` of the database in site.yaml.",
            runbook=runbook.id,
            target=target,
        )
    if look.open is None:
        raise _closed(target, look, now)
    _check_rest(look, look.open, forecast, now, done)


def _closed(target: str, look: Look, now: datetime) -> Refused:
    left_out = [each.told() for each in look.doubts if each.near(now, NEAR)]
    following = look.told(look.next) if look.next else "none that the calendar knows of"
    if left_out:
        return Refused(
            "HIS-6313",
            "No window is open for {target}: the calendar {calendar} was left out where clocks change "
            "({left_out}); the next is {next}.",
            "Give that night as an event in UTC, with an EXDATE in the series, or wait.",
            target=target,
            calendar=look.calendar,
            left_out="; ".join(left_out),
            next=following,
        )
    return Refused(
        "HIS-6312",
        "No window is open for {target} by the calendar {calendar}; the next is {next}.",
        "Carry it out then.",
        target=target,
        calendar=look.calendar,
        next=following,
    )


def _check_rest(look: Look, span: Span, forecast: Forecast | None, now: datetime, done: tuple[str, ...]) -> None:
    left = int((span.end - now).total_seconds())
    needed = forecast.needed(done) if forecast else 0
    if left >= max(look.cutoff, needed):
        return
    words = {"window": look.told(span), "left": duration_text(left), "next": look.told(look.next) if look.next else "-"}
    if left < look.cutoff:
        raise Refused(
            "HIS-6314",
            "The window {window} has {left} left, and nothing is begun in its last {cutoff}.",
            "The next window: {next}.",
            cutoff=duration_text(look.cutoff),
            **words,
        )
    whose = (
        f"as 95 of 100 runs take, by the last {forecast.total.runs}"
        if forecast and forecast.total.runs
        else "the author's figure"
    )
    raise Refused(
        "HIS-6315",
        "The window {window} has {left} left, and {needed} are needed ({whose}).",
        "The next window: {next}.",
        needed=duration_text(needed),
        whose=whose,
        **words,
    )
