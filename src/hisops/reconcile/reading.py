"""The SQL that reads a side: the names of the site become logical columns, and every row is told what it is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from hisops.model.reconciliation import Reconciliation, Side, SideName
from hisops.reconcile.cells import cell_sql, literal, masked_sql
from hisops.reconcile.sources import Relation

NORMAL, UNCLASSIFIED, LEFT_OUT, OTHER_DAY = 0, 1, 2, 3
BUCKETS = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What both sides have in common: keys `k0…`, amounts `v0…` (cents or counts), details by their names."""

    definition: Reconciliation
    day: date | None
    salt: int = field(default_factory=lambda: secrets.randbits(62))

    @property
    def keys(self) -> list[str]:
        """Names of the parts of the key."""
        return [f"k{place}" for place in range(len(self.definition.key))]

    @property
    def values(self) -> list[str]:
        """Names of the compared columns."""
        return [f"v{place}" for place in range(len(self.definition.compare))]

    @property
    def details(self) -> list[str]:
        """Names of the columns that are only shown."""
        return [f"d{place}" for place in range(len(self.definition.details))]

    @property
    def groups_by_key(self) -> bool:
        """Whether several rows of a side may stand for one: their keys are brought together as they are."""
        return self.definition.a.aggregate or self.definition.b.aggregate


def side_sql(shape: Shape, name: SideName, found: Relation, *, details: bool, among: str | None = None) -> str:
    """Return a select of keys, values, `st`, `rnd`, `moment`, `kind` of a side; and the raw details, if asked for.

    `among` is a table: only rows whose bucket is in it.
    """
    side = shape.definition.sides[name]
    rows = found.sql
    if among is not None:
        keys = [_key(shape, side, found, column) for column in shape.definition.key]
        rows = f"(select * from {rows} where {bucket_sql(keys)} in (from {among}))"
    read = _read(shape, side, found, details, rows)
    return f"select * replace ({_signed(shape, side)}), {_kind(shape, side)} as kind from ({read})"


def bucket_sql(keys: Sequence[str]) -> str:
    """Return the SQL of the bucket of a key: the same for equal keys, whatever the side."""
    return f"cast(hash({', '.join(keys)}) % {BUCKETS} as integer)"


def _read(shape: Shape, side: Side, found: Relation, details: bool, rows: str) -> str:
    definition = shape.definition
    parts = [f"{_key(shape, side, found, column)} as k{place}" for place, column in enumerate(definition.key)]
    parts += [f"{_of(shape, side, found, column)} as v{place}" for place, column in enumerate(definition.compare)]
    parts.append(f"{_state(shape, side, found)} as st")
    rounding = definition.rounding
    parts.append(f"{_of(shape, side, found, rounding.column if rounding else None, 'bigint')} as rnd")
    parts.append(f"{_of(shape, side, found, definition.at, 'timestamp')} as moment")
    parts.append(f"{_day(shape, side, found)} as dy")
    if details:
        parts += [f"{_raw(side, found, column)} as d{place}" for place, column in enumerate(definition.details)]
    return f"select {', '.join(parts)} from {rows}"


def _day(shape: Shape, side: Side, found: Relation) -> str:
    """Return the SQL of the account day, which in nearly all rows is the run's, written as it is here."""
    column = shape.definition.day
    read = _of(shape, side, found, column, "date")
    if shape.day is None or column is None or column not in side.columns:
        return read
    day = literal(shape.day.isoformat())
    return f"case when {found.cell(side.columns[column])} = {day} then date {day} else {read} end"


def _raw(side: Side, found: Relation, column: str) -> str:
    return found.cell(side.columns[column]) if column in side.columns else "cast(null as varchar)"


def _of(shape: Shape, side: Side, found: Relation, column: str | None, absent: str = "varchar") -> str:
    if column is None or column not in side.columns:
        return f"cast(null as {absent})"
    kind, place = shape.definition.columns[column].type, side.columns[column]
    return found.exact(place, kind) or cell_sql(kind, found.cell(place), column)


def _key(shape: Shape, side: Side, found: Relation, column: str) -> str:
    read = _of(shape, side, found, column)
    return read if shape.definition.columns[column].type == "text" else f"cast({read} as varchar)"


def detail_sql(shape: Shape, name: SideName, column: str) -> str:
    """Return the SQL that reads a detail as text: money with its decimals, times as they are sorted, people hidden."""
    place = f"d{shape.definition.details.index(column)}"
    if column not in shape.definition.sides[name].columns:
        return place
    kind = shape.definition.columns[column].type
    read = cell_sql(kind, place, column)
    if kind == "money":
        return f"cast(cast({read} as decimal(20,2)) / 100 as decimal(18,2))::varchar"
    if kind == "time":
        return f"strftime({read}, '%Y-%m-%d %H:%M:%S')"
    return masked_sql(shape.definition.columns[column], f"cast({read} as varchar)")


def _state(shape: Shape, side: Side, found: Relation) -> str:
    state = shape.definition.state
    if state is None or state not in side.columns:
        return "cast(null as varchar)"
    cases = " ".join(f"when {literal(value)} then {literal(word)}" for value, word in side.states.items())
    cell = found.cell(side.columns[state])
    return f"case {cell} {cases} else case {_of(shape, side, found, state)} {cases} end end"


def _signed(shape: Shape, side: Side) -> str:
    sign = "1"
    if side.signs:
        cases = " ".join(f"when {literal(state)} then {sign}" for state, sign in side.signs.items())
        sign = f"case st {cases} else 1 end"
    names = [*shape.values, "rnd"] if side.signs else ["rnd"]
    return ", ".join(f"{name} * {sign} as {name}" for name in names)


def _kind(shape: Shape, side: Side) -> str:
    cases = []
    if side.leave_out:
        cases.append(f"when st in ({', '.join(map(literal, side.leave_out))}) then {LEFT_OUT}")
    if shape.day is not None and shape.definition.day in side.columns:
        cases.append(f"when dy <> date {literal(shape.day.isoformat())} then {OTHER_DAY}")
        cases.append(f"when dy is null then {UNCLASSIFIED}")
    missing = " or ".join(f"{name} is null" for name in _needed(shape))
    return f"case {' '.join(cases)} when {missing} then {UNCLASSIFIED} else {NORMAL} end"


def _needed(shape: Shape) -> Iterator[str]:
    yield from shape.keys
    yield from shape.values
    if shape.definition.compares_states:
        yield "st"
