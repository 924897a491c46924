"""The steps of a run as they stand: what is done folded together, what runs in full, what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from hisops.console.children import STARTED
from hisops.console.duration import clock, rough, spoken, time_of_day
from hisops.console.escape import visible
from hisops.console.fans import titles
from hisops.console.grid import folded, pad, shorten
from hisops.console.progress import ACTIVE, Progress, short_id
from hisops.console.reasons import reason_text
from hisops.console.theme import FAINT, STRONG, Page
from hisops.console.timing import run_window_lines
from hisops.console.words import step_look
from hisops.model.run import NOT_REACHED, STEP_DONE, StepView
from hisops.model.runbook import Step

RECENT = 2
_TIME = 12
_TROUBLE = frozenset({"FAILED", "UNKNOWN", "WAITING", "UNDO_FAILED", "UNDOING", "UNDONE"})
_QUIET = frozenset({"SUCCEEDED", "SKIPPED"})
_NUMBER = 7


def running_lines(progress: Progress, page: Page, now: datetime, tail: Sequence[str] = ()) -> list[Text]:
    """Return the whole screen of a run that is going on; `tail` holds the newest output of the running tool."""
    lines = [head_line(progress, page, now), *run_window_lines(progress, page, now)]
    for group in groups(progress):
        lines += _group(progress, group, page, now)
        if any(progress.step(step).state in ACTIVE for step in group):
            lines += tail_lines(tail, page)
    return lines


def planning_lines(progress: Progress, page: Page, step: str | None, tail: Sequence[str] = ()) -> list[Text]:
    """Return what is looked at while a plan is made: nothing is carried out, so no step has a state."""
    say, dot = page.say, page.signs.dot
    head = say("Looking at {target}; nothing is changed", target=progress.target)
    lines = [Text.assemble("  ", (head, STRONG), f" {dot} {progress.runbook.id}")]
    if step and (number := progress.number(step)):
        titled = f"{number} {progress.title(step, say.code)}"
        lines.append(Text("   " + shorten(f"{page.signs.running} {titled}", page.width - 3, page.signs.cut)))
    return [*(shorten_line(line, page) for line in lines), *tail_lines(tail, page)]


def shorten_line(line: Text, page: Page) -> Text:
    """Return `line` no wider than the page."""
    return line if line.cell_len <= page.width else Text(shorten(line.plain, page.width, page.signs.cut))


def head_line(progress: Progress, page: Page, now: datetime) -> Text:
    """Return what runs where, since when, and for how long yet."""
    say, dot = page.say, page.signs.dot
    elapsed = (now - progress.first).total_seconds() if progress.first else 0.0
    right = say("elapsed {elapsed}   left about {left}", elapsed=clock(elapsed), left=rough(progress.left(now), say))
    left = f"{progress.target} {dot} {progress.runbook.id} {dot} {progress.run_id}"
    right = f"{time_of_day(now)}   {right}"
    room = page.width - len("  ") * 2
    if len(left) + 3 + _cells(right) > room:
        left = f"{progress.target} {dot} {short_id(progress.run_id)}"
    return Text.assemble("  ", (shorten(left, max(12, room - _cells(right) - 3)), STRONG), "   ", right)


def groups(progress: Progress) -> list[list[Step]]:
    """Return the steps in order, in groups of one line each: old successes together, the far future together."""
    steps = progress.runbook.steps
    here = max((i for i, step in enumerate(steps) if progress.step(step).state != "PENDING"), default=-1)
    at = steps[here].spot.fan if here >= 0 else None
    found: list[list[Step]] = []
    last = None
    for index, step in enumerate(progress.runbook.steps):
        kind = _kind(progress.step(step), index, here)
        if at is not None and step.spot.fan == at:
            kind = None if progress.step(step).state in _TROUBLE else at
        if found and kind is not None and kind == last:
            found[-1].append(step)
        else:
            found.append([step])
        last = kind
    return found


def _kind(view: StepView, index: int, here: int) -> str | None:
    """Return what the step can share a line with; None if it has a line of its own."""
    if view.state == "SKIPPED" and view.reason == NOT_REACHED:
        return "not reached"
    if view.state in _QUIET and index < here - RECENT:
        return "old"
    return "far" if view.state == "PENDING" and index > here + 1 else None


def tail_lines(tail: Sequence[str], page: Page) -> list[Text]:
    """Return the newest lines of a tool's output, made harmless, below its step."""
    bar = " " * 12 + page.signs.bar + " "
    return [Text(bar + shorten(visible(line), page.width - len(bar), page.signs.cut), FAINT) for line in tail]


def _group(progress: Progress, group: Sequence[Step], page: Page, now: datetime) -> list[Text]:
    look = step_look(progress.step(group[0]).state if len(group) == 1 else _common(progress, group))
    first, last = progress.number(group[0].id), progress.number(group[-1].id)
    number = f"{first}" if first == last else f"{first}-{last}"
    told = titles(group, page) if len(group) > 1 else progress.title(group[0].id, page.say.code)
    right = _time(progress, group, page, now)
    room = page.width - 6 - _NUMBER - 2 - _cells(right)
    head = Text.assemble("   ", (getattr(page.signs, look.sign), look.style), " ", pad(number, _NUMBER))
    line = head.append(pad(shorten(told, room, page.signs.cut), room)).append("  ").append(right)
    line.rstrip()
    return [line, *_remark(progress, group, page)]


def _common(progress: Progress, group: Sequence[Step]) -> str:
    states = {progress.step(step).state for step in group}
    if len(states) == 1:
        return states.pop()
    return "SUCCEEDED" if states <= STEP_DONE else "RUNNING"


def _time(progress: Progress, group: Sequence[Step], page: Page, now: datetime) -> Text | str:
    say = page.say
    seconds = [progress.seconds(step.id, now) for step in group]
    known = [value for value in seconds if value is not None]
    view = progress.step(group[0])
    if len(group) > 1 and _common(progress, group) == "RUNNING":
        done = sum(progress.step(step).state in STEP_DONE for step in group)
        return say("{done} of {count} done", done=done, count=len(group))
    if view.state in ACTIVE:
        return say(
            "{now} of about {expected}",
            now=clock(known[0] if known else 0),
            expected=clock(progress.expected(group[0])),
        )
    if view.state == "PENDING":
        return ""
    if view.reason == NOT_REACHED:
        return say("not reached")
    if view.state in {"SKIPPED", "WAITING", "FAILED", "UNKNOWN", "UNDO_FAILED", "UNDONE"} and len(group) == 1:
        return say(step_look(view.state).word)
    return pad(spoken(sum(known), say), _TIME, "right") if known else ""


def _remark(progress: Progress, group: Sequence[Step], page: Page) -> list[Text]:
    """Return the line below a step that says where its tool runs, or why it is not simply done."""
    if len(group) != 1:
        return []
    view = progress.step(group[0])
    indent = " " * 12
    text = ""
    if view.state in ACTIVE and (call := view.calls[-1] if view.calls else None):
        text = _where(call.intent.on, call.pid, call.intent.op is not None, page)
    elif view.state in ACTIVE and view.child:
        text = page.say(STARTED, run=view.child.run)
    elif view.reason and view.state != "PENDING" and view.reason != NOT_REACHED:
        text = reason_text(view.reason, progress.runbook, page.say)
    if not text:
        return []
    return [Text(indent + line, FAINT) for line in folded(text, page.width - len(indent))]


def _where(host: str, pid: int | None, detached: bool, page: Page) -> str:
    if detached and pid:
        return page.say("detached on {host}, process {pid}", host=host, pid=pid)
    return page.say("on {host}", host=host)


def ways_out(progress: Progress, page: Page, *, pausing: bool = False) -> Text:
    """Return how to leave the screen of a running step without harm; what is known best is left out first."""
    say = page.say
    parts = [
        say("pausing after this step; Ctrl-C again leaves it running" if pausing else "Ctrl-C pauses after this step"),
        say("elsewhere: hisops status {run}", run=short_id(progress.run_id)),
        say("the tool survives a lost link"),
    ]
    while len(parts) > 1 and _cells(f"  {page.signs.dot}   ".join(parts)) > page.width:
        parts.pop()
    return Text("  " + f" {page.signs.dot} ".join(parts), FAINT)


def _cells(text: Text | str) -> int:
    return text.cell_len if isinstance(text, Text) else Text(text).cell_len
