"""A journal that keeps nothing: with it the same code that carries out a run does the live checks of a plan."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.canonical import digest
from hisops.errors import LogBroken
from hisops.model.records import Record


class NoJournal:
    """Satisfies `ports.Journal` in memory. `run_id` is the plan's id."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self._records: list[Record] = []
        self._blobs: dict[str, bytes] = {}

    def write(self, *records: Record) -> None:
        """Keep in memory."""
        self._records.extend(records)

    def commit(self, *records: Record) -> None:
        """Keep in memory."""
        self._records.extend(records)

    def blob(self, data: bytes) -> str:
        """Keep in memory."""
        name = digest(data)
        self._blobs[name] = data
        return name

    def read_blob(self, digest: str) -> bytes:
        """Return a blob that was kept."""
        return self._blobs[digest]

    def records(self) -> Sequence[Record]:
        """Return what was kept."""
        return self._records

    def seal(self, state: str, exit_code: int) -> None:
        """A plan has no end to seal."""
        raise LogBroken("HIS-6401", "A plan cannot be sealed.")
