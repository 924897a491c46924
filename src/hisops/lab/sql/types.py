"""Types: what Oracle declares, what DuckDB stores, and what an expression yields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hisops.lab.sql.backend import Kind, Table, Value
from hisops.lab.sql.outcome import FLOATING, Column

_PART = re.compile(r"\s*(\"[^\"]+\"|\S+)\s+([A-Za-z0-9_ ]+?)\s*(?:\(([^)]*)\))?\s*(?:,|$)")
_SIZED = ("VARCHAR2", "NVARCHAR2", "CHAR", "VARCHAR", "RAW")
_LARGE_TEXT = ("CLOB", "LONG", "XMLTYPE")
_PLAIN: dict[str, Kind] = {
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "zoned",
    "INTERVAL DAY TO SECOND": "interval",
}
_STORED = {
    "text": "VARCHAR",
    "null": "VARCHAR",
    "date": "TIMESTAMP_S",
    "timestamp": "TIMESTAMP",
    "zoned": "TIMESTAMP",
    "interval": "INTERVAL",
}
_LARGE = 32767


@dataclass(frozen=True, slots=True)
class Typed:
    """A piece of DuckDB's SQL and the kind of value it yields; `column` is set for a plain column."""

    sql: str
    kind: Kind
    column: Column | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A named set of columns: a table, a view, a query in FROM."""

    columns: tuple[Column, ...]


def declared(columns: str) -> tuple[Column, ...]:
    """Read a column list as Oracle writes it."""
    return tuple(_column(match[1].strip('"').upper(), match[2].upper(), match[3]) for match in _PART.finditer(columns))


def _column(name: str, base: str, args: str | None) -> Column:
    numbers = [int(part) for part in re.findall(r"\d+", args or "")]
    if base in _SIZED:
        return Column(name=name, kind="text", size=numbers[0] if numbers else 1)
    if base in ("NUMBER", "INTEGER"):
        if not numbers:
            return Column(name=name, kind="number", scale=FLOATING if base == "NUMBER" else 0, precision=0)
        return Column(name=name, kind="number", precision=numbers[0], scale=numbers[1] if len(numbers) > 1 else 0)
    if base in _LARGE_TEXT:
        return Column(name=name, kind="text", size=_LARGE)
    if base in _PLAIN:
        return Column(name=name, kind=_PLAIN[base])
    raise ValueError(f"column type {base}")


def relation(table: Table) -> Relation:
    """Return the columns of a table."""
    return Relation(declared(table.columns))


def storage(column: Column, values: Sequence[Value], *, writable: bool) -> str:
    """Return the DuckDB type that holds a column. A NUMBER without a scale is whole as long as its rows are."""
    if column.kind != "number":
        return _STORED[column.kind]
    if column.precision:
        return (
            "BIGINT" if column.scale == 0 and column.precision <= 18 else f"DECIMAL({column.precision},{column.scale})"
        )
    if writable:
        return "DECIMAL(38,10)"
    return "BIGINT" if all(isinstance(item, int | None) for item in values) else "DOUBLE"


def quoted(name: str) -> str:
    """Return an identifier as DuckDB quotes it."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Return a string literal."""
    return "'" + text.replace("'", "''") + "'"
