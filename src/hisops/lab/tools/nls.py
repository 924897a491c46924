"""Dates as Oracle's tools print them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FORMATS = {
    "YYYY-MM-DD HH24:MI:SS": "%Y-%m-%d %H:%M:%S",
    "YYYY-MM-DD:HH24:MI:SS": "%Y-%m-%d:%H:%M:%S",
    "YYYY/MM/DD HH24:MI:SS": "%Y/%m/%d %H:%M:%S",
}
_DIGITS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S", "FF6": "%f"}
_ELEMENT = re.compile(r'"[^"]*"|YYYY|MON|MM|DD|HH24|MI|SS|FF6|RR|.', re.IGNORECASE | re.DOTALL)


def now() -> datetime:
    """Return the time of the host."""
    return datetime.now(UTC).replace(microsecond=0)


def moment(text: str) -> datetime:
    """Return a time that the state keeps."""
    return datetime.fromisoformat(text)


def date(when: datetime, env: Mapping[str, str]) -> str:
    """Return a date in NLS_DATE_FORMAT, DD-MON-RR without one."""
    known = _FORMATS.get(env.get("NLS_DATE_FORMAT", "").upper())
    return when.strftime(known) if known else f"{when:%d}-{_MONTHS[when.month - 1]}-{when:%y}"


def by_model(when: datetime, model: str) -> str:
    """Return a time as a format model of Oracle says: numbers, MON, marks, and text in quotes."""
    return "".join(_element(when, match[0]) for match in _ELEMENT.finditer(model))


def _element(when: datetime, word: str) -> str:
    if word.startswith('"'):
        return word[1:-1]
    if word.upper() in ("MON", "RR"):
        return _MONTHS[when.month - 1] if word.upper() == "MON" else f"{when:%y}"
    return when.strftime(_DIGITS[word.upper()]) if word.upper() in _DIGITS else word


def listener_date(when: datetime) -> str:
    """Return `23-NOV-2026 04:40:00`."""
    return f"{when:%d}-{_MONTHS[when.month - 1]}-{when:%Y %H:%M:%S}"


def banner_date(when: datetime) -> str:
    """Return `Mon Nov 23 04:40:00 2026`."""
    return f"{when:%a %b} {when.day:2d} {when:%H:%M:%S %Y}"


def stamp(when: datetime) -> str:
    """Return `24-JUL-25 10.37.27.000000 AM`, as datapatch does."""
    return f"{when:%d}-{_MONTHS[when.month - 1]}-{when:%y %I.%M.%S}.{when:%f} {when:%p}"
