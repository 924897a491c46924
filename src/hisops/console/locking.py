"""A lock as it was looked at: who holds it, from where, since when, whether the owner lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.text import Text

from hisops.console.duration import spoken
from hisops.console.escape import visible
from hisops.console.grid import Column, grid
from hisops.console.i18n import mark
from hisops.console.theme import STRONG, Page
from hisops.model.lock import Holder
from hisops.ports import Marker

# What the engine tells of an owner (`engine.holders`).
FACTS = (
    mark("its tool goes on there: {operations}"),
    mark("its process lives on this machine"),
    mark("its process on this machine has ended"),
    mark("it was never heard of"),
    mark("it was heard of {span} ago"),
)


class Life(Protocol):
    """Whether the owner lives (`engine.holders.Life`)."""

    @property
    def alive(self) -> bool:
        """It does."""

    @property
    def fact(self) -> str:
        """By what that was told, an English template."""

    @property
    def values(self) -> Mapping[str, str]:
        """The values of its slots."""

    @property
    def why(self) -> str:
        """By what that was told, in English."""


class Seen(Protocol):
    """A lock that was looked at (`engine.looking.Seen`)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def host(self) -> str:
        """The host that keeps it."""

    @property
    def marker(self) -> Marker:
        """The lock as the host tells it."""

    @property
    def holder(self) -> Holder | None:
        """Who holds it, if the text names somebody."""

    @property
    def life(self) -> Life:
        """Whether the owner lives."""

    @property
    def going_on(self) -> Sequence[str]:
        """Tools of the owner that go on."""

    @property
    def unseen(self) -> Sequence[str]:
        """Where nobody could look."""


def seen_lines(seen: Seen, page: Page) -> list[Text]:
    """Return what was seen of a lock."""
    say = page.say
    head = Text("  " + say("lock {name} on {host}", name=seen.name, host=seen.host), STRONG)
    rows = _rows(seen, page)
    return [head, *grid([Column(), Column(wraps=True)], rows, page.width, indent=4)]


def _rows(seen: Seen, page: Page) -> list[tuple[str, str]]:
    say, holder = page.say, seen.holder
    beside = [(say("goes on there"), visible(name)) for name in seen.going_on]
    beside += [(say("not looked at"), visible(text)) for text in seen.unseen]
    if seen.marker.text is None:
        return [(say("held by"), say("nobody")), *beside]
    if holder is None:
        rows = [(say("held by"), visible(" ".join(seen.marker.text.split())))]
    else:
        what = say("{runbook} on {target}", runbook=holder.runbook, target=holder.target)
        rows = [
            (say("held by"), visible(f"{holder.run}, {what}")),
            (say("asked for by"), visible(holder.requester)),
            (say("carried out on"), visible(f"{holder.control}, {holder.logs}")),
            (say("since"), visible(f"{holder.since}, {say('fence {fence}', fence=holder.fence)}")),
        ]
    heard = say("never") if seen.marker.idle is None else say("{span} ago", span=spoken(seen.marker.idle, say))
    rows.append((say("last heard of"), heard))
    life = say("lives") if seen.life.alive else say("nobody carries it on now")
    rows.append((say("owner"), visible(f"{life}: {say(seen.life.fact, **seen.life.values)}")))
    return [*rows, *beside]


def seen_document(seen: Seen) -> dict[str, Any]:
    """Return what was seen of a lock for `--json`."""
    holder = seen.holder
    return {
        "name": seen.name,
        "host": seen.host,
        "held": seen.marker.text is not None,
        "run": holder.run if holder else None,
        "control": holder.control if holder else None,
        "logs": holder.logs if holder else None,
        "since": holder.since if holder else None,
        "fence": holder.fence if holder else None,
        "idle": seen.marker.idle,
        "alive": seen.life.alive,
        "why": seen.life.why,
        "going_on": list(seen.going_on),
        "unseen": list(seen.unseen),
    }
