"""The closed set of sources: what the logs hold for a box, as cells whose references follow from where it was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hisops.model import records as r
from hisops.model.account import Written
from hisops.model.report import Box, Source
from hisops.model.text import Text
from hisops.report.facts import FACTS
from hisops.report.logs import Logs
from hisops.report.moments import bad_checks, between
from hisops.report.scope import in_scope, not_part
from hisops.report.sheet import Cell, Ref
from hisops.report.steps import captured_cell, host_cell, identity_cell, outcome_cell
from hisops.report.story import Story
from hisops.report.tones import tone
from hisops.report.tongue import Tongue

_SECONDS = {"seconds": 1, "minutes": 60, "count": 1}


def fill(box: Box, logs: Logs) -> tuple[Cell, ...]:
    """Return the cells of a box. One blank stands for a box of which nothing is known, a word for what is no part."""
    sources, refs = in_scope(box, logs)
    if not sources:
        return (not_part(logs, refs),)
    cells: list[Cell] = []
    for source in sources:
        if not source.otherwise:
            cells += cells_of(source, logs)
        elif all(cell.blank for cell in cells):
            cells = cells_of(source, logs)
    return tuple(cells) if any(not cell.blank for cell in cells) else (logs.blank(),)


def cells_of(source: Source, logs: Logs) -> list[Cell]:
    """Return what one source gives: at least one cell, blank if the logs have nothing."""
    found = [cell for story in logs.asked(source.of) if (cell := _found(source, story, logs)) is not None]
    return [_labelled(source, cell, logs.tongue) for cell in found or [logs.blank()]]


def _found(source: Source, story: Story, logs: Logs) -> Cell | None:
    kind = next((name for name in _FINDERS if getattr(source, name) is not None), None)
    return _FINDERS[kind](source, story, logs) if kind else None


def _parameter(source: Source, story: Story, logs: Logs) -> Cell | None:
    name = source.parameter or ""
    value = story.account.plan.get("parameters", {}).get(name)
    if value is None or value == "":
        return None
    given, text = story.plan_ref(f"parameters.{name}"), _written(value, source, logs.tongue)
    default = story.account.plan.get("runbook", {}).get("parameters", {}).get(name, {}).get("default")
    if source.provisional and default is not None and default == value:
        provisional = logs.tongue.say(logs.form.words.provisional)
        refs = (given, story.plan_ref(f"runbook.parameters.{name}.default"))
        return Cell(value=value, text=f"{text} {provisional}", refs=refs, tone="care")
    return Cell(value=value, text=text, refs=(given,))


def _output(source: Source, story: Story, logs: Logs) -> Cell | None:
    step, _, name = (source.output or "").partition(".")
    line = story.succeeded(step)
    value = _out(line).get(name)
    if line is None or value is None or value == "":
        return None
    refs = (story.ref(line, f"out.{name}"),)
    if source.below_is_unknown is not None and _is_number(value) and value < source.below_is_unknown:
        return Cell(text=logs.tongue.say(logs.form.words.not_measured), refs=refs, tone="care")
    return Cell(value=value, text=_written(value, source, logs.tongue), refs=refs)


def _result(source: Source, story: Story, logs: Logs) -> Cell | None:
    return result_cell(source.result or "", source.words, story, logs)


def result_cell(step: str, words: Mapping[str, Text], story: Story, logs: Logs) -> Cell | None:
    """Return what became of a step: a person's answer in the form's `words`, else outputs, state and reason."""
    if (line := story.answered(step)) is not None and isinstance(line.record, r.GateDecided):
        said = line.record.value or ""
        return Cell(value=said, text=logs.tongue.term(said, words), refs=(story.ref(line, "value"),))
    line = story.settled(step)
    if line is None or not isinstance(line.record, r.StepChanged):
        return None
    record, tongue = line.record, logs.tongue
    told = [f"{name} = {tongue.plain(value)}" for name, value in record.out.items()]
    reason = tongue.reason(record.reason, record.state) if record.reason else ""
    text = " ".join(filter(None, [tongue.term(record.state), "\n".join(told), reason]))
    return Cell(value={"state": record.state, "out": record.out}, text=text, refs=(story.ref(line),), tone=tone(line))


def _run(source: Source, story: Story, logs: Logs) -> Cell | None:
    return FACTS[source.run](story, logs.tongue, source.words) if source.run else None


def _span(source: Source, story: Story, logs: Logs) -> Cell | None:
    if source.span is None:
        return None
    since, until = logs.moments.get(source.span.since), logs.moments.get(source.span.until)
    if since is None or until is None:
        return None
    refs = (since.story.ref(since.line), until.story.ref(until.line))
    took = between(since, until)
    if took is None:
        return logs.unknown(refs)
    seconds = round(took.total_seconds())
    return Cell(value=seconds, text=logs.tongue.duration(seconds), refs=refs)


def _within(source: Source, story: Story, logs: Logs) -> Cell | None:
    """Return whether what was measured is within its limit; a check that is not good is said beside it."""
    comparison = source.within
    if comparison is None:
        return None
    measured, limit = _figure(comparison.measured, logs), _figure(comparison.limit, logs)
    if measured is None or limit is None:
        return None
    refs, words, say = (*measured[1], *limit[1]), logs.form.words, logs.tongue.say
    good = measured[0] <= limit[0]
    text = say(words.within if good else words.beyond)
    first = logs.stories[0]
    bad = bad_checks(logs.form, first) if comparison.checks else []
    if bad:
        names = ", ".join(logs.tongue.say(check.title) for check, _ in bad)
        text = f"{text} {say(words.not_good, checks=names)}"
        refs = (*refs, *(first.ref(line) for _, line in bad))
    return Cell(value=good, text=text, refs=refs, tone="bad" if not good else "care" if bad else "good")


def _figure(box_id: str, logs: Logs) -> tuple[int, tuple[Ref, ...]] | None:
    """Return the figure in a box, in its smallest unit, and where it stands."""
    box = next((each for each in logs.form.boxes if each.id == box_id), None)
    for source in box.from_ if box else ():
        cell = cells_of(source, logs)[0]
        if not cell.blank and _is_number(cell.value):
            unit = "seconds" if source.span else source.unit or "count"
            return cell.value * _SECONDS[unit], cell.refs
    return None


def _written(value: Any, source: Source, tongue: Tongue) -> str:
    if source.unit in {"seconds", "minutes"} and _is_number(value):
        return tongue.duration(value * _SECONDS[source.unit])
    return tongue.term(value, source.words) if isinstance(value, str) else tongue.plain(value)


def _labelled(source: Source, cell: Cell, tongue: Tongue) -> Cell:
    if source.label is None:
        return cell
    return replace(cell, label=tongue.say(source.label))


def _out(line: Written | None) -> Mapping[str, Any]:
    return line.record.out if line is not None and isinstance(line.record, r.StepChanged) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FINDERS: dict[str, Callable[[Source, Story, Logs], Cell | None]] = {
    "parameter": _parameter,
    "result": _result,
    "output": _output,
    "captured": captured_cell,
    "outcome": outcome_cell,
    "host": host_cell,
    "identity": identity_cell,
    "run": _run,
    "span": _span,
    "within": _within,
}
