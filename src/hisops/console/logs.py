"""Logs as lists and as a story, record by record, each with its place in the log."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from rich.text import Text

from hisops.console.deviations import deviation_lines
from hisops.console.duration import local, time_of_day
from hisops.console.escape import visible, visible_lines
from hisops.console.grid import Column, folded, grid, wrapped
from hisops.console.i18n import Language, mark
from hisops.console.live import decoded
from hisops.console.progress import Progress
from hisops.console.reasons import reason_text
from hisops.console.theme import BAD, CARE, FAINT, STRONG, Page
from hisops.console.words import run_look, step_look, verdict_look
from hisops.errors import HisopsError
from hisops.model import records as r
from hisops.model.expansion import ExpandedRunbook
from hisops.model.run import BREAK_GLASS, RunView, fold

TOLD = {
    "step.intent": mark("{kind} begins on {on}, attempt {attempt}"),
    "step.spawned": mark("runs detached, process {pid}"),
    "gate.opened": mark("gate: {parts}"),
    "gate.decided": mark("gate {part} passed by {by}"),
    "link lost": mark("link to {host} lost"),
    "link back": mark("link to {host} is back"),
    "lock": mark("lock {name} on {where}: {event}"),
    "run.kept": mark("carried out on {host} by the logs {control}"),
    "secret.use": mark("secret {name} was used ({source})"),
    "approval": mark("{kind} by {by} accepted"),
    "approval.refused": mark("a signed statement was refused: {reason}"),
    "deviation": mark("deviation: {reason}"),
    "child.intent": mark("run {run} of {runbook} on {target} begins, attempt {attempt}"),
    "child.end": mark("run {run} has ended: {state}, exit {exit}"),
    "runbook.amend": mark("the runbook was amended by {by}, approved by {approved_by}"),
    "handover": mark("{by} takes the run over from {previous} as {role}"),
    "gate broken": mark("gate {part}: {by} did without the approval"),
    "run.seal": mark("sealed: {state}, exit {exit}"),
}


class Stamp(Protocol):
    """When a record was written."""

    @property
    def time(self) -> datetime:
        """The time of day."""


class Entry(Protocol):
    """A record with its place and time (`journal.reader.Entry`)."""

    @property
    def segment(self) -> int:
        """The segment."""

    @property
    def n(self) -> int:
        """The line."""

    @property
    def stamp(self) -> Stamp:
        """The time."""

    @property
    def actor(self) -> str:
        """Who wrote it."""

    @property
    def record(self) -> r.Record:
        """The record."""


class Loaded(Protocol):
    """A run as its log tells it (`journal.reader.LoadedRun`)."""

    @property
    def run_id(self) -> str:
        """Its id."""

    @property
    def operators(self) -> Sequence[str]:
        """Who carried it on."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Its records."""

    @property
    def plan_document(self) -> dict[str, Any]:
        """Its plan."""

    @property
    def runbook(self) -> dict[str, Any]:
        """The runbook that it goes by."""

    @property
    def live(self) -> bool:
        """Whether a process carries it on now."""

    def read_blob(self, digest: str) -> bytes:
        """Return the data of a blob."""


Broken = Sequence[tuple[str, HisopsError]]


def list_lines(runs: Sequence[Loaded], broken: Broken, page: Page, owing: Collection[str] = ()) -> list[Text]:
    """Return all runs, one a line; `owing` are those that broke the glass and were not reviewed."""
    say = page.say
    rows = [_listed(run, page, owes=run.run_id in owing) for run in runs]
    rows += [(name, "", "", Text(say("unreadable"), BAD), visible(say.fact(error))) for name, error in broken]
    if not rows:
        return [Text("  " + say("There is no run yet."))]
    columns = [
        Column(say("run")), Column(say("runbook"), shrink_to=10), Column(say("target")),
        Column(say("state"), wraps=True), Column(say("operator"), wraps=True),
    ]  # fmt: skip
    return grid(columns, rows, page.width)


def list_document(runs: Sequence[Loaded], broken: Broken, say: Language, owing: Collection[str] = ()) -> dict[str, Any]:
    """Return all runs for `--json`."""
    return {
        "runs": [{**_summary(run), "not_reviewed": run.run_id in owing} for run in runs],
        "unreadable": [{"run": name, "code": error.code, "fact": say.fact(error)} for name, error in broken],
    }


def show_lines(run: Loaded, page: Page) -> list[Text]:
    """Return the story of a run."""
    progress = _progress(run)
    rows = [row for entry in run.entries if (row := _told(entry, progress, page))]
    columns = [Column(page.say("time")), Column(page.say("log")), Column(page.say("step")), Column(wraps=True)]
    return [*_head(run, page), *grid(columns, rows, page.width)]


def step_lines(run: Loaded, step: str, page: Page) -> list[Text]:
    """Return everything about one step: its calls with their exact text and output."""
    progress = _progress(run)
    lines = [*_head(run, page), Text(f"  {progress.number(step)} {progress.title(step, page.say.code)}", STRONG)]
    for entry in run.entries:
        if getattr(entry.record, "step", None) != step:
            continue
        if row := _told(entry, progress, page):
            lines += grid([Column(), Column(), Column(wraps=True)], [(row[0], row[1], row[3])], page.width, indent=4)
        lines += _blobs(run, entry.record, page)
    return lines


def show_document(run: Loaded, step: str | None) -> dict[str, Any]:
    """Return the records for `--json`."""
    entries = [entry for entry in run.entries if step is None or getattr(entry.record, "step", None) == step]
    return {
        "deviations": _view(run).numbered_deviations(),
        **_summary(run),
        "records": [
            {
                "segment": entry.segment, "n": entry.n, "ts": entry.stamp.time.isoformat(), "actor": entry.actor,
                "type": entry.record.TYPE, **r.to_fields(entry.record),
            }
            for entry in entries
        ],
    }  # fmt: skip


def _listed(run: Loaded, page: Page, *, owes: bool) -> tuple[str | Text, ...]:
    view = _view(run)
    look = run_look(view.state)
    state = Text(f"{getattr(page.signs, look.sign)} {page.say(look.word)}", look.style)
    if owes:
        state.append(f"; {page.say('break-glass, not reviewed')}", CARE)
    known = _summary(run)
    return run.run_id, known["runbook"], known["target"], state, ", ".join(dict.fromkeys(run.operators))


def _summary(run: Loaded) -> dict[str, Any]:
    plan, view = run.plan_document, _view(run)
    return {
        "run": run.run_id, "runbook": plan["runbook"]["id"], "target": plan["target"], "state": view.state,
        "exit": view.sealed.exit if view.sealed else None, "live": run.live, "operators": list(run.operators),
    }  # fmt: skip


def _view(run: Loaded) -> RunView:
    return fold(entry.record for entry in run.entries)


def _progress(run: Loaded) -> Progress:
    plan = run.plan_document
    return Progress(run_id=run.run_id, target=plan["target"], runbook=ExpandedRunbook.model_validate(run.runbook))


def _head(run: Loaded, page: Page) -> list[Text]:
    known, began = _summary(run), run.entries[0].stamp.time if run.entries else None
    told = [known["runbook"], known["target"], local(began) if began else "-", ", ".join(dict.fromkeys(run.operators))]
    head = wrapped(f" {page.signs.dot} ".join(told), page.width, first=Text(f"  {run.run_id}   ", STRONG), indent=4)
    return [*deviation_lines(_view(run).numbered_deviations(), page), *head, Text()]


def _told(entry: Entry, progress: Progress, page: Page) -> tuple[str, str, str, Text] | None:
    text = _sentence(entry.record, page)
    if text is None:
        return None
    step = getattr(entry.record, "step", None) or ""
    return time_of_day(entry.stamp.time), f"{entry.segment}:{entry.n}", step, text


def _sentence(record: r.Record, page: Page) -> Text | None:
    """Return what a record says, in a line; None for one that only carries output."""
    match record:
        case r.StepChanged(state=state, reason=reason):
            look = step_look(state)
            return _stated(look.sign, look.style, page.say(look.word), reason, page)
        case r.RunChanged(state=state, reason=reason):
            look = run_look(state)
            return _stated(look.sign, look.style, page.say("run {state}", state=page.say(look.word)), reason, page)
        case r.CallEnded(verdict=verdict, kind=kind, code=code, reason=reason):
            look = verdict_look(verdict)
            ended = page.say("{kind}: {verdict}", kind=page.say(kind), verdict=page.say(look.word))
            exit_code = "" if code is None else page.say(", exit code {code}", code=code)
            return _stated(look.sign, look.style, ended + exit_code, reason, page)
        case _:
            text = _plain(record, page)
            return Text(text) if text else None


def _stated(sign: str, style: str, word: str, reason: str | None, page: Page) -> Text:
    text = Text.assemble((f"{getattr(page.signs, sign)} {word}", style))
    return text.append(f"  {reason_text(reason, None, page.say)}") if reason else text


def _plain(record: r.Record, page: Page) -> str | None:
    event = getattr(record, "event", "")
    template = TOLD.get(f"{record.TYPE} {event}" if isinstance(record, r.LinkChanged) else record.TYPE)
    if isinstance(record, r.GateDecided) and record.value == BREAK_GLASS:
        template = TOLD["gate broken"]
    if template is None:
        return None
    values = {name: _value(name, value, page) for name, value in r.to_fields(record).items()}
    if isinstance(record, r.CallIntent) and record.user:
        values["on"] = f"{record.user}@{record.on}"
    return page.say(template, **values)


def _value(name: str, value: object, page: Page) -> str:
    if isinstance(value, list):
        return ", ".join(visible(str(item)) for item in value)
    return page.say(str(value)) if name in {"kind", "event"} else visible(str(value))


def _blobs(run: Loaded, record: r.Record, page: Page) -> list[Text]:
    match record:
        case r.CallIntent(command=digest):
            return _command(run.read_blob(digest), page)
        case r.CallOutput(stdout=stdout, stderr=stderr, cut=cut):
            lines = [line for digest in (stdout, stderr) if digest for line in _output(run.read_blob(digest), page)]
            note = page.say("{count} bytes between head and tail were left out", count=cut)
            return [*lines, *([Text(f"      ({note})", FAINT)] if cut else [])]
        case _:
            return []


def _command(data: bytes, page: Page) -> list[Text]:
    """Return the exact text of a call, as the log keeps it."""
    call: Mapping[str, Any] = json.loads(data)
    text = str(call.get("sh") or call.get("sql") or "")
    fed = [line for part in call.get("stdin") or () for line in str(part).splitlines()]
    return [*_block(text.splitlines(), page, page.signs.running), *_block(fed, page, "<")]


def _output(data: bytes, page: Page) -> list[Text]:
    return _block(visible_lines(decoded(data)), page, page.signs.bar)


def _block(lines: Sequence[str], page: Page, edge: str) -> list[Text]:
    room = page.width - 8
    return [Text(f"      {edge} {part}", FAINT) for line in lines for part in folded(visible(line), room)]
