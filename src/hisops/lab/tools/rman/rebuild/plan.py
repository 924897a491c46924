"""What SET has said for the commands that follow: until when, where files go, whose backups."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Until:
    """The end of a recovery: the change, the moment or the log that is not made any more."""

    kind: str
    value: str


@dataclass(slots=True)
class Plan:
    """What holds in a run block, and the DBID that holds beyond."""

    dbid: int | None = None
    until: Until | None = None
    names: dict[str, str] = field(default_factory=dict)
    log_destination: str = ""

    def end_block(self) -> None:
        """Forget what a run block has set."""
        self.until, self.log_destination = None, ""
        self.names.clear()
