"""Write records to the log first, then let the view and the screen see them: one writer, whoever asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import RLock, get_ident
from time import sleep

from hisops.model.records import Record
from hisops.model.run import RunView, fold
from hisops.ports import Journal, Observer

LINGER = 0.005  # about what a sync takes; it is waited once for all instead of once by each


class Forsaken(Exception):
    """The run was left while this thread was at work; what it finds is not written any more."""


@dataclass(slots=True, eq=False)
class _Commit:
    """Records that somebody waits for to be durable."""

    records: tuple[Record, ...]
    done: bool = False
    fault: BaseException | None = None


class Recorder:
    """The journal with the view that folds it. The screen may fail; the run does not depend on it.

    While one thread waits for the disk, others line up; the next of them makes the records of all durable at once.
    Whoever holds `still` sees nothing change meanwhile.
    """

    def __init__(self, journal: Journal, observer: Observer) -> None:
        self.journal = journal
        self.still = RLock()
        self._observer = observer
        self._line: deque[_Commit] = deque()
        self._only: int | None = None
        self._linger = 0.0
        self.view: RunView = fold(journal.records())

    def write(self, *records: Record) -> None:
        """Append; durable at the next commit at the latest."""
        with self.still:
            if self._is_forsaken():
                raise Forsaken
            self.journal.write(*records)
            self._seen(records)

    def commit(self, *records: Record) -> None:
        """Append, sign, fsync; then go on."""
        mine = _Commit(records)
        self._line.append(mine)
        if self._linger:
            sleep(self._linger)
        with self.still:
            if self._is_forsaken():
                with suppress(ValueError):
                    self._line.remove(mine)
                raise Forsaken
            if not mine.done:
                self._commit_line()
        if mine.fault is not None:
            raise mine.fault

    @contextmanager
    def crowded(self) -> Iterator[None]:
        """While many are at work at once, let each who commits wait a moment for the others who are about to."""
        self._linger = LINGER
        try:
            yield
        finally:
            self._linger = 0.0

    def forsake(self) -> None:
        """From now on write only for the thread that calls this: others are at work for a run that is being left."""
        with self.still:
            self._only = get_ident()
            self._line.clear()

    def _commit_line(self) -> None:
        commits = [self._line.popleft() for _ in range(len(self._line))]
        records = tuple(record for commit in commits for record in commit.records)
        try:
            self.journal.commit(*records)
            self._seen(records)
        except BaseException as fault:
            for commit in commits:
                commit.fault = fault
            raise
        finally:
            for commit in commits:
                commit.done = True

    def _is_forsaken(self) -> bool:
        return self._only is not None and self._only != get_ident()

    def _seen(self, records: tuple[Record, ...]) -> None:
        for record in records:
            self.view.apply(record)
            with suppress(OSError):  # its terminal is gone, or nobody reads its pipe any more
                self._observer.record(record)
