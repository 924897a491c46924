"""Windows: when work on a database is open, by a calendar. Closed is what is not said to be open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_LOCAL = "%Y-%m-%d %H:%M"
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `begin` up to, and not including, `end` (UTC)."""

    begin: datetime
    end: datetime
    name: str = ""

    def holds(self, at: datetime) -> bool:
        """Return whether `at` lies in the span."""
        return self.begin <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A local time that names no moment, or two: of which event, which time, in which zone, what is wrong with it."""

    event: str
    local: str
    timezone: str
    twice: bool

    def told(self) -> str:
        """Return it in words."""
        return f"{self.event}: {self.local} is there {'twice' if self.twice else 'not at all'} in {self.timezone}"

    def near(self, now: datetime, distance: timedelta) -> bool:
        """Return whether it lies within `distance` of `now`."""
        moment = datetime.strptime(self.local, _LOCAL).replace(tzinfo=ZoneInfo(self.timezone))
        return abs(moment - now) <= distance


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a calendar says at one moment: the window that is open, the one that comes next, what was left out of it."""

    calendar: str
    file: str
    sha256: str
    timezone: str
    cutoff: int
    open: Span | None = None
    next: Span | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def span(self) -> Span | None:
        """The window to plan for: the open one, else the next."""
        return self.open or self.next

    def told(self, span: Span) -> str:
        """Return a window as its people read it: `2026-11-24 01:00 to 05:00 (Asia/Shanghai)`."""
        return told(span.begin, span.end, self.timezone)

    def document(self) -> dict[str, Any]:
        """Return what a plan keeps of it."""
        return {
            "calendar": self.calendar,
            "file": self.file,
            "sha256": self.sha256,
            "timezone": self.timezone,
            "cutoff": self.cutoff,
            "open": self.open is not None,
            "opens": stamp(self.span.begin) if self.span else None,
            "closes": stamp(self.span.end) if self.span else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """When a window ends, and until when a run may safely begin and be given up."""

    closes: datetime
    last_start: datetime
    last_abort: datetime | None

    @staticmethod
    def of(closes: datetime, cutoff: int, needed: int, way_back: int | None) -> Deadlines:
        """Return the deadlines of a run that needs `needed` seconds, and `way_back` to be undone."""
        return Deadlines(
            closes=closes,
            last_start=closes - timedelta(seconds=max(cutoff, needed)),
            last_abort=None if way_back is None else closes - timedelta(seconds=way_back),
        )


def open_spans(openings: Iterable[Span], closings: Iterable[Span] = ()) -> list[Span]:
    """Return when it is open: all openings as one, without what the closings cover; in order, apart, none empty."""
    spans = _joined(openings)
    for closing in _joined(closings):
        spans = [part for span in spans for part in _without(span, closing)]
    return spans


def at(spans: Sequence[Span], now: datetime) -> tuple[Span | None, Span | None]:
    """Return the span that holds `now`, and the first one after it."""
    return (
        next((span for span in spans if span.holds(now)), None),
        next((span for span in spans if span.begin > now), None),
    )


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.begin, each.end)):
        if span.begin >= span.end:
            continue
        if joined and span.begin <= joined[-1].end:
            last = joined.pop()
            name = last.name if span.name in {"", last.name} else ", ".join(filter(None, (last.name, span.name)))
            joined.append(Span(begin=last.begin, end=max(last.end, span.end), name=name))
            continue
        joined.append(span)
    return joined


def _without(span: Span, closing: Span) -> list[Span]:
    if closing.end <= span.begin or span.end <= closing.begin:
        return [span]
    before = Span(begin=span.begin, end=closing.begin, name=span.name)
    after = Span(begin=closing.end, end=span.end, name=span.name)
    return [part for part in (before, after) if part.begin < part.end]


def told(begin: datetime, end: datetime, timezone: str) -> str:
    """Return a span in its own zone; the day of the end only where it is another."""
    zone = ZoneInfo(timezone)
    first, last = begin.astimezone(zone), end.astimezone(zone)
    form = "%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M"
    return f"{first:%Y-%m-%d %H:%M} to {last.strftime(form)} ({timezone})"


def stamp(moment: datetime) -> str:
    """Return a moment as plans and logs write it."""
    return moment.astimezone(UTC).strftime(_STAMP)


def parse(text: str) -> datetime:
    """Return the moment of a stamp."""
    return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)


def deadlines(window: Mapping[str, Any], needed: int, way_back: int | None) -> Deadlines | None:
    """Return the deadlines of the window that a plan names, or None if it names none."""
    closes = window.get("closes")
    return Deadlines.of(parse(closes), int(window["cutoff"]), needed, way_back) if closes else None
