"""Words about who holds a lock, and whether the holder lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hisops.model.lock import ALIVE_FOR, Holder
from hisops.ports import Locks, Marker, OpStatus

GOING_ON = frozenset({"starting", "running"})


@dataclass(frozen=True, slots=True)
class Life:
    """Whether the holder of a lock lives, and by what that was told: an English template with its values."""

    alive: bool
    fact: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """By what that was told, in English."""
        return self.fact.format(**self.values)


LIVES_HERE = Life(True, "its process lives on this machine")
ENDED_HERE = Life(False, "its process on this machine has ended")
NEVER_HEARD_OF = Life(False, "it was never heard of")


def told(holder: Holder | None, text: str | None) -> str:
    """Return who holds a lock, in words; of a text that is not understood its beginning."""
    if holder is None:
        return " ".join((text or "somebody").split())[:300]
    return (
        f"run {holder.run} of {holder.origin} ({holder.runbook} on {holder.target}, asked for by {holder.requester}), "
        f"carried out on control host {holder.control} in {holder.logs}, since {holder.since}"
    )


def life_of(marker: Marker, holder: Holder | None, locks: Locks, operations: Mapping[str, OpStatus]) -> Life:
    """Return whether the holder of `marker` lives.

    A tool of its run that goes on counts before all. On its own machine the system knows its process. From elsewhere it
    lives if it was heard of lately: a process that carries a run on lets the lock know every half minute.
    """
    if going := sorted(name for name, status in operations.items() if status.state in GOING_ON):
        return Life(True, "its tool goes on there: {operations}", {"operations": ", ".join(going)})
    lives = locks.lives(holder) if holder else None
    if lives is not None:
        return LIVES_HERE if lives else ENDED_HERE
    if marker.idle is None:
        return NEVER_HEARD_OF
    return Life(marker.idle < ALIVE_FOR, "it was heard of {span} ago", {"span": spoken(marker.idle)})


def spoken(seconds: float) -> str:
    """Return a span in words, as far as it matters here."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
