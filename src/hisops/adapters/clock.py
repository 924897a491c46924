"""The clocks of this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Satisfies the port `Clock`."""

    def now(self) -> datetime:
        """Return the time now, UTC."""
        return datetime.now(UTC)

    def boottime(self) -> int:
        """Return microseconds since boot, time asleep included where the system counts it."""
        return time.clock_gettime_ns(_BOOTTIME) // 1000

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
