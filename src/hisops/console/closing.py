"""What stands on the screen when hisops leaves a run: how it stands, why, and last of all what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from hisops.console.children import child_rows, children_document
from hisops.console.deviations import deviation_lines
from hisops.console.duration import spoken, time_of_day
from hisops.console.grid import Column, folded, grid, pad, wrapped
from hisops.console.i18n import mark
from hisops.console.progress import Progress, short_digest, short_id
from hisops.console.reasons import reason_text
from hisops.console.steps import running_lines
from hisops.console.theme import FAINT, Page
from hisops.console.timing import window_document
from hisops.console.words import run_look, step_look
from hisops.model.records import StatementRefused
from hisops.model.run import RUN_ENDED

_REFUSED = {
    3: mark("REFUSED, nothing was changed"),
    5: mark("REFUSED, another run holds the target"),
}
ANSWERED = ("confirm", "type_target", "read_back", "manual")
UNTOLD = {"read_back": "read it from the evidence", "manual": "what came of it"}


def closing_lines(
    progress: Progress, page: Page, exit_code: int, *, live: bool = False, owed: Sequence[Text] = ()
) -> list[Text]:
    """Return the closing summary of a run in any state; `live` if a process carries it on right now."""
    return [Text(), *_deviations(progress, page), *owed, *_summary(progress, page, exit_code, live)]


def _deviations(progress: Progress, page: Page) -> list[Text]:
    return deviation_lines(progress.view.numbered_deviations(), page)


def _summary(progress: Progress, page: Page, exit_code: int, live: bool) -> list[Text]:
    return [
        _head(progress, page, exit_code),
        *_reason(progress, page),
        *grid([Column(), Column(wraps=True)], _facts(progress, page), page.width, indent=4),
        *_next(_commands(progress, page, live), page),
    ]


def status_lines(
    progress: Progress, page: Page, exit_code: int, now: datetime, *, live: bool = False, owed: Sequence[Text] = ()
) -> list[Text]:
    """Return what was not as it should be, the steps of a run as they stand, and the closing summary below them."""
    steps = running_lines(progress, page, now)
    return [*_deviations(progress, page), *owed, *steps, Text(), *_summary(progress, page, exit_code, live)]


def document(progress: Progress, exit_code: int) -> dict[str, object]:
    """Return the summary for `--json`."""
    view = progress.view
    steps = [
        {"id": step.id, "state": view.step(step.id).state, "reason": view.step(step.id).reason}
        for step in progress.runbook.steps
    ]
    return {
        "deviations": view.numbered_deviations(),
        "run": progress.run_id, "runbook": progress.runbook.id, "target": progress.target, "state": view.state,
        "reason": view.reason, "exit": exit_code, "steps": steps,
        "window": window_document(progress),
        "waits": [
            {"step": step, "parts": parts, "role": _role(progress, step)} for step, parts in open_gates(progress)
        ] if view.state not in RUN_ENDED else [],
        **children_document(progress),
    }  # fmt: skip


def _role(progress: Progress, step_id: str) -> str | None:
    gate = progress.runbook.step(step_id).gate
    return gate.approve.role if gate and gate.approve else None


def open_gates(progress: Progress) -> list[tuple[str, list[str]]]:
    """Return each step that waits at its gate, with the parts that still lack an answer."""
    found = []
    for step in progress.runbook.steps:
        view = progress.step(step)
        if view.state == "WAITING" and view.opened is not None:
            found.append((step.id, [part for part in view.opened.parts if part not in view.decided]))
    return found


def _head(progress: Progress, page: Page, exit_code: int) -> Text:
    look = run_look(progress.view.state)
    word = page.say(_REFUSED.get(exit_code, look.word))
    head = Text.assemble("  ", (f"{getattr(page.signs, look.sign)} {word}", look.style))
    head.append("  " + page.say("{runbook} on {target}", runbook=progress.runbook.id, target=progress.target))
    right = page.say("exit {code}", code=exit_code)
    gap = page.width - head.cell_len - Text(right).cell_len - 2
    return head.append(" " * gap + right, FAINT) if gap > 1 else head


def _reason(progress: Progress, page: Page) -> list[Text]:
    """Return each step that went wrong and why; the run's own reason where no step tells it."""
    lines: list[Text] = []
    for step in progress.runbook.steps:
        view = progress.step(step)
        if view.state not in {"FAILED", "UNKNOWN", "UNDO_FAILED"}:
            continue
        named = progress.title(step.id, page.say.code)
        title = page.say("step {number}, {title}", number=progress.number(step.id), title=named)
        text = f"{title}: {page.say(step_look(view.state).word)}"
        why = reason_text(view.reason, progress.runbook, page.say)
        lines += wrapped(f"{text}. {why}" if why else text, page.width, indent=4)
    if not lines and progress.view.reason:
        lines = wrapped(reason_text(progress.view.reason, progress.runbook, page.say), page.width, indent=4)
    return lines


def _facts(progress: Progress, page: Page) -> list[tuple[str, str]]:
    say, view = page.say, progress.view
    rows = [(say("time"), _time(progress, page)), (say("steps"), _counted(progress, page))]
    if not view.deviations:
        rows.append((say("deviations"), say("none")))
    if signed := sorted({f"{item.by} ({say(item.kind)})" for item in view.statements}):
        rows.append((say("signed by"), ", ".join(signed)))
    if taken := [f"{each.previous} {page.signs.arrow} {each.by} ({each.role})" for each in view.handovers]:
        rows.append((say("handed over"), ", ".join(taken)))
    if refused := list(dict.fromkeys(_refused(item, page) for item in view.refused)):
        rows.append((say("does not count"), "\n".join(refused)))
    if lost := [link.host for link in view.links if link.event == "lost"]:
        rows.append((say("link lost"), ", ".join(f"{host} {lost.count(host)} x" for host in dict.fromkeys(lost))))
    rows += [(say("waits at"), f"{step}: {', '.join(parts)}") for step, parts in open_gates(progress)]
    return [*rows, (say("log"), f"runs/{progress.run_id}")]


def _refused(item: StatementRefused, page: Page) -> str:
    """Return whose statement, or which file, does not count, and why."""
    reason = reason_text(item.reason, None, page.say)
    who = item.by or short_digest(item.statement)
    return reason if reason.startswith(who) else f"{who}: {reason}"


def _time(progress: Progress, page: Page) -> str:
    first, last = progress.first, progress.last
    if first is None or last is None:
        return "-"
    dash = page.signs.dash
    return f"{_minute(first)} {dash} {_minute(last)}, {spoken((last - first).total_seconds(), page.say)}"


def _minute(moment: datetime) -> str:
    return time_of_day(moment)[:5]


def _counted(progress: Progress, page: Page) -> str:
    states = [progress.step(step).state for step in progress.runbook.steps]
    return f" {page.signs.dot} ".join(
        f"{states.count(state)} {page.say(step_look(state).word)}" for state in dict.fromkeys(states)
    )


def _commands(progress: Progress, page: Page, live: bool) -> list[tuple[str, str, str]]:
    """Return what can be typed next: a word for it, the command, a remark."""
    say, run, state = page.say, short_id(progress.run_id), progress.view.state
    if rows := child_rows(progress, page):
        return rows
    if state in RUN_ENDED:
        return [
            (say("look"), f"hisops log show {run}", ""),
            (say("check"), f"hisops log verify {run} --commands", say("with the system's own ssh-keygen")),
        ]
    if state == "WAITING":
        goes_on = [] if live else [(say("then"), f"hisops resume {run}", "")]
        return [*_answers(progress, page), *goes_on]
    if state == "HELD":
        return _recovery(progress, page)
    first = (say("look"), f"hisops status {run}", "") if live else (say("go on"), f"hisops resume {run}", "")
    cancel = (say("give up"), f"hisops cancel {run} --reason TEXT", say("at the next boundary, signed by you"))
    return [first, cancel]


def _answers(progress: Progress, page: Page) -> list[tuple[str, str, str]]:
    run = short_id(progress.run_id)
    rows = []
    for step, parts in open_gates(progress):
        if values := [_answer(part, progress) for part in parts if part in ANSWERED]:
            rows.append((page.say("answer"), f"hisops answer {run} {step} {' '.join(values)}", ""))
        if any(part.startswith("approve") for part in parts):
            rows.append((page.say("approve"), f"hisops approve {run}", page.say("by another person")))
    return rows


def _answer(part: str, progress: Progress) -> str:
    """Return what answers a part of a gate, to be pasted; what only a person can tell is left to be set, in sh."""
    told = {"confirm": "yes", "type_target": progress.target}
    return told.get(part) or f'"${{{part.upper()}:?{UNTOLD[part]}}}"'


def _recovery(progress: Progress, page: Page) -> list[tuple[str, str, str]]:
    say, run = page.say, short_id(progress.run_id)
    open_step = next((s.id for s in progress.runbook.steps if progress.step(s).state in _STUCK), None)
    look = f"hisops log show {run} --step {open_step}" if open_step else f"hisops log show {run}"
    rows = [(say("look"), look, ""), (say("ask again"), f"hisops resume {run}", say("begins with the read-only probe"))]
    if open_step:
        decide = f"hisops resolve {run} {open_step} --as done|not-done --evidence FILE"
        rows.append((say("decide"), decide, say("signed by you")))
    return [*rows, *_answers(progress, page)]


_STUCK = frozenset({"UNKNOWN", "FAILED", "UNDO_FAILED", "RUNNING", "STARTING", "VERIFYING", "UNDOING"})


def _next(commands: Sequence[tuple[str, str, str]], page: Page) -> list[Text]:
    """Return the commands, each whole on its line so that it can be copied, the last thing on the screen."""
    widest = max(cell_len(word) for word, _, _ in commands)
    lines = [Text("    " + page.say("What you can do:"))]
    for word, command, remark in commands:
        lines += _command(pad(word, widest), page.typed(command), remark, page)
    return lines


def _command(word: str, command: str, remark: str, page: Page) -> list[Text]:
    line = Text(f"      {word}   {command}")
    if line.cell_len > page.width:
        return [Text(f"      {word.rstrip()}  {remark}".rstrip()), *_continued(command, page.width)]
    note = f"   ({remark})"
    if not remark or line.cell_len + cell_len(note) <= page.width:
        return [line.append(note if remark else "", FAINT)]
    return [line, *wrapped(note.strip(), page.width, indent=9 + cell_len(word), style=FAINT)]


def _continued(command: str, width: int) -> list[Text]:
    """Return a long command over several lines, as a shell reads it."""
    lines = folded(command, width - 12)
    return [Text(" " * 8 + line + (" \\" if number < len(lines) else "")) for number, line in enumerate(lines, 1)]
