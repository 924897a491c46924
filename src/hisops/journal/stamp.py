"""When a line was written: wall clock and time since boot, both in microseconds, so that a moved clock shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hisops.model.moment import write_time
from hisops.ports import Clock

TOLERANCE = 2_000_000  # µs by which wall clock and time since boot may drift apart between two lines
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One reading of both clocks."""

    time: datetime
    boottime: int

    @property
    def fields(self) -> dict[str, str | int]:
        """The stamp as it stands in a line."""
        return {"ts": write_time(self.time), "bt": self.boottime}

    def drift(self, earlier: Stamp) -> int:
        """Return by how many µs the wall clock was moved since `earlier`, within one boot."""
        return (self.time - earlier.time) // _MICROSECOND - (self.boottime - earlier.boottime)

    def later(self, boottime: int) -> datetime:
        """Return the time at `boottime` of the same boot, whatever the wall clock was set to since."""
        return self.time + timedelta(microseconds=boottime - self.boottime)


def read_clock(clock: Clock) -> Stamp:
    """Return the time now."""
    return Stamp(clock.now(), clock.boottime())
