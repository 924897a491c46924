"""Aligned columns by display width (a Chinese character takes two), and wrapping that loses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

GAP = 2
TITLE_COMFORT = 36
WRAP_COMFORT = 30
WRAP_LEAST = 14


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `shrink_to` lets it be shortened that far; `wraps` lets it go on below itself."""

    title: str = ""
    align: Literal["left", "right"] = "left"
    shrink_to: int | None = None
    wraps: bool = False


def shorten(text: str, width: int, cut: str = "…") -> str:
    """Return `text` in at most `width` cells, its end marked if something is left out."""
    if cell_len(text) <= width:
        return text
    if width <= cell_len(cut):
        return set_cell_size(text, max(width, 0))
    return set_cell_size(text, width - cell_len(cut)).rstrip() + cut


def pad(text: str, width: int, align: str = "left") -> str:
    """Return `text` filled up to `width` cells."""
    fill = " " * max(0, width - cell_len(text))
    return fill + text if align == "right" else text + fill


def folded(text: str, width: int, first: int | None = None) -> list[str]:
    """Return `text` as lines of at most `width` cells (`first` for the first), broken at spaces where there are any."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            rest = f"{line} {word}" if line else word
            while cell_len(rest) > (room := width if lines or first is None else first):
                # A word longer than a whole line (Chinese has no spaces) is broken where the line ends.
                head = line if line and cell_len(word) <= width else chop_cells(rest, room)[0]
                lines.append(head)
                rest, line = rest[len(head) :].lstrip(" "), ""
            line = rest
        lines.append(line)
    return lines


def wrapped(text: str, width: int, *, first: Text | None = None, indent: int = 0, style: str = "") -> list[Text]:
    """Return `text` behind `first`, its further lines indented by `indent`."""
    head = first.copy() if first is not None else Text(" " * indent)
    start, *rest = folded(text, max(8, width - indent), max(8, width - head.cell_len))
    return [head.append(start, style), *(Text(" " * indent).append(line, style) for line in rest)]


def grid(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str | Text]],
    width: int,
    *,
    indent: int = 2,
    header_style: str = "dim",
    cut: str = "…",
) -> list[Text]:
    """Return the rows as aligned lines no wider than `width`; a header line if any column has a title."""
    body = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    header = [Text(column.title, header_style) for column in columns]
    titled = any(column.title for column in columns)
    widths = _widths(columns, [header, *body], width - indent)
    lines = _row(columns, header, widths, indent, cut) if titled else []
    for row in body:
        lines += _row(columns, row, widths, indent, cut)
    return lines


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Text]], room: int) -> list[int]:
    widths = [max((_natural(row[index]) for row in rows), default=0) for index in range(len(columns))]
    over = sum(widths) + GAP * (len([w for w in widths if w]) - 1) - room
    for group, least in _concessions(columns):
        over = _give_way(widths, group, least, over)
    return widths


def _concessions(columns: Sequence[Column]) -> Iterator[tuple[list[int], int]]:
    """Return which columns give way, and down to what: titles a little, text that goes on below, then both more."""
    shrinks = {i: column.shrink_to for i, column in enumerate(columns) if column.shrink_to is not None}
    wraps = [index for index, column in enumerate(columns) if column.wraps]
    yield from (([index], max(least, TITLE_COMFORT)) for index, least in shrinks.items())
    yield wraps, WRAP_COMFORT
    yield from (([index], least) for index, least in shrinks.items())
    yield wraps, WRAP_LEAST


def _give_way(widths: list[int], group: Sequence[int], least: int, over: int) -> int:
    """Take `over` cells from the columns of `group`, always from the widest; return what could not be taken."""
    while over > 0 and (wide := [index for index in group if widths[index] > least]):
        widths[max(wide, key=lambda index: widths[index])] -= 1
        over -= 1
    return over


def _row(columns: Sequence[Column], row: Sequence[Text], widths: Sequence[int], indent: int, cut: str) -> list[Text]:
    cells = [_cell(column, cell, size, cut) for column, cell, size in zip(columns, row, widths, strict=True)]
    lines = []
    for number in range(max(len(cell) for cell in cells)):
        line = Text(" " * indent)
        started = False
        for column, cell, size in zip(columns, cells, widths, strict=True):
            if not size:
                continue
            if started:
                line.append(" " * GAP)
            started = True
            part = cell[number] if number < len(cell) else Text()
            fill = " " * (size - part.cell_len)
            line.append_text(Text.assemble(fill, part) if column.align == "right" else Text.assemble(part, fill))
        line.rstrip()
        lines.append(line)
    return lines


def _natural(cell: Text) -> int:
    return max(cell_len(line) for line in cell.plain.split("\n"))


def _cell(column: Column, cell: Text, size: int, cut: str) -> list[Text]:
    """Return the lines of a cell; a paragraph that must be broken has one style, that of its beginning."""
    lines: list[Text] = []
    for paragraph in cell.split("\n", allow_blank=True) or [Text()]:
        style = str(paragraph.style) or (str(paragraph.spans[0].style) if paragraph.spans else "")
        if paragraph.cell_len <= size:
            lines.append(paragraph)
        elif column.wraps:
            lines += [Text(line, style) for line in folded(paragraph.plain, size)]
        else:
            lines.append(Text(shorten(paragraph.plain, size, cut), style))
    return lines
