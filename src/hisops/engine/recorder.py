"""Write records to the log first, then let the view and the screen see them."""

from __future__ import annotations

from hisops.model.records import Record
from hisops.model.run import RunView, fold
from hisops.ports import Journal, Observer


class Recorder:
    """The journal with the view that folds it. The screen may fail; the run does not depend on it."""

    def __init__(self, journal: Journal, observer: Observer) -> None:
        self.journal = journal
        self._observer = observer
        self.view: RunView = fold(journal.records())

    def write(self, *records: Record) -> None:
        """Append; durable at the next commit at the latest."""
        self.journal.write(*records)
        self._seen(records)

    def commit(self, *records: Record) -> None:
        """Append, sign, fsync; then go on."""
        self.journal.commit(*records)
        self._seen(records)

    def _seen(self, records: tuple[Record, ...]) -> None:
        for record in records:
            self.view.apply(record)
            self._observer.record(record)
