"""What leaves a database with a schema, and what comes of it in another one: rows, character sets, objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hisops.lab.sql.types import declared

CODECS = {
    "ZHS16GBK": "gbk",
    "ZHS32GB18030": "gb18030",
    "AL32UTF8": "utf-8",
    "UTF8": "utf-8",
    "US7ASCII": "ascii",
    "WE8MSWIN1252": "cp1252",
    "WE8ISO8859P1": "latin-1",
}
"""The character sets of the lab, by Oracle's names."""
Row = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableData:
    """A table with its rows: times and texts as texts. `segment`: whether it has any room of its own yet."""

    owner: str
    name: str
    columns: str
    tablespace: str
    segment: bool = True
    rows: list[Row] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """The name as Data Pump says it."""
        return f'"{self.owner}"."{self.name}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """An object that is code: a package, a view."""

    owner: str
    name: str
    type: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A row that does not fit any more after its conversion."""

    row: Row
    column: str
    actual: int
    maximum: int


def through(text: Any, charset: str) -> Any:
    """Return a value as it is after it went through a character set: what that one lacks is lost."""
    codec = CODECS.get(charset, "ascii")
    return text.encode(codec, "replace").decode(codec) if isinstance(text, str) else text


def fitting(table: TableData, charset: str) -> Iterator[Row | Misfit]:
    """Yield the rows of a table as a database of this character set takes them, byte for byte."""
    columns = declared(table.columns)
    for row in table.rows:
        turned = [through(item, charset) for item in row]
        yield next(_misfits(turned, columns, charset), turned)


def _misfits(row: Row, columns: Any, charset: str) -> Iterator[Misfit]:
    codec = CODECS.get(charset, "ascii")
    for column, item in zip(columns, row, strict=True):
        size = len(item.encode(codec)) if isinstance(item, str) else 0
        if column.kind == "text" and size > column.size:
            yield Misfit(row=row, column=column.name, actual=size, maximum=column.size)


def definition(table: TableData) -> str:
    """Return the statement that makes a table."""
    parts = (part.partition(" ") for part in table.columns.split(", "))
    columns = ", ".join(f'"{name.upper()}" {kind}' for name, _, kind in parts)
    return f"CREATE TABLE {table.full_name} ({columns})"
