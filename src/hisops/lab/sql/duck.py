"""DuckDB set up to behave like Oracle where a function of its own is needed, and its errors in Oracle's words."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from hisops.lab.sql import formats
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.moments import at_zone, scn_time, time_scn, to_utc

_MACROS = """
create macro ora_number_text(n) as case when typeof(n) in ('INTEGER', 'BIGINT', 'HUGEINT') then cast(n as varchar)
  else lab_number_text(cast(n as varchar)) end;
create macro ora_divide(a, b) as case when b = 0 then error('ORA-01476: divisor is equal to zero') else a / b end;
create macro ora_days(n) as to_microseconds(cast(round(n * 86400) as bigint) * 1000000);
create macro ora_mod(a, b) as case when b = 0 then a else a % b end;
create macro ora_trunc(a, n) as trunc(a * power(10, n)) / power(10, n);
create macro ora_to_number(s) as case when s is null then NULL
  when regexp_full_match(trim(s), '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)') then cast(trim(s) as decimal(38,10))
  else cast(error('ORA-01722: invalid number') as decimal(38,10)) end;
create macro ora_substr(s, p, n) as nullif(case when n is not null and n < 1 then NULL
  when abs(p) > length(s) then NULL
  else substr(s, cast(case when p = 0 then 1 when p < 0 then length(s) + p + 1 else p end as bigint),
    cast(coalesce(n, length(s)) as bigint)) end, '');
create macro ora_replace(s, a, b) as nullif(case when a is null then s else replace(s, a, coalesce(b, '')) end, '');
create macro ora_regexp_replace(s, a, b) as nullif(regexp_replace(s, a, coalesce(b, ''), 'g'), '');
create macro ora_regexp_substr(s, a) as nullif(regexp_extract(s, a), '');
create macro ora_regexp_like(s, a, f) as regexp_matches(s, a, f);
create macro ora_keep_max(held, wanted) as
  list_max(list_transform(list_filter(held, lambda e: e.k is not distinct from wanted), lambda e: e.v));
create macro ora_keep_min(held, wanted) as
  list_min(list_transform(list_filter(held, lambda e: e.k is not distinct from wanted), lambda e: e.v));
create macro ora_fit(s, n, c) as case when strlen(s) > n
  then error('ORA-12899: value too large for column ' || c || ' (actual: ' || strlen(s) || ', maximum: ' || n || ')')
  else s end;
create macro ora_to_date(s, f) as cast(lab_to_date(s, f) as timestamp_s);
create macro ora_add_months(d, n) as cast(lab_add_months(d, n) as timestamp_s);
create macro ora_last_day(d) as
  cast(date_trunc('month', d) + interval 1 month - interval 1 day + (d - date_trunc('day', d)) as timestamp_s);
"""
_ORACLE = re.compile(r"ORA-(\d{5}): ([^\n]*)")
_GENERAL = (
    (re.compile(r"must appear in the GROUP BY|must be part of an aggregate", re.I), 979, "not a GROUP BY expression"),
    (re.compile(r"cannot contain aggregate", re.I), 934, "group function is not allowed here"),
    (re.compile(r"More than one row returned by a subquery", re.I), 1427,
     "single-row subquery returns more than one row"),
    (re.compile(r"Conflict on (update|tuple)|write-write conflict", re.I), 8177,
     "can't serialize access for this transaction"),
    (re.compile(r"Cast.* to type DECIMAL|cast value .* to DECIMAL", re.I), 1438,
     "value larger than specified precision allowed for this column"),
)  # fmt: skip


def open_database() -> Any:
    """Return a connection to a new database in memory, with the lab's functions."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute("set enable_external_access = false")
    functions: tuple[tuple[str, Any, Any, str], ...] = (
        ("lab_number_text", formats.plain_number, ["VARCHAR"], "VARCHAR"),
        ("ora_to_char_number", formats.number_text, ["VARCHAR", "VARCHAR"], "VARCHAR"),
        ("ora_to_char_date", formats.date_text, ["TIMESTAMP", "VARCHAR"], "VARCHAR"),
        ("lab_to_date", _whole_seconds, ["VARCHAR", "VARCHAR"], "TIMESTAMP"),
        ("ora_to_timestamp", formats.read_date, ["VARCHAR", "VARCHAR"], "TIMESTAMP"),
        ("lab_add_months", add_months, ["TIMESTAMP", "INTEGER"], "TIMESTAMP"),
        ("lab_to_utc", to_utc, ["TIMESTAMP"], "TIMESTAMP"),
        ("lab_at_zone", at_zone, ["TIMESTAMP", "VARCHAR"], "TIMESTAMP"),
        ("lab_scn_time", scn_time, ["BIGINT", "VARCHAR"], "TIMESTAMP"),
        ("lab_time_scn", time_scn, ["TIMESTAMP", "VARCHAR"], "BIGINT"),
        ("ora_months_between", months_between, ["TIMESTAMP", "TIMESTAMP"], "DOUBLE"),
    )
    for name, function, kinds, result in functions:
        connection.create_function(name, function, kinds, result)
    connection.execute(_MACROS)
    return connection


@contextmanager
def oracle_words() -> Iterator[None]:
    """Raise what DuckDB raises inside as Oracle would word it; what the lab did not foresee says so."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException as error:
        raise OracleError(1013, "user requested cancel of current operation") from error
    except duckdb.Error as error:
        raise translated(str(error)) from error


def translated(text: str) -> OracleError:
    """Return the error for DuckDB's words."""
    found = _ORACLE.search(text)
    if found:
        return OracleError(int(found[1]), found[2].strip())
    for pattern, number, words in _GENERAL:
        if pattern.search(text):
            return OracleError(number, words)
    return OracleError(3001, f"unimplemented feature (lab: not rehearsed: {text.splitlines()[0]})")


def _whole_seconds(text: str, model: str) -> datetime:
    return formats.read_date(text, model).replace(microsecond=0)


def add_months(start: datetime, months: int) -> datetime:
    """Move by months; the last day of a month stays the last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = start.day == calendar.monthrange(start.year, start.month)[1]
    return start.replace(year=year, month=month + 1, day=last if was_last else min(start.day, last), microsecond=0)


def months_between(later: datetime, earlier: datetime) -> float:
    """Count months, the rest in 31sts; two last days of months are whole months apart."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    ends = [point.day == calendar.monthrange(point.year, point.month)[1] for point in (later, earlier)]
    if later.day == earlier.day or all(ends):
        return float(months)
    spare = later.replace(year=2000, month=1) - earlier.replace(year=2000, month=1)
    return months + spare.total_seconds() / 86400 / 31
