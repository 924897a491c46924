"""Rows as SQL*Plus prints them, after its User's Guide: default widths, folding, wrapping, pages, feedback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from hisops.lab.sql.formats import date_text
from hisops.lab.tools.nls import date
from hisops.lab.tools.sqlplus.columns import Column, formatted

_NUMBER_WIDTH = 10
_TIMESTAMP_WIDTH = 75
_LARGE = 32767
_STAMP, _STAMPS = "NLS_TIMESTAMP_FORMAT", "DD-MON-RR HH.MI.SSXFF AM"
_SAMPLE = datetime(2000, 9, 30, 22, 10, 10)


@dataclass(slots=True)
class Look:
    """The settings that decide how rows look."""

    pagesize: int = 14
    linesize: int = 80
    feedback: int = 6
    heading: bool = True
    numwidth: int = _NUMBER_WIDTH
    long: int = 80
    null: str = ""
    columns: dict[str, Column] = field(default_factory=dict)
    """What COLUMN has said, by name."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column as it is printed: heading, kind of value, width, format of numbers."""

    name: str
    kind: str
    width: int
    model: str = ""
    shown: bool = True

    @property
    def number(self) -> bool:
        """Whether it stands on the right."""
        return self.kind == "number"

    @property
    def heading(self) -> str:
        """The heading; one that is longer than its column is cut off, unless it is a number's."""
        return self.name.rjust(self.width) if self.number else self.name[: self.width]


@dataclass(frozen=True, slots=True)
class Nls:
    """How dates are written: by the formats that the session has set, or by the environment."""

    env: Mapping[str, str]
    formats: Mapping[str, str]

    def text(self, value: Any, kind: str) -> str:
        """Return a value as text."""
        return plain(value, self.env, self.formats, kind)


def fields(columns: Sequence[Any], look: Look, nls: Nls) -> list[Field]:
    """Return how each described column is printed."""
    return [_field(column, look, nls) for column in columns]


def _field(column: Any, look: Look, nls: Nls) -> Field:
    said = look.columns.get(column.name.upper(), Column())
    name = said.heading or column.name
    if column.kind == "number":
        width = max(said.width or look.numwidth, len(name))
        return Field(name, "number", min(width, look.linesize), said.model, said.shown)
    if column.kind == "timestamp":
        width = _TIMESTAMP_WIDTH
    elif column.kind == "date":
        width = len(nls.text(_SAMPLE, "date"))
    else:
        width = 1 if column.kind == "null" else column.size if column.size < _LARGE else look.long
    return Field(name, column.kind, min(said.width or width, look.linesize), shown=said.shown)


def printed(made: Sequence[Field], rows: Iterable[Sequence[Any]], look: Look, nls: Nls) -> list[str]:
    """Return the lines: headings on every page, what wraps or folds with a blank line after it, feedback at the end."""
    shown = [at for at, one in enumerate(made) if one.shown]
    groups = list(_groups([made[at] for at in shown], look.linesize))
    lines: list[str] = []
    left = count = 0
    for count, row in enumerate(rows, start=1):
        texts = [cell(made[at], row[at], look, nls) for at in shown]
        record = _record(groups, texts)
        if look.pagesize and (left < len(record) or count == 1):
            head = ["", *(_headings(groups) if look.heading else [])]
            lines += head
            left = look.pagesize - len(head)
        lines += record
        left -= len(record)
    if look.feedback and not count:
        return ["", "no rows selected", ""]
    if look.feedback and count >= look.feedback:
        lines += ["", f"{count} row{'s' if count != 1 else ''} selected."]
    return [*lines, ""] if look.feedback or look.pagesize else lines


def _groups(made: Sequence[Field], linesize: int) -> Iterator[list[Field]]:
    """Fold: columns that do not fit go to a line of their own."""
    group: list[Field] = []
    for one in made:
        if group and sum(other.width + 1 for other in group) + one.width > linesize:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _headings(groups: Sequence[Sequence[Field]]) -> list[str]:
    lines = []
    for group in groups:
        lines.append(" ".join(one.heading.ljust(one.width) for one in group).rstrip())
        lines.append(" ".join("-" * one.width for one in group))
    return lines


def _record(groups: Sequence[Sequence[Field]], texts: Sequence[str]) -> list[str]:
    """Return the lines of one row; more than one, and a blank line parts it from the next (RECSEP WRAPPED)."""
    lines: list[str] = []
    queue = iter(texts)
    for group in groups:
        cells = [_wrapped(one, next(queue)) for one in group]
        for at in range(max(len(cell) for cell in cells)):
            parts = [cell[at] if at < len(cell) else "" for cell in cells]
            lines.append(" ".join(_pad(one, part) for one, part in zip(group, parts, strict=True)).rstrip())
    return lines if len(lines) == 1 else [*lines, ""]


def _wrapped(one: Field, text: str) -> list[str]:
    pieces = [part[at : at + one.width] for part in text.split("\n") for at in range(0, max(len(part), 1), one.width)]
    return pieces or [""]


def _pad(one: Field, text: str) -> str:
    return text.rjust(one.width) if one.number else text.ljust(one.width)


def cell(one: Field, value: Any, look: Look, nls: Nls) -> str:
    """Return a value as it stands in its column."""
    if value is None:
        return look.null
    if not one.number:
        return nls.text(value, one.kind)
    return formatted(value, one.model) if one.model else number(value, max(look.numwidth, one.width))


def number(value: Any, width: int) -> str:
    """Return a number in `width` places: decimals are rounded away, and what still is too long has an exponent."""
    text = plain(value, {})
    if len(text) <= width:
        return text
    exact = Decimal(str(value))
    whole = len(f"{abs(int(exact))}" if int(exact) else "") + (exact < 0)
    if whole <= width:
        rounded = f"{round(exact, max(width - whole - 1, 0)):f}"
        return rounded.replace("0.", ".", 1) if rounded.startswith(("0.", "-0.")) else rounded.rstrip(".")
    power = f"E+{exact.adjusted():02d}"
    digits = max(width - len(power) - 2 - (exact < 0), 0)
    return f"{exact.scaleb(-exact.adjusted()):.{digits}f}{power}"


def plain(value: Any, env: Mapping[str, str], formats: Mapping[str, str] = {}, kind: str = "") -> str:
    """Return a value as text; `formats` are those that the session has set."""
    match value:
        case None:
            return ""
        case datetime():
            stamp = kind == "timestamp" if kind else bool(value.microsecond)
            if model := formats.get("nls_timestamp_format" if stamp else "nls_date_format"):
                return date_text(value, model)
            return date_text(value, env.get(_STAMP, "") or _STAMPS) if kind == "timestamp" else date(value, env)
        case float() | Decimal():
            text = format(Decimal(str(value)).normalize(), "f")
            return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return str(value)
