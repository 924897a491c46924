"""The tables of a form: their rows as cells by the name of the column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from hisops.model import records as r
from hisops.model.account import Written
from hisops.model.report import Section, Table
from hisops.model.text import parse_duration
from hisops.report.facts import FACTS, moment_cell
from hisops.report.interruptions import interruptions
from hisops.report.lists import LISTS, RESULT_TONES, Row
from hisops.report.logs import Logs
from hisops.report.moments import result_of
from hisops.report.scope import lacking_moment, lacking_table, not_part
from hisops.report.sheet import Cell, Grid, Heading
from hisops.report.sources import result_cell
from hisops.report.story import Story
from hisops.report.tones import tone
from hisops.report.tongue import Tongue

_ASKED = frozenset({"moments", "checks"})  # here people look for an answer; elsewhere there may be none to have
NOTHING = Cell(text="–", blank=True)


class Rows(NamedTuple):
    """The rows of one table, and what tells it from the same table of another run."""

    title: str
    rows: list[Row]


def grids(section: Section, logs: Logs) -> tuple[Grid, ...]:
    """Return the tables of a section; those without rows are left out."""
    if section.table is None or lacking_table(section, logs):
        return ()
    say = logs.tongue.say
    headings = tuple(Heading(column.id, say(column.title), column.share) for column in section.columns)
    lacking = logs.blank() if section.table in _ASKED else NOTHING
    return tuple(
        Grid(headings, tuple(tuple(row.get(each.id, lacking) for each in headings) for row in found.rows), found.title)
        for found in _rows(section, logs)
        if found.rows
    )


def _rows(section: Section, logs: Logs) -> Iterator[Rows]:
    if section.table in LISTS:
        yield Rows("", list(LISTS[section.table](section, logs)))
    elif section.table is not None:
        yield from TABLES[section.table](logs)


def _title(story: Story, logs: Logs) -> str:
    if len(logs.stories) == 1:
        return ""
    return f"{logs.tongue.bilingual(story.account.runbook.get('title'))}  {story.account.run_id}"


def _steps(logs: Logs) -> Iterator[Rows]:
    for story in logs.stories:
        rows = [_step(number, step, story, logs) for number, step in enumerate(story.steps, 1)]
        yield Rows(_title(story, logs), rows)


def _step(number: int, step: Mapping[str, Any], story: Story, logs: Logs) -> Row:
    name, tongue = str(step["id"]), logs.tongue
    begin, end, last = story.begun(name), story.settled(name), story.last(name)
    defined = (story.runbook_ref(f"steps.{name}"),)
    row = {
        "number": Cell(text=str(number)),
        "step": Cell(value=name, text=tongue.title(story.title(name)), refs=defined),
        "planned": _planned(name, step, story, tongue),
    }
    if last is None:
        not_reached = tongue.say(logs.form.words.not_reached)
        return {**row, "result": Cell(text=not_reached, refs=defined, tone="care")}
    if begin is not None:
        row["begin"] = moment_cell(story, tongue, begin, short=True)
        row["who"] = _who(name, end or last, story, logs)
    if end is not None and begin is not None:
        row["end"] = moment_cell(story, tongue, end, short=True)
    return {**row, "result": _result(last, logs, story)}


def _planned(name: str, step: Mapping[str, Any], story: Story, tongue: Tongue) -> Cell:
    """Return what was expected when the run was planned: the site's own figures, else the author's."""
    figure = story.account.plan.get("timing", {}).get("steps", {}).get(name)
    if figure:
        seconds = int(figure["median"])
        refs = (story.plan_ref(f"timing.steps.{name}"),)
        return Cell(value=seconds, text=tongue.duration(seconds), refs=refs)
    if "expect" not in step:
        return NOTHING
    seconds = int(str(parse_duration(step["expect"])))
    refs = (story.runbook_ref(f"steps.{name}.expect"),)
    return Cell(value=step["expect"], text=tongue.duration(seconds), refs=refs)


def _who(name: str, line: Written, story: Story, logs: Logs) -> Cell:
    """Return who carried a step out, and who approved it."""
    tongue, words = logs.tongue, logs.form.words
    refs, told, value = [story.ref(line, "actor")], [tongue.foreign(line.actor)], [line.actor]
    for approved in story.approved(name):
        by = str(getattr(approved.record, "by", ""))
        told.append(tongue.say(words.approved_by, who=tongue.foreign(by)))
        value.append(by)
        refs.append(story.ref(approved, "by"))
    return Cell(value=value, text="\n".join(told), refs=tuple(refs))


def _result(line: Written, logs: Logs, story: Story) -> Cell:
    state, reason = str(getattr(line.record, "state", "")), getattr(line.record, "reason", None)
    told = [logs.tongue.term(state), logs.tongue.reason(str(reason), state) if reason else ""]
    return Cell(value=state, text="\n".join(filter(None, told)), refs=(story.ref(line),), tone=tone(line))


def _moments(logs: Logs) -> Iterator[Rows]:
    rows: list[Row] = []
    for moment in logs.form.moments:
        row = {"moment": Cell(text=logs.tongue.say(moment.title))}
        reached = logs.moments[moment.id]
        if reached is None and (why := lacking_moment(moment, logs)):
            row["time"] = not_part(logs, why)
        if reached is not None:
            story, line = reached.story, reached.line
            row |= {"time": moment_cell(story, logs.tongue, line), "who": _by(line, story, logs)}
            said = result_cell(str(getattr(line.record, "step", "")), {}, story, logs)
            row |= {"said": said} if said else {}
        rows.append(row)
    yield Rows("", rows)


def _by(line: Written, story: Story, logs: Logs) -> Cell:
    by = getattr(line.record, "by", None)
    name = str(by or line.actor)
    return Cell(value=name, text=logs.tongue.foreign(name), refs=(story.ref(line, "by" if by else "actor"),))


def _checks(logs: Logs) -> Iterator[Rows]:
    for number, story in enumerate(logs.stories):
        if number == 0 or any(story.answered(check.step) for check in logs.form.checks):
            yield Rows(_title(story, logs), [_check(index, story, logs) for index in range(len(logs.form.checks))])


def _check(index: int, story: Story, logs: Logs) -> Row:
    check = logs.form.checks[index]
    row = {"check": Cell(text=logs.tongue.say(check.title))}
    line = story.answered(check.step)
    if line is None:
        found = result_cell(check.step, {}, story, logs)
        return {**row, "result": found} if found else row
    said = str(getattr(line.record, "value", "") or "")
    result, refs = result_of(said, logs.form.results), (story.ref(line, "value"),)
    if result is not None:
        rest = said.strip()[len(result.begins) :].lstrip(" ,;:，；：、.")
        row["result"] = Cell(value=result.begins, text=logs.tongue.say(result.title), refs=refs,
                             tone=RESULT_TONES[result.means])  # fmt: skip
        said = rest or "–"
    row["said"] = Cell(value=said, text=logs.tongue.foreign(said), refs=refs)
    return {**row, "time": moment_cell(story, logs.tongue, line, short=True), "who": _by(line, story, logs)}


def _deviations(logs: Logs) -> Iterator[Rows]:
    rows: list[Row] = []
    tongue = logs.tongue
    for story in logs.stories:
        for line in story.of_kind(r.Deviation):
            record, refs = line.record, (story.ref(line),)
            if not isinstance(record, r.Deviation):
                continue
            step = tongue.title(story.title(record.step)) if record.step else "–"
            rows.append({
                "time": moment_cell(story, tongue, line),
                "kind": Cell(value=record.kind, text=tongue.term(record.kind), refs=refs, tone="care"),
                "step": Cell(value=record.step, text=step or tongue.foreign(record.step or ""), refs=refs),
                "reason": Cell(value=record.reason, text=tongue.reason(record.reason), refs=refs),
                "who": _by(line, story, logs),
            })  # fmt: skip
    yield Rows("", rows)


def _interruptions(logs: Logs) -> Iterator[Rows]:
    yield Rows("", [row for story in logs.stories for row in interruptions(story, logs)])


def _runs(logs: Logs) -> Iterator[Rows]:
    rows: list[Row] = []
    names = {"run": "id", "runbook": "runbook", "target": "target", "begun": "begun", "ended": "ended",
             "state": "state", "verdict": "verdict", "head": "head", "plan": "plan"}  # fmt: skip
    for story in logs.stories:
        cells = {column: FACTS[fact](story, logs.tongue, {}) for column, fact in names.items()}  # type: ignore[index]
        rows.append({column: cell for column, cell in cells.items() if cell is not None})
    yield Rows("", rows)


TABLES: dict[Table, Callable[[Logs], Iterator[Rows]]] = {
    "steps": _steps,
    "moments": _moments,
    "checks": _checks,
    "deviations": _deviations,
    "interruptions": _interruptions,
    "runs": _runs,
}
