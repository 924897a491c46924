"""When a run did not simply go on: held, paused, cut off, a link lost, the clock moved; and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.model import records as r
from hisops.model.account import Written
from hisops.report.facts import moment_cell
from hisops.report.logs import Logs
from hisops.report.sheet import Cell
from hisops.report.story import Story

_STOPS = frozenset({"HELD", "PAUSED", "INTERRUPTED", "UNDOING"})


def interruptions(story: Story, logs: Logs) -> Iterator[dict[str, Cell]]:
    """Give a row for each, in the order of the log."""
    last: Written | None = None
    for line in story.account.lines:
        if last is not None and last.segment != line.segment:
            yield _taken_up(story, last, line.segment, logs)
        last = line
        told = _told(line)
        if told is not None:
            yield _row(story, line, *told, logs)


def _told(line: Written) -> tuple[str, str] | None:
    """Return what happened in one word of the log, and the reason; None if nothing of the kind."""
    match line.record:
        case r.RunChanged(state=state, reason=reason) if state in _STOPS:
            return state, reason or ""
        case r.LinkChanged(host=host, event=event):
            return f"link {event}", host
        case r.ClockStepped(drift=drift):
            return "clock moved", f"{round(drift / 1e6)} s"
        case r.Handover(previous=previous, by=by):
            return "handover", f"{previous} → {by}"
        case _:
            return None


def _taken_up(story: Story, last: Written, segment: int, logs: Logs) -> dict[str, Cell]:
    """Return the row of a new segment: since when nobody had carried the run on, and how long."""
    begun = story.account.begun(segment).at
    refs = (story.ref(last), story.ref(begun))
    took = story.account.between(last, begun)
    words = logs.form.words
    reason = (
        logs.tongue.say(words.interrupted, time=logs.tongue.duration(round(took.total_seconds())))
        if took is not None
        else logs.tongue.say(words.not_measurable)
    )
    value = None if took is None else round(took.total_seconds())
    return {
        **_row(story, begun, "taken up", "", logs),
        "reason": Cell(value=value, text=reason, refs=refs, tone="" if took is not None else "care"),
    }


def _row(story: Story, line: Written, what: str, reason: str, logs: Logs) -> dict[str, Cell]:
    refs = (story.ref(line),)
    return {
        "time": moment_cell(story, logs.tongue, line),
        "what": Cell(value=what, text=logs.tongue.term(what), refs=refs, tone="care"),
        "reason": Cell(value=reason, text=logs.tongue.reason(reason) if reason else "–", refs=refs),
        "who": Cell(value=line.actor, text=logs.tongue.foreign(line.actor), refs=(story.ref(line, "actor"),)),
    }
