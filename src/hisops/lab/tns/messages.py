"""Replies of the two-task protocol, field version 12 (the layout of 12.2 to 19c)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hisops.lab.sql.backend import Kind, Value
from hisops.lab.sql.outcome import Column
from hisops.lab.tns.codec import Writer
from hisops.lab.tns.images import date_image, interval_image, number_image, timestamp_image, zoned_image

ERROR, ROW_HEADER, ROW, PARAMETERS, STATUS, IO_VECTOR, DESCRIBE = 4, 6, 7, 8, 9, 11, 16
NO_MORE_ROWS = 1403
OUT, IN = 16, 32
_UTF8 = 873
_TYPES: dict[Kind, int] = {
    "number": 2, "text": 1, "date": 12, "timestamp": 180, "zoned": 181, "interval": 183, "null": 1,
}  # fmt: skip
_SIZES: dict[Kind, int] = {"number": 22, "date": 7, "timestamp": 11, "zoned": 13, "interval": 11}


def describe(out: Writer, columns: Sequence[Column]) -> None:
    """Write the description of a query's columns."""
    out.u8(DESCRIBE).blob(None).ub(0, len(columns))
    if columns:
        out.u8(0)
    for at, column in enumerate(columns, 1):
        _describe_column(out, column, at)
    out.ub(0, 0, 0, 0, 0, 0)


def _describe_column(out: Writer, column: Column, at: int) -> None:
    name = column.name.encode()
    is_text = column.kind in ("text", "null")
    size = max(column.size, 1) if is_text else _SIZES[column.kind]
    out.u8(_TYPES[column.kind], 0, column.precision & 0xFF, column.scale & 0xFF)
    out.ub(size, 0, 0, 0, 0, _UTF8 if is_text else 0).u8(1 if is_text else 0)
    out.ub(size if is_text else 0, 0).u8(1, min(len(name), 255)).counted(name)
    out.ub(0, 0, at, 0)


def row_header(out: Writer) -> None:
    """Write the header before the rows of one reply."""
    out.u8(ROW_HEADER, 0).ub(0, 0, 0, 0, 0, 0)


def value(out: Writer, kind: Kind, item: Value) -> None:
    """Write one value of a row."""
    out.blob(None if item is None else image(kind, item))


def image(kind: Kind, item: Value) -> bytes:
    """Return the bytes of a value as `kind` travels."""
    match kind, item:
        case "number", int() | float() | Decimal():
            return number_image(item)
        case "date", datetime():
            return date_image(item)
        case "timestamp", datetime():
            return timestamp_image(item)
        case "zoned", datetime():
            return zoned_image(item)
        case "interval", timedelta():
            return interval_image(item)
    return str(item).encode()


def row(out: Writer, kinds: Sequence[Kind], values: Sequence[Value]) -> None:
    """Write one row."""
    out.u8(ROW)
    for kind, item in zip(kinds, values, strict=True):
        value(out, kind, item)


def io_vector(out: Writer, directions: Sequence[int]) -> None:
    """Write which binds of a PL/SQL block come back."""
    out.u8(IO_VECTOR, 0).ub(len(directions), 0, 0, 0, 0, 0).u8(*directions)


def end(
    out: Writer,
    *,
    in_transaction: bool,
    cursor: int = 0,
    number: int = 0,
    count: int = 0,
    text: str = "",
    offset: int = 0,
) -> None:
    """Write the message that ends a call: success (0), no more rows (1403) or an error with its text."""
    out.u8(ERROR).ub(2 if in_transaction else 0, 0, count, min(number, 65535), 0, 0, cursor, offset)
    out.u8(0, 0, 0, 0, 0, 0)
    out.ub(0, 0).u8(0).ub(0, 0)
    out.ub(0).u8(0, 0).ub(0, 0, 0)
    out.ub(0, 0, 0, number, count)
    if number:
        out.blob(text.encode())


def status(out: Writer, *, in_transaction: bool) -> None:
    """Write the short message that ends calls without a statement (commit, ping, logoff)."""
    out.u8(STATUS).ub(2 if in_transaction else 0, 0)


def parameters(out: Writer, pairs: Sequence[tuple[str, str, int]]) -> None:
    """Write key, value and flag triples of a login."""
    out.u8(PARAMETERS).ub(len(pairs))
    for key, text, flag in pairs:
        out.counted(key.encode()).counted(text.encode()).ub(flag)
