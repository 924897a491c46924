"""Tables whose rows are what steps found or printed: a list that a judge captured, the outputs and their digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hisops.model import records as r
from hisops.model.report import Column, Section
from hisops.report.logs import Logs
from hisops.report.moments import result_of
from hisops.report.sheet import Cell, Ref, Tone

Row = dict[str, Cell]
RESULT_TONES: dict[str, Tone] = {"good": "good", "bad": "bad", "left-out": ""}


def captured_rows(section: Section, logs: Logs) -> Iterator[Row]:
    """Give a row for each line that the judge of a step captured, its words in the columns."""
    step, _, name = (section.captured or "").partition(".")
    for story in logs.stories:
        line = story.judged(step)
        found: Any = line.record.out.get(name) if line is not None and isinstance(line.record, r.CallEnded) else None
        if line is None or not isinstance(found, list):
            continue
        refs = (story.ref(line, f"out.{name}"),)
        for each in found:
            words = str(each).split()
            yield {
                column.id: _word(column, words[column.word - 1], refs, logs)
                for column in section.columns
                if column.word is not None and column.word <= len(words)
            }


def printed_rows(section: Section, logs: Logs) -> Iterator[Row]:
    """Give a row for what each of the section's steps has printed: where, how much, and the digest of its file."""
    tongue = logs.tongue
    for story in logs.stories:
        for step in section.printed:
            acted = story.acted(step)
            for line in story.printed(step):
                record = line.record
                if acted is None or not isinstance(record, r.CallOutput) or record.stdout is None:
                    continue
                host = str(getattr(acted.record, "on", ""))
                yield {
                    "step": Cell(value=step, text=tongue.title(story.title(step)), refs=(story.ref(line, "step"),)),
                    "host": Cell(value=host, text=tongue.foreign(host), refs=(story.ref(acted, "on"),)),
                    "bytes": Cell(value=record.bytes, text=str(record.bytes), refs=(story.ref(line, "bytes"),)),
                    "digest": Cell(value=record.stdout, text=record.stdout, refs=(story.ref(line, "stdout"),),
                                   digest=True),
                }  # fmt: skip


def _word(column: Column, word: str, refs: tuple[Ref, ...], logs: Logs) -> Cell:
    result = result_of(word, logs.form.results) if column.judged else None
    if result is None:
        return Cell(value=word, text=logs.tongue.foreign(word), refs=refs)
    return Cell(value=word, text=logs.tongue.say(result.title), refs=refs, tone=RESULT_TONES[result.means])


LISTS: dict[str, Callable[[Section, Logs], Iterator[Row]]] = {"captured": captured_rows, "printed": printed_rows}
