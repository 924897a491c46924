"""What a statement gives back: described columns with rows, or a count, or values for binds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hisops.lab.sql.backend import Kind, Value

FLOATING = -127  # the scale of a NUMBER declared without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A described column; size in bytes for text, precision and scale for numbers."""

    name: str
    kind: Kind
    size: int = 4000
    precision: int = 0
    scale: int = 0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The outcome of one execution. `out` holds what goes back to binds, by their position."""

    columns: Sequence[Column] = ()
    rows: Iterator[tuple[Value, ...]] = field(default_factory=lambda: iter(()))
    count: int = 0
    out: Mapping[int, Value] = field(default_factory=dict)
