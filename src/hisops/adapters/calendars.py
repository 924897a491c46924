"""Windows from iCalendar files (RFC 5545). The one owner of icalendar and recurring-ical-events.

Every VEVENT opens a window, but one with `CATEGORIES:FREEZE` closes it; `STATUS:CANCELLED` counts for nothing. A local
time that a change of clocks leaves out or brings twice names no moment: an event of its own with such a time makes the
calendar unusable, an occurrence of a series is left out and told. A freeze is never left out: it closes all that such
a time can mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hisops.canonical import digest
from hisops.errors import UsageProblem
from hisops.model.site import Calendar, Site
from hisops.model.window import Doubt, Look, Span, at, open_spans

BACK = timedelta(days=2)
AHEAD = timedelta(days=400)
_DAY = timedelta(days=1)
_SERIES = ("RRULE", "RDATE", "RECURRENCE-ID")


class SiteWindows:
    """The calendars of one site; read anew at each look, since they change while a run waits."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder

    def look(self, database: str, now: datetime) -> Look | None:
        """Return what the calendar of `database` says now, None if it has none."""
        name = self._site.databases[database].window
        return None if name is None else self.read(name, now)

    def read(self, name: str, now: datetime) -> Look:
        """Return what the calendar `name` says now."""
        return read_calendar(name, self._site.windows[name], self._folder, now)


def read_calendar(name: str, calendar: Calendar, folder: Path, now: datetime) -> Look:
    """Return what the calendar says now. UsageProblem naming file, event and time if it cannot be used."""
    path = folder / calendar.file
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error)) from error
    reader = _Reader(path, ZoneInfo(calendar.timezone))
    reader.read(text, now)
    open_now, following = at(open_spans(reader.openings, reader.closings), now)
    return Look(
        calendar=name, file=calendar.file, sha256=digest(data), timezone=calendar.timezone, cutoff=calendar.cutoff,
        open=open_now, next=following, doubts=tuple(reader.doubts),
    )  # fmt: skip


@dataclass(slots=True)
class _Reader:
    """Reads the occurrences of one file."""

    path: Path
    zone: ZoneInfo
    openings: list[Span] = field(default_factory=list)
    closings: list[Span] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    durations: dict[str, timedelta] = field(default_factory=dict)

    def read(self, text: str, now: datetime) -> None:
        """Read all occurrences around `now`."""
        import icalendar
        import recurring_ical_events

        try:
            parsed = icalendar.Calendar.from_ical(text)
            for event in parsed.walk("VEVENT"):
                self._check(event)
            series = {str(event.get("UID")) for event in parsed.walk("VEVENT") if any(key in event for key in _SERIES)}
            found = recurring_ical_events.of(parsed, skip_bad_series=False).between(now - BACK, now + AHEAD)
        except UsageProblem:
            raise
        except Exception as error:  # the two packages raise what they please
            raise _unusable(self.path, _first_line(error)) from error
        for event in sorted(found, key=lambda each: str(each.start)):
            self._take(event, str(event.get("UID")) in series)

    def _check(self, event: Any) -> None:
        """Refuse what the packages would pass over in silence."""
        name = _name(event)
        if event.errors:
            key, why = event.errors[0]
            raise _unusable(self.path, f"event {name}: {key or 'a line'}: {why}")
        if "DTSTART" not in event:
            raise _unusable(self.path, f"event {name} has no DTSTART")
        for key in ("DTSTART", "DTEND"):
            value = event.get(key)
            zone = value.params.get("TZID") if value is not None else None
            if zone and getattr(value.dt, "tzinfo", None) is None:
                raise _unusable(self.path, f"event {name}: there is no time zone {zone}")
        lasts = event["DURATION"].dt if "DURATION" in event else timedelta()
        if lasts < timedelta():
            raise _unusable(self.path, f"event {name} ends before it begins")
        if timedelta() < lasts < _DAY:
            self.durations[str(event.get("UID"))] = lasts
        if "DTEND" in event and type(event["DTEND"].dt) is not type(event["DTSTART"].dt):
            raise _unusable(self.path, f"event {name} begins with a date and ends with a time, or the reverse")
        if "DTEND" in event and _naive(event["DTEND"].dt) < _naive(event["DTSTART"].dt):
            raise _unusable(self.path, f"event {name} ends before it begins")

    def _take(self, event: Any, of_series: bool) -> None:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            return
        name, freeze = _name(event), _is_freeze(event)
        begins = self._moments(event.start)
        ends = self._ends(event, begins)
        if len(begins) == len(ends) == 1:
            span = Span(begin=begins[0], end=ends[0], name=name)
            (self.closings if freeze else self.openings).append(span)
            return
        self._doubt(name, event.start if len(begins) > 1 else event.end, of_series)
        if freeze:
            self.closings.append(Span(begin=min(begins), end=max(ends), name=name))

    def _doubt(self, name: str, value: Any, of_series: bool) -> None:
        local = self._local(value)
        zone = str(local.tzinfo)
        doubt = Doubt(event=name, local=f"{local:%Y-%m-%d %H:%M}", timezone=zone, twice=_exists(local))
        if not of_series:
            raise _unusable(self.path, f"event {doubt.told()}, where clocks change")
        self.doubts.append(doubt)

    def _moments(self, value: date) -> list[datetime]:
        """Return the moment that a time of the file names; two if clocks change there, whichever way."""
        local = self._local(value)
        return sorted({local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})

    def _local(self, value: date) -> datetime:
        """Return a time of the file with its zone: the calendar's where the file names none."""
        local = value if isinstance(value, datetime) else datetime.combine(value, time())
        return local if local.tzinfo else local.replace(tzinfo=self.zone)

    def _ends(self, event: Any, begins: list[datetime]) -> list[datetime]:
        """Return when an occurrence ends: a duration in hours is exact, also in the night in which clocks change."""
        lasts = self.durations.get(str(event.get("UID")))
        if lasts is not None and isinstance(event.start, datetime) and event.end - event.start == lasts:
            return [begin + lasts for begin in begins]
        return self._moments(event.end)


def _exists(local: datetime) -> bool:
    back = local.replace(fold=0).astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)


def _naive(value: date) -> datetime:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time())


def _is_freeze(event: Any) -> bool:
    return any(str(word).strip().upper() == "FREEZE" for word in event.categories)


def _name(event: Any) -> str:
    return str(event.get("SUMMARY") or event.get("UID") or "without a name")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _unusable(path: Path, why: str) -> UsageProblem:
    return UsageProblem(
        "HIS-2111",
        "The calendar {path} cannot be used: {why}.",
        "Mend the file; `hisops doctor` checks it.",
        path=path,
        why=why,
    )
