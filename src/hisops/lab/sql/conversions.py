"""Conversions that Oracle makes by itself: between numbers, text and dates."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.lab.sql.backend import Kind
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.scope import Catalog
from hisops.lab.sql.types import Typed

POINTS_IN_TIME: tuple[Kind, ...] = ("date", "timestamp", "zoned")


def to_text(value: Typed, catalog: Catalog) -> Typed:
    """Return the value as text."""
    match value.kind:
        case "text" | "null":
            return Typed(value.sql, "text")
        case "number":
            return Typed(f"ora_number_text({value.sql})", "text")
        case "date":
            return Typed(f"ora_to_char_date({value.sql}, {catalog.param('nls_date_format')})", "text")
        case "timestamp" | "zoned":
            return Typed(f"ora_to_char_date({value.sql}, {catalog.param('nls_timestamp_format')})", "text")
    raise not_rehearsed(f"{value.kind} as text")


def to_number(value: Typed) -> Typed:
    """Return the value as a number."""
    match value.kind:
        case "number":
            return value
        case "null":
            return Typed(f"cast({value.sql} as bigint)", "number")
        case "text":
            return Typed(f"ora_to_number({value.sql})", "number")
    raise OracleError(932, f"inconsistent datatypes: expected NUMBER got {value.kind.upper()}")


def to_date(value: Typed, catalog: Catalog) -> Typed:
    """Return the value as a point in time."""
    if value.kind in POINTS_IN_TIME:
        return value
    if value.kind == "null":
        return Typed("cast(NULL as timestamp_s)", "date")
    if value.kind == "text":
        return Typed(f"ora_to_date({value.sql}, {catalog.param('nls_date_format')})", "date")
    raise OracleError(932, f"inconsistent datatypes: expected DATE got {value.kind.upper()}")


def convert(value: Typed, kind: Kind, catalog: Catalog) -> Typed:
    """Return the value as `kind`."""
    if value.kind == kind:
        return value
    match kind:
        case "text" | "null":
            return to_text(value, catalog)
        case "number":
            return to_number(value)
        case "date" | "timestamp" | "zoned":
            if value.kind in POINTS_IN_TIME:
                return Typed(f"cast({value.sql} as {'timestamp_s' if kind == 'date' else 'timestamp'})", kind)
            return to_date(value, catalog)
    if value.kind == "null":
        return Typed(f"cast({value.sql} as interval)", kind)
    raise not_rehearsed(f"{value.kind} as {kind}")


def comparable(values: Sequence[Typed], catalog: Catalog) -> list[Typed]:
    """Return values as Oracle compares them: a date or number beside text makes the text a date or number."""
    kinds = {value.kind for value in values} - {"null"}
    if len(kinds) <= 1:
        return list(values)
    if kinds & set(POINTS_IN_TIME):
        return [to_date(value, catalog) for value in values]
    if kinds == {"number", "text"}:
        return [to_number(value) for value in values]
    raise OracleError(932, "inconsistent datatypes: " + " and ".join(sorted(kinds)))


def alike(values: Sequence[Typed], catalog: Catalog) -> list[Typed]:
    """Return alternatives (of CASE, NVL, DECODE) as the kind of the first that has one."""
    kind: Kind = next((value.kind for value in values if value.kind != "null"), "null")
    if kind in POINTS_IN_TIME and any(value.kind in ("timestamp", "zoned") for value in values):
        kind = "timestamp"
    return [value if value.kind == "null" else convert(value, kind, catalog) for value in values]


def kind_of(values: Sequence[Typed]) -> Kind:
    """Return the common kind of converted alternatives."""
    return next((value.kind for value in values if value.kind != "null"), "null")
