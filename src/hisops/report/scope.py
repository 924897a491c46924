"""What a run was meant to have: what its runbook never does, or its conditions left out, is no gap in its record."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.model.report import Box, Happening, Moment, Section, Source
from hisops.report.logs import Logs
from hisops.report.sheet import Cell, Ref

Refs = tuple[Ref, ...]


def in_scope(box: Box, logs: Logs) -> tuple[tuple[Source, ...], Refs]:
    """Return the sources of a box that the run has part in, and where the others are said to be none of it.

    A form without a word for that asks them all.
    """
    if logs.form.words.not_part is None:
        return box.from_, ()
    found = [(source, lacking(source, logs)) for source in box.from_]
    return tuple(source for source, why in found if not why), tuple(ref for _, why in found for ref in why)


def not_part(logs: Logs, refs: Refs = ()) -> Cell:
    """Return what stands where the run has no part."""
    words = logs.form.words
    return Cell(text=logs.tongue.say(words.not_part or words.not_recorded), refs=tuple(dict.fromkeys(refs)))


def lacking(source: Source, logs: Logs) -> Refs:
    """Return where the log says that a source is no part of the run; nothing if it is one."""
    if source.parameter is not None:
        return _lacking_parameter(source.parameter, logs)
    if source.span is not None:
        return _either(logs, source.span.since, source.span.until)
    if source.within is not None:
        boxes = [box for box in logs.form.boxes if box.id in {source.within.measured, source.within.limit}]
        return next((refs for box in boxes if not (found := in_scope(box, logs))[0] and (refs := found[1])), ())
    story = logs.stories[0]
    if source.outcome is not None:  # that its condition left a step out is an outcome, too
        return () if story.has(source.outcome) else (story.runbook_ref("steps"),)
    named = source.result or source.host or (source.output or source.captured or "").partition(".")[0]
    return lacking_step(named, logs) if named else ()


def lacking_moment(moment: Moment, logs: Logs) -> Refs:
    """Return where the log says that a moment is no part of the run: none of its steps is."""
    if logs.form.words.not_part is None:
        return ()
    found = [_lacking_happening(each, logs) for each in moment.from_]
    return tuple(ref for refs in found for ref in refs) if all(found) else ()


def lacking_table(section: Section, logs: Logs) -> Refs:
    """Return where the log says that a table of moments, or of what was captured, is no part of the run."""
    if logs.form.words.not_part is None:
        return ()
    if section.captured is not None:
        return lacking_step(section.captured.partition(".")[0], logs)
    if section.table == "moments":
        found = [lacking_moment(each, logs) for each in logs.form.moments]
        return tuple(ref for refs in found for ref in refs) if all(found) else ()
    return ()


def lacking_step(step: str, logs: Logs) -> Refs:
    """Return where the log says that a step is no part of the run: its runbook lacks it, or its condition said so."""
    story = logs.stories[0]
    if not story.has(step):
        return (story.runbook_ref("steps"),)
    line = story.settled(step)
    return (story.ref(line),) if line is not None and story.left_out(step) else ()


def _lacking_parameter(name: str, logs: Logs) -> Refs:
    story = logs.stories[0]
    return () if name in story.account.runbook.get("parameters", {}) else (story.runbook_ref("parameters"),)


def _lacking_happening(happening: Happening, logs: Logs) -> Refs:
    if happening.step is None or happening.of != "first":
        return ()
    return lacking_step(happening.step, logs)


def _either(logs: Logs, *moments: str) -> Refs:
    return next(_refs_of(moments, logs), ())


def _refs_of(moments: tuple[str, ...], logs: Logs) -> Iterator[Refs]:
    for moment in logs.form.moments:
        if moment.id in moments and (refs := lacking_moment(moment, logs)):
            yield refs
