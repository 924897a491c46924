"""What SQL*Plus prints under SET MARKUP HTML ON ENTMAP ON: tables of rows, and the text around them.

A number is a cell aligned to the right; a null is an empty cell or one with nothing but a non-breaking space, which a
value of the database never gives as the entity. Every page of a long result begins with the headings again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from html import unescape
from html.parser import HTMLParser
from typing import Any

from hisops.adapters.oracle import plain

_MICROSECONDS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.000000")
_CODED = re.compile(r"^(?:[A-Z]{2,5}\d?-\d{3,5})\b")
_BREAK = re.compile(r"\n?\0\n?")  # a line break in a value is printed as one of the page
_COUNTED = re.compile(r"^(\d+) rows? (?:created|updated|deleted|merged|selected)\.$", re.MULTILINE)


class NotUnderstood(Exception):
    """The page is not one that SQL*Plus prints; the argument says what is wrong with it, in words."""


@dataclass(slots=True)
class Page:
    """The rows of all tables, under the headings of the first, and the text outside of them."""

    headings: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    text: str = ""

    @property
    def counted(self) -> int | None:
        """How many rows SQL*Plus says it has selected or changed; None if it says nothing of the kind."""
        if "no rows selected" in self.text.splitlines():
            return 0
        counts = _COUNTED.findall(self.text)
        return int(counts[-1]) if counts else None


def read_page(html: str) -> Page:
    """Return what `html` says. Raises NotUnderstood."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader.cell is not None or reader.row is not None:
        raise NotUnderstood("its table is cut off")
    lines = ("".join(reader.outside)).splitlines()
    reader.page.text = "\n".join(line.strip() for line in lines if line.strip())
    return reader.page


def error_words(text: str) -> str:
    """Return the lines from the first code of Oracle or SQL*Plus on; empty if there is none."""
    lines = [unescape(re.sub(r"<[^>]*>", "", line)).strip() for line in text.splitlines()]
    first = next((index for index, line in enumerate(lines) if _CODED.match(line)), None)
    return "" if first is None else "\n".join(line for line in lines[first:] if line)


@dataclass(slots=True)
class _Cell:
    heading: bool
    number: bool
    parts: list[str] = field(default_factory=list)
    entity: bool = False  # the one by which SQL*Plus shows a null was seen

    def value(self) -> Any:
        """Return the cell as the driver would give it."""
        text = _BREAK.sub("\n", "".join(self.parts)).removeprefix("\n").removesuffix("\n")
        if self.heading:
            return text.strip()
        if not text or (self.entity and not text.strip()):
            return None
        if not self.number:
            return _MICROSECONDS.sub(r"\1", text) if _MICROSECONDS.fullmatch(text) else text
        return _number(text.strip())


def _number(text: str) -> Any:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotUnderstood(f"`{text[:40]}` is no number") from None
    return plain(number) if number.is_finite() else text


class _Reader(HTMLParser):
    """Walks through a page. Character references are kept apart, since `&nbsp;` is not the character it names."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.page = Page()
        self.outside: list[str] = []
        self.row: list[_Cell] | None = None
        self.cell: _Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row, a cell, or a line break inside a cell."""
        if tag == "tr":
            self._end_row()
            self.row = []
        elif tag in {"td", "th"}:
            if self.row is None:
                raise NotUnderstood("a cell stands outside of a row")
            self.cell = _Cell(tag == "th", dict(attrs).get("align") == "right")
            self.row.append(self.cell)
        elif tag in {"br", "p"}:
            self._text("\n" if self.cell is None else "\0")

    def handle_endtag(self, tag: str) -> None:
        """The end of a cell or a row."""
        if tag in {"td", "th"}:
            self.cell = None
        elif tag in {"tr", "table"}:
            self.cell = None
            self._end_row()

    def handle_data(self, data: str) -> None:
        """Text as it stands."""
        self._text(data)

    def handle_entityref(self, name: str) -> None:
        """An entity such as `&lt;`."""
        self._reference(f"&{name};", null=name == "nbsp")

    def handle_charref(self, name: str) -> None:
        """A character by its number."""
        self._reference(f"&#{name};", null=name.lower() in {"160", "xa0"})

    def _reference(self, reference: str, *, null: bool) -> None:
        if self.cell is not None and null:
            self.cell.entity = True
        self._text(" " if null else unescape(reference))

    def _text(self, data: str) -> None:
        (self.outside if self.cell is None else self.cell.parts).append(data)

    def _end_row(self) -> None:
        row, self.row = self.row, None
        if not row:
            return
        values = tuple(cell.value() for cell in row)
        if row[0].heading:
            if self.page.headings not in ((), values):
                raise NotUnderstood("it holds tables of more than one kind")
            self.page.headings = values
        elif len(values) != len(self.page.headings):
            raise NotUnderstood("a row has another number of cells than there are headings")
        else:
            self.page.rows.append(values)
