"""What signals do to a process that carries out a run: none of them loses a step, none of them ends a tool."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hisops.console.silence import silence_lost_terminals

Handler = Callable[[int, object], None]


class Detach(BaseException):
    """Leave now. Raised in the midst of anything, like a kill, so nothing on the way may take it for an error."""


@contextmanager
def hangup_survived() -> Iterator[None]:
    """SIGHUP: the terminal is gone, the run goes on without it."""

    def hang_up(number: int, frame: object) -> None:
        silence_lost_terminals()

    with _handled({signal.SIGHUP: hang_up}):
        yield


@contextmanager
def steered_by_signals(pause: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `pause` and, once more, raises Detach; SIGTERM raises it at once."""
    count = 0

    def interrupt(number: int, frame: object) -> None:
        nonlocal count
        count += 1
        if count > 1:
            raise Detach
        pause()

    def detach(number: int, frame: object) -> None:
        raise Detach

    with _handled({signal.SIGINT: interrupt, signal.SIGTERM: detach}):
        yield


@contextmanager
def _handled(handlers: dict[signal.Signals, Handler]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
