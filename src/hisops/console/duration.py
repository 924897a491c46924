"""Times as people read them: `18 m 02 s`, `4:11`, `02:01`."""

from __future__ import annotations

from datetime import UTC, datetime

from hisops.console.i18n import Language


def spoken(seconds: float, say: Language) -> str:
    """Return a duration in its two largest units."""
    total = int(seconds + 0.5)
    hours, rest = divmod(total, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return say("{hours} h {minutes:02d} m", hours=hours, minutes=minutes)
    if minutes:
        return say("{minutes} m {seconds:02d} s", minutes=minutes, seconds=left)
    return say("{seconds} s", seconds=left)


def rough(seconds: float, say: Language) -> str:
    """Return a duration that is only expected: whole minutes, no false precision."""
    if seconds < 60:
        return say("{seconds} s", seconds=int(seconds))
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return say("{minutes} m", minutes=minutes)
    return say("{hours} h {minutes:02d} m", hours=hours, minutes=minutes)


def age(seconds: int) -> str:
    """Return an age as runbooks write it: `30d`, `1d12h`."""
    days, hours = divmod(seconds // 3600, 24)
    return "".join([f"{days}d" if days else "", f"{hours}h" if hours or not days else ""])


def clock(seconds: float) -> str:
    """Return a running time like a stopwatch, `4:11` or `1:02:03`."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def time_of_day(moment: datetime) -> str:
    """Return the local time of day, `02:24:10`."""
    return moment.astimezone().strftime("%H:%M:%S")


def local(moment: datetime) -> str:
    """Return date, time and offset as read on this machine."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def parse_stamp(text: str) -> datetime:
    """Return the moment of an ISO time."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
