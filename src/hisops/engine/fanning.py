"""Carry out several lanes of work at once, each in a thread of its own, at most so many at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Semaphore, Thread
from typing import TypeVar

from hisops.engine.leaving import Leave

T = TypeVar("T")


def carry(
    lanes: Sequence[T], limit: int, work: Callable[[T], None], admit: Callable[[T], None] = lambda lane: None
) -> list[Exception]:
    """Return what the lanes raised, in their order, once all that were begun have ended.

    `admit` is called here, not in a thread, before each lane begins. If it wants to leave, no further lane begins, and
    that comes last in the list. Whatever else is raised here, by a signal for one, leaves at once and waits for nobody.
    """
    faults: dict[int, Exception] = {}
    free = Semaphore(limit)
    begun: list[Thread] = []

    def one(number: int, lane: T) -> None:
        try:
            work(lane)
        except Exception as error:  # told to who called; a thread has nobody to tell
            faults[number] = error
        finally:
            free.release()

    for number, lane in enumerate(lanes):
        free.acquire()
        try:
            admit(lane)
        except Leave as leave:
            faults[len(lanes)] = leave
            break
        begun.append(Thread(target=one, args=(number, lane), daemon=True))
        begun[-1].start()
    for thread in begun:
        thread.join()
    return [faults[number] for number in sorted(faults)]
