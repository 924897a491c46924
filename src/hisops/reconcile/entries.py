"""Entries as the second pass left them: read back in pairs, what their columns say, and which cause fits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hisops.model.reconciliation import Reconciliation, SideName
from hisops.reconcile.reading import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a side; amounts in cents or pieces."""

    id: int
    side: SideName
    key: list[str | None]
    values: list[int | None]
    state: str | None
    rounding: int | None
    at: Any
    lines: int
    origin: date | None
    due: date | None
    details: list[str | None]


def pairs(db: Any, shape: Shape, where: str, tail: str = "") -> Iterator[tuple[str, Entry | None, Entry | None]]:
    """Give class and entries of the pairs that `where` is true of; either side may be missing."""
    names = ["id", "side", *shape.keys, *shape.values, "st", "rnd", "moment", "lines", "origin", "due", *shape.details]
    picked = ", ".join(f"{side}.{name} as {side}_{name}" for side in ("ea", "eb") for name in names)
    cursor = db.execute(
        f"select class, {picked} from paired left join entries ea on ea.id = a left join entries eb on eb.id = b "
        f"where {where} {tail}"
    )
    while rows := cursor.fetchmany(10_000):
        for fault, *cells in rows:
            yield fault, _entry(shape, cells[: len(names)]), _entry(shape, cells[len(names) :])


def _entry(shape: Shape, cells: Sequence[Any]) -> Entry | None:
    if cells[0] is None:
        return None
    keys, values = len(shape.keys), len(shape.values)
    rest = cells[2 + keys + values :]
    return Entry(
        id=cells[0], side=cells[1], key=list(cells[2 : 2 + keys]), values=list(cells[2 + keys : 2 + keys + values]),
        state=rest[0], rounding=rest[1], at=rest[2], lines=rest[3], origin=rest[4], due=rest[5], details=list(rest[6:]),
    )  # fmt: skip


def gaps(definition: Reconciliation, a: Entry, b: Entry) -> list[int]:
    """Return by how much side a is more than side b, column by column."""
    return [(x or 0) - (y or 0) for x, y in zip(a.values, b.values, strict=True)]


def told_of(definition: Reconciliation, name: str, a: Entry | None, b: Entry | None) -> str | None:
    """Return what a column says: side a's, else side b's."""
    for entry in (a, b):
        if entry is not None and (value := value_of(definition, name, entry)) is not None:
            return value
    return None


def value_of(definition: Reconciliation, name: str, entry: Entry) -> str | None:
    """Return what a column of an entry says, as text."""
    if name == definition.state:
        return entry.state
    if name in definition.key:
        return entry.key[definition.key.index(name)]
    if name in definition.compare:
        value = entry.values[definition.compare.index(name)]
        return None if value is None else str(one(definition, name, value))
    return entry.details[definition.details.index(name)]


def cause_of(definition: Reconciliation, fault: str, a: Entry | None, b: Entry | None) -> str:
    """Return the id of the first cause of a class whose conditions fit."""
    for cause in definition.causes:
        if cause.fault == fault and all(
            told_of(definition, name, a, b) in wanted for name, wanted in cause.where.items()
        ):
            return cause.id
    raise AssertionError(fault)  # every class has a cause without conditions


def shown(definition: Reconciliation, values: Sequence[int | None]) -> dict[str, Any]:
    """Return amounts by column as the document has them."""
    return {
        name: None if value is None else one(definition, name, value)
        for name, value in zip(definition.compare, values, strict=True)
    }


def one(definition: Reconciliation, name: str, value: int) -> str | int:
    """Return one amount as the document has it: money as text with two decimals, counts as they are."""
    return money(value) if definition.columns[name].type == "money" else value


def money(value: int) -> str:
    """Return cents as text with two decimals."""
    return format(Decimal(value).scaleb(-2), "f")
