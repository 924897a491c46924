"""How a cell of a source is read: as SQL for the millions, and in Python to say which one cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time

from hisops.model.reconciliation import Column, Kind

_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000"
_NARROW = "".join(map(chr, range(0x21, 0x7F))) + " "
_TO_NARROW = str.maketrans(_WIDE, _NARROW)
_MONEY = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2}0*|\.)?|[+-]?\.\d{1,2}0*")
_COUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.0*)?")
_DATE = re.compile(r"(\d{4})([-/]?)(\d{1,2})\2(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d*)?)?)?")
_WHEN = (
    r"\d{4}(-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\d{4})"
    r"([ T]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d*)?)?)?"
)  # what `_DATE` and `_is_time` take
_MOST = 10**16


def quoted(name: str) -> str:
    """Return an identifier as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def text_sql(cell: str) -> str:
    """Return the SQL that reads a text: half width, no blanks around it, nothing if nothing is left."""
    narrow = f"translate({cell}, {literal(_WIDE)}, {literal(_NARROW)})"
    wide = f"strlen({cell}) <> length({cell}) and regexp_matches({cell}, '[\uff01-\uff5e\u3000]')"
    read = f"nullif(trim(case when {wide} then {narrow} else {cell} end), '')"
    clean = f"strlen({cell}) = length({cell}) and {cell} not like ' %' and {cell} not like '% ' and {cell} <> ''"
    return f"case when {clean} then {cell} else {read} end"


def _money_sql(cell: str) -> str:
    bare = rf"regexp_replace(replace({_stripped(cell)}, ',', ''), '(\.\d{{2}})0+$', '\1')"
    amount = f"regexp_full_match({_stripped(cell)}, {literal(_MONEY.pattern)})"
    return f"cast(cast(case when {amount} then try_cast({bare} as decimal(18,2)) end as decimal(20,2)) * 100 as bigint)"


def _count_sql(cell: str) -> str:
    good = f"regexp_full_match({_stripped(cell)}, {literal(_COUNT.pattern)})"
    whole = rf"regexp_replace(replace({_stripped(cell)}, ',', ''), '\..*$', '')"
    return f"case when {good} then cast(try_cast({whole} as decimal(16,0)) as bigint) end"


def _stripped(cell: str) -> str:
    return text_sql(cell)


def _when_sql(cell: str) -> str:
    """Return the SQL of a time of any of the forms that are taken, as text that a cast takes."""
    at = text_sql(cell)
    dashed = rf"regexp_replace(replace({at}, '/', '-'), '^(\d{{4}})(\d{{2}})(\d{{2}})', '\1-\2-\3')"
    padded = rf"regexp_replace({dashed}, '^(\d+)-(\d)(-|$)', '\1-0\2\3')"
    return f"case when regexp_full_match({at}, {literal(_WHEN)}) then {padded} end"


def _date_sql(cell: str) -> str:
    return f"cast({_time_sql(cell)} as date)"


def _time_sql(cell: str) -> str:
    return f"try_cast({_when_sql(cell)} as timestamp)"


_PLAIN: Mapping[Kind, tuple[str, str]] = {
    "money": (r"-?\d{1,15}\.\d\d", "cast(replace({cell}, '.', '') as bigint)"),
    "count": (r"-?\d{1,15}", "cast({cell} as bigint)"),
    "date": (r"\d{4}-\d\d-\d\d", "try_cast({cell} as date)"),
    "time": (r"\d{4}-\d\d-\d\d ([01]\d|2[0-3]):\d\d:\d\d", "try_cast({cell} as timestamp)"),
}
"""How most cells are written, and how such a one is read at once; any other way costs more."""
_SQL: Mapping[Kind, Callable[[str], str]] = {
    "text": text_sql, "state": text_sql, "money": _money_sql, "count": _count_sql, "date": _date_sql, "time": _time_sql,
}  # fmt: skip


def cell_sql(kind: Kind, cell: str, column: str) -> str:
    """Return the SQL that reads a cell; a cell that is there and cannot be read ends the statement with an error."""
    if kind in {"text", "state"}:
        return text_sql(cell)
    pattern, plain = _PLAIN[kind]
    at_once = f"case when regexp_full_match({cell}, {literal(pattern)}) then {plain.format(cell=cell)} end"
    read = f"coalesce({_SQL[kind](cell)}, error({literal('cell ' + column)}))"
    return f"coalesce({at_once}, case when {text_sql(cell)} is not null then {read} end)"


def masked_sql(column: Column, read: str) -> str:
    """Return the SQL of a text that hides a person: the family name, or the ends of a number, stay."""
    if column.mask == "name":
        stars = f"repeat('*', greatest(length({read}) - 1, 1))"
        return f"case when {read} is null then null else left({read}, 1) || {stars} end"
    if column.mask == "id":
        stars = f"repeat('*', greatest(length({read}) - 8, 4))"
        ends = f"left({read}, 4) || {stars} || right({read}, 4)"
        return f"case when length({read}) < 10 then repeat('*', length({read})) else {ends} end"
    return read


def narrowed(text: str | None) -> str | None:
    """Return a text as it is compared."""
    return ((text or "").translate(_TO_NARROW).strip(" ")) or None


def wrong(kind: Kind, text: str | None) -> str | None:
    """Return why a cell cannot be read as `kind`, in a word (see `comparing.WRONG`); None if it can."""
    found = narrowed(text)
    if found is None or kind in {"text", "state"}:
        return None
    if kind == "money":
        return _wrong_money(found)
    if kind == "count":
        return None if _COUNT.fullmatch(found) and _size(found) < _MOST else "whole"
    return None if _is_time(found) else "date"


def _wrong_money(found: str) -> str | None:
    if _MONEY.fullmatch(found):
        return None if _size(found) < _MOST else "large"
    if re.fullmatch(r"[+-]?[\d,]*\.\d+", found) and "," not in found:
        return "decimals"
    return "amount"


def _size(found: str) -> int:
    return abs(int(re.sub(r"[,+]|\..*$", "", found) or "0")) if re.sub(r"[,+-]|\..*$", "", found) else 0


def _is_time(found: str) -> bool:
    match = _DATE.fullmatch(found)
    if match is None:
        return False
    year, mark, month, day, *clock = match.groups()
    if not mark and (len(month) != 2 or len(day) != 2):
        return False
    try:
        date(int(year), int(month), int(day))
        hour, minute, second = (int(part or 0) for part in clock)
        time(hour, minute, second)
    except ValueError:
        return False
    return True
