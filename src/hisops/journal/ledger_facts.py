"""What a verified ledger says, for the verification of the runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hisops.journal.certified import CertifiedKey
from hisops.journal.stamp import Stamp
from hisops.model.rejection import PlanRejection
from hisops.model.review import Review


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry that opens a segment: its values, the digest of its line, when, and the key that it names."""

    values: Mapping[str, Any]
    digest: str
    stamp: Stamp
    key: CertifiedKey | None


@dataclass(slots=True)
class RunEntries:
    """All that the ledger says of one run."""

    opened: list[Opened] = field(default_factory=list)
    closed: Mapping[str, Any] | None = None
    closing_key: CertifiedKey | None = None
    abandoned_by: str | None = None
    reviews: list[Review] = field(default_factory=list)
    rejections: tuple[PlanRejection, ...] = ()

    @property
    def opening(self) -> Mapping[str, Any]:
        """The values of `run.open`."""
        return self.opened[0].values

    def certified(self) -> list[CertifiedKey]:
        """All keys that were certified for the run."""
        keys = [*(opened.key for opened in self.opened), self.closing_key]
        return [key for key in keys if key is not None]


@dataclass(slots=True)
class LedgerFacts:
    """What the signed part of the ledger says."""

    origin: str = ""
    size: int = 0
    entries_by: list[str] = field(default_factory=list)
    runs: dict[str, RunEntries] = field(default_factory=dict)
    redacted: dict[str, str] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    latest: datetime | None = None
    rejections: dict[str, tuple[PlanRejection, ...]] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    whole: bool = True
