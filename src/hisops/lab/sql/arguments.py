"""Arguments of functions: how many there may be, and those that have to be literals or whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.lab.sql.conversions import to_number
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.types import Typed


def expect(values: Sequence[Typed], least: int, most: int, name: str) -> None:
    if len(values) < least:
        raise OracleError(909, "invalid number of arguments")
    if len(values) > most:
        raise not_rehearsed(f"{name} with {len(values)} arguments")


def constant(item: Typed) -> str:
    if item.column is None or item.column.name or not item.sql.startswith("'"):
        raise not_rehearsed("a format that is not a literal")
    return item.sql[1:-1].replace("''", "'")


def digits(values: list[Typed]) -> list[str]:
    return [to_number(values[0]).sql, *(f"cast({to_number(item).sql} as integer)" for item in values[1:])]
