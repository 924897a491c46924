"""How a moment is written, in logs and in all that tells of them to machines: UTC, microseconds, Z."""

from __future__ import annotations

from datetime import UTC, datetime


def write_time(time: datetime) -> str:
    """Return `time` as a line of a log has it."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_time(text: str) -> datetime:
    """Return the time in `text`; ValueError unless it is written as `write_time` does."""
    if len(text) != 27 or text[26] != "Z" or text[10] != "T":
        raise ValueError(f"{text!r} is no time")
    return datetime.fromisoformat(text)
