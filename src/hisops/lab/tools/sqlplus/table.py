"""Rows as SQL*Plus prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hisops.lab.tools.nls import by_model, date

_NUMBER_WIDTH = 10
_DATE_WIDTH = 19


@dataclass(slots=True)
class Look:
    """The settings that decide how rows look."""

    pagesize: int = 14
    linesize: int = 80
    feedback: int = 6
    heading: bool = True
    numwidth: int = _NUMBER_WIDTH


@dataclass(frozen=True, slots=True)
class Field:
    """A column: heading, whether it is a number, its width."""

    name: str
    number: bool
    width: int


def fields(columns: Sequence[Any], look: Look) -> list[Field]:
    """Return how each described column is printed."""
    made = []
    for column in columns:
        number = column.kind == "number"
        width = look.numwidth if number else _DATE_WIDTH if column.kind in ("date", "timestamp") else column.size
        made.append(Field(column.name, number, min(max(width, len(column.name)), look.linesize)))
    return made


def printed(made: Sequence[Field], rows: Iterable[Sequence[Any]], look: Look, env: Mapping[str, str]) -> list[str]:
    """Return the lines: headings every page, columns that do not fit on lines of their own, feedback at the end."""
    lines: list[str] = []
    count = 0
    for count, row in enumerate(rows, start=1):
        per_page = max(look.pagesize - 3, 1)
        if look.pagesize and look.heading and (count - 1) % per_page == 0:
            lines += ["", *_fold(made, [_pad(f, f.name) for f in made], look)]
            lines += _fold(made, ["-" * f.width for f in made], look)
        texts = [plain(value, env) for value in row]
        lines += _fold(made, [_pad(f, text) for f, text in zip(made, texts, strict=True)], look)
    if look.feedback and not count:
        return ["", "no rows selected", ""]
    if look.feedback and count >= look.feedback:
        lines += ["", f"{count} row{'s' if count != 1 else ''} selected."]
    return [*lines, ""] if look.feedback or look.pagesize else lines


def _pad(field: Field, text: str) -> str:
    if field.number:
        return text.rjust(field.width) if len(text) <= field.width else "#" * field.width
    return text.ljust(field.width)


def _fold(made: Sequence[Field], cells: Sequence[str], look: Look) -> list[str]:
    lines, current, used = [], "", 0
    for field, cell in zip(made, cells, strict=True):
        if current and used + 1 + field.width > look.linesize:
            lines.append(current)
            current, used = "", 0
        current += (" " if used else "") + cell
        used += field.width + (1 if used else 0)
    return [part.rstrip() for line in [*lines, current] for part in _cut(line, look.linesize)]


def _cut(line: str, size: int) -> list[str]:
    line = line.rstrip()
    return [line[start : start + size] for start in range(0, max(len(line), 1), size)]


def plain(value: Any, env: Mapping[str, str], formats: Mapping[str, str] = {}) -> str:
    """Return a value as text; `formats` are those that the session has set."""
    match value:
        case None:
            return ""
        case datetime() if model := formats.get("nls_timestamp_format" if value.microsecond else "nls_date_format"):
            return by_model(value, model)
        case datetime():
            return date(value, env)
        case float() | Decimal():
            text = format(Decimal(str(value)).normalize(), "f")
            return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return str(value)
