"""Points in time beyond the clock of the host: in other zones, and as SCNs."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hisops.lab import history
from hisops.lab.sql.errors import OracleError

_OFFSET = re.compile(r"([+-])(\d{1,2}):(\d{2})")


def to_utc(local: datetime) -> datetime:
    """Return what SYS_EXTRACT_UTC makes of a time of the host's zone."""
    return local.astimezone(UTC).replace(tzinfo=None)


def at_zone(local: datetime, zone: str) -> datetime:
    """Return a time of the host's zone as clocks of another zone show it."""
    return local.astimezone(_zone(zone)).replace(tzinfo=None)


def _zone(name: str) -> tzinfo:
    if offset := _OFFSET.fullmatch(name.strip()):
        span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(span if offset[1] == "+" else -span)
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise OracleError(1882, "timezone region not found") from unknown


def scn_time(scn: int, marks: str) -> datetime:
    """Return when a database was at an SCN, on the clock of its host."""
    now = time.time()
    try:
        known = json.loads(marks)
        if known and scn > history.scn_of(known, now) + history.PER_SECOND:
            raise LookupError(scn)
        return datetime.fromtimestamp(history.time_of(known, scn, now))
    except LookupError as unknown:
        raise OracleError(8181, "specified number is not a valid system change number") from unknown


def time_scn(local: datetime, marks: str) -> int:
    """Return how far a database was at a time of the host's zone."""
    try:
        return history.scn_of(json.loads(marks), local.timestamp())
    except LookupError as unknown:
        raise OracleError(8180, "no snapshot found based on specified time") from unknown
