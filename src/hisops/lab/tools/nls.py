"""Dates as Oracle's tools print them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FORMATS = {
    "YYYY-MM-DD HH24:MI:SS": "%Y-%m-%d %H:%M:%S",
    "YYYY-MM-DD:HH24:MI:SS": "%Y-%m-%d:%H:%M:%S",
    "YYYY/MM/DD HH24:MI:SS": "%Y/%m/%d %H:%M:%S",
}


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


def listener_date(when: datetime) -> str:
    """Return `23-NOV-2026 04:40:00`."""
    return f"{when:%d}-{_MONTHS[when.month - 1]}-{when:%Y %H:%M:%S}"


def banner_date(when: datetime) -> str:
    """Return `Mon Nov 23 04:40:00 2026`."""
    return f"{when:%a %b} {when.day:2d} {when:%H:%M:%S %Y}"


def stamp(when: datetime) -> str:
    """Return `24-JUL-25 10.37.27.000000 AM`, as datapatch does."""
    return f"{when:%d}-{_MONTHS[when.month - 1]}-{when:%y %I.%M.%S}.{when:%f} {when:%p}"
