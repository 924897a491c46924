"""The closed set of sources: what the logs hold for a box, as cells whose references follow from where it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hisops.model import records as r
from hisops.model.account import Written
from hisops.model.report import Box, Comparison, Report, Source, Span
from hisops.model.text import Text
from hisops.report.facts import FACTS
from hisops.report.moments import Reached, bad_checks, between
from hisops.report.sheet import Cell, Ref, Tone
from hisops.report.story import Story
from hisops.report.tongue import Tongue

_SECONDS = {"seconds": 1, "minutes": 60, "count": 1}


@dataclass(frozen=True, slots=True)
class Logs:
    """All that the sources of one sheet look into. The first of `stories` is the drill, the others followed."""

    form: Report
    stories: tuple[Story, ...]
    moments: Mapping[str, Reached | None]
    tongue: Tongue

    def asked(self, of: str) -> tuple[Story, ...]:
        """Return the runs that a source looks into."""
        return self.stories if of == "all" else self.stories[:1]

    def blank(self) -> Cell:
        """Return what stands where nobody wrote anything."""
        return Cell(text=self.tongue.say(self.form.words.not_recorded), blank=True)

    def unknown(self, refs: tuple[Ref, ...]) -> Cell:
        """Return what stands where the logs have something that cannot be measured."""
        return Cell(text=self.tongue.say(self.form.words.not_measurable), refs=refs, tone="care")


def fill(box: Box, logs: Logs) -> tuple[Cell, ...]:
    """Return the cells of a box. One blank stands for a box of which nothing is known."""
    cells: list[Cell] = []
    for source in box.from_:
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
    if source.parameter is not None:
        return _parameter(source.parameter, source, story, logs)
    if source.result is not None:
        return result_cell(source.result, source.words, story, logs)
    if source.output is not None:
        return _output(source.output, source, story, logs)
    if source.run is not None:
        return FACTS[source.run](story, logs.tongue, source.words)
    if source.span is not None:
        return _span(source.span, logs)
    return _within(source.within, logs) if source.within is not None else None


def _parameter(name: str, source: Source, story: Story, logs: Logs) -> Cell | None:
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


def _output(path: str, source: Source, story: Story, logs: Logs) -> Cell | None:
    step, _, name = path.partition(".")
    line = story.succeeded(step)
    value = _out(line).get(name)
    if line is None or value is None or value == "":
        return None
    refs = (story.ref(line, f"out.{name}"),)
    if source.below_is_unknown is not None and _is_number(value) and value < source.below_is_unknown:
        return Cell(text=logs.tongue.say(logs.form.words.not_measured), refs=refs, tone="care")
    return Cell(value=value, text=_written(value, source, logs.tongue), refs=refs)


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


def tone(line: Written) -> Tone:
    """Return how the state of a step is to be taken."""
    state = getattr(line.record, "state", "")
    if state in {"FAILED", "UNKNOWN", "UNDO_FAILED"}:
        return "bad"
    return "care" if state in {"UNDONE", "SKIPPED"} else ""


def _span(span: Span, logs: Logs) -> Cell | None:
    since, until = logs.moments.get(span.since), logs.moments.get(span.until)
    if since is None or until is None:
        return None
    refs = (since.story.ref(since.line), until.story.ref(until.line))
    took = between(since, until)
    if took is None:
        return logs.unknown(refs)
    seconds = round(took.total_seconds())
    return Cell(value=seconds, text=logs.tongue.duration(seconds), refs=refs)


def _within(comparison: Comparison, logs: Logs) -> Cell | None:
    """Return whether what was measured is within its limit; a check that is not good is said beside it."""
    measured, limit = _figure(comparison.measured, logs), _figure(comparison.limit, logs)
    if measured is None or limit is None:
        return None
    refs, words, say = (*measured[1], *limit[1]), logs.form.words, logs.tongue.say
    good = measured[0] <= limit[0]
    text = say(words.within if good else words.beyond)
    drill = logs.stories[0]
    bad = bad_checks(logs.form, drill) if comparison.checks else []
    if bad:
        names = ", ".join(logs.tongue.say(check.title) for check, _ in bad)
        text = f"{text} {say(words.not_good, checks=names)}"
        refs = (*refs, *(drill.ref(line) for _, line in bad))
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
