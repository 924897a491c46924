"""Functions of points in time: formats and literals, truncation, zones, and what SCNs have to do with them."""

from __future__ import annotations

from collections.abc import Callable

from hisops.lab.sql.arguments import constant, digits, expect
from hisops.lab.sql.backend import Kind
from hisops.lab.sql.conversions import POINTS_IN_TIME, convert, to_date, to_number, to_text
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed, text_literal

_TRUNCATIONS = {
    "DD": "day", "DDD": "day", "J": "day", "MM": "month", "MON": "month", "MONTH": "month", "YYYY": "year",
    "YEAR": "year", "Y": "year", "YY": "year", "Q": "quarter", "HH": "hour", "HH24": "hour", "MI": "minute",
    "IW": "week",
}  # fmt: skip


def now(scope: Scope, kind: Kind) -> Typed:
    """Return the time of the statement."""
    place = scope.catalog.param("now")
    return Typed(f"cast({place} as {'timestamp_s' if kind == 'date' else 'timestamp'})", kind)


def ansi_literal(text: str, kind: Kind) -> Typed:
    """Translate DATE '...' or TIMESTAMP '...'."""
    from datetime import datetime

    try:
        datetime.strptime(text, "%Y-%m-%d") if kind == "date" else datetime.fromisoformat(text)
    except ValueError as wrong:
        raise OracleError(1861, "literal does not match format string") from wrong
    return Typed(f"cast({text_literal(text)} as {'timestamp_s' if kind == 'date' else 'timestamp'})", kind)


def _trunc(values: list[Typed], _scope: Scope) -> Typed:
    expect(values, 1, 2, "TRUNC")
    if values[0].kind in POINTS_IN_TIME:
        unit = _TRUNCATIONS.get(constant(values[1]).upper()) if len(values) == 2 else "day"
        if unit is None:
            raise not_rehearsed(f"TRUNC to {values[1].sql}")
        return Typed(f"cast(date_trunc('{unit}', {values[0].sql}) as timestamp_s)", "date")
    if len(values) == 1:
        return Typed(f"trunc({to_number(values[0]).sql})", "number")
    number, places = digits(values)
    return Typed(f"ora_trunc({number}, {places})", "number")


def _to_char(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 1, 2, "TO_CHAR")
    if len(values) == 1:
        return to_text(values[0], scope.catalog)
    model = to_text(values[1], scope.catalog).sql
    if values[0].kind in POINTS_IN_TIME:
        _check_date_model(values[1])
        return Typed(f"ora_to_char_date({values[0].sql}, {model})", "text")
    number = to_number(values[0])
    return Typed(f"ora_to_char_number(cast({number.sql} as varchar), {model})", "text")


def _check_date_model(model: Typed) -> None:
    """Refuse a literal date format already now, not only when a row comes by."""
    from hisops.lab.sql.formats import parts_of

    if model.sql.startswith("'"):
        parts_of(constant(model))


def _to_date(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 1, 2, "TO_DATE")
    if len(values) == 1:
        return convert(to_date(values[0], scope.catalog), "date", scope.catalog)
    _check_date_model(values[1])
    text, model = (to_text(item, scope.catalog).sql for item in values)
    return Typed(f"ora_to_date({text}, {model})", "date")


def _to_timestamp(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 2, 2, "TO_TIMESTAMP")
    _check_date_model(values[1])
    text, model = (to_text(item, scope.catalog).sql for item in values)
    return Typed(f"ora_to_timestamp({text}, {model})", "timestamp")


def _sys_extract_utc(values: list[Typed], _scope: Scope) -> Typed:
    expect(values, 1, 1, "SYS_EXTRACT_UTC")
    if values[0].kind not in ("timestamp", "zoned"):
        raise OracleError(30175, "invalid type given for an argument")
    return Typed(f"lab_to_utc({values[0].sql})", "timestamp")


def at_time_zone(value: Typed, zone: Typed, scope: Scope) -> Typed:
    """Translate AT TIME ZONE."""
    if value.kind not in ("timestamp", "zoned"):
        raise OracleError(30084, "invalid data type for datetime primary with time zone modifier")
    return Typed(f"lab_at_zone({value.sql}, {to_text(zone, scope.catalog).sql})", "timestamp")


def _scn_to_timestamp(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 1, 1, "SCN_TO_TIMESTAMP")
    number = to_number(values[0]).sql
    return Typed(f"lab_scn_time(cast({number} as bigint), {scope.catalog.param('scn_marks')})", "timestamp")


def _timestamp_to_scn(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 1, 1, "TIMESTAMP_TO_SCN")
    moment = convert(to_date(values[0], scope.catalog), "timestamp", scope.catalog).sql
    return Typed(f"lab_time_scn({moment}, {scope.catalog.param('scn_marks')})", "number")


def _numtodsinterval(values: list[Typed], _scope: Scope) -> Typed:
    expect(values, 2, 2, "NUMTODSINTERVAL")
    unit = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(constant(values[1]).upper())
    if unit is None:
        raise OracleError(1760, "illegal argument for function")
    return Typed(f"ora_days({to_number(values[0]).sql} * {unit} / 86400.0)", "interval")


FUNCTIONS: dict[str, Callable[[list[Typed], Scope], Typed]] = {
    "TRUNC": _trunc, "TO_CHAR": _to_char, "TO_DATE": _to_date, "TO_TIMESTAMP": _to_timestamp,
    "SYS_EXTRACT_UTC": _sys_extract_utc, "SCN_TO_TIMESTAMP": _scn_to_timestamp,
    "TIMESTAMP_TO_SCN": _timestamp_to_scn, "NUMTODSINTERVAL": _numtodsinterval,
}  # fmt: skip
