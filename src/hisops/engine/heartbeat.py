"""The sign of life of a process that carries a run on: its locks on hosts hear of it every half minute.

It comes from this process, not from a loop on the host: a process that is stopped, or whose machine is lost, falls
silent, while its tools may well go on.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType

from hisops.engine.fencing import Fences
from hisops.errors import HisopsError
from hisops.model.lock import BEAT_EVERY


class Heartbeat:
    """Beats from `with` to its end. Nobody waits for a beat that a dead link holds up."""

    def __init__(self, fences: Fences, every: float = BEAT_EVERY) -> None:
        self._fences = fences
        self._every = every
        self._over = threading.Event()

    def __enter__(self) -> Heartbeat:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _beat(self) -> None:
        while not self._over.wait(self._every):
            with suppress(HisopsError, OSError, EOFError):
                self._fences.beat()
