"""A lock on the screen: who holds it, from where, whether the owner lives; nothing of it can steer a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field

from hisops.console.i18n import Language
from hisops.console.locking import seen_document, seen_lines
from hisops.console.theme import Page
from hisops.model.lock import Holder, parse
from hisops.ports import Marker

HOLDER = Holder(
    run="2026-11-24-0200-his-abc", origin="hospital/his", runbook="oracle/patch-apply", target="his",
    requester="dba1@hospital", control="control-1", machine="m1", logs="/srv/\x1b[2Jlogs",
    since="2026-11-24T02:00:00Z", fence=7,
)  # fmt: skip


@dataclass
class Life:
    alive: bool = True
    fact: str = "it was heard of {span} ago"
    values: dict[str, str] = field(default_factory=lambda: {"span": "12 s"})

    @property
    def why(self) -> str:
        return self.fact.format(**self.values)


@dataclass
class Seen:
    marker: Marker
    name: str = "database-1"
    host: str = "his-db1"
    life: Life = field(default_factory=Life)
    going_on: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def holder(self) -> Holder | None:
        return parse(self.marker.text)


def shown(seen: Seen) -> str:
    return "\n".join(line.plain for line in seen_lines(seen, Page(say=Language("en"), width=100)))


def test_a_held_lock_explains_itself() -> None:
    text = shown(Seen(Marker(text=HOLDER.text(), idle=12.0), going_on=("r.apply.2",), unseen=("root: no sudo",)))
    for part in ("database-1 on his-db1", HOLDER.run, "oracle/patch-apply on his", "dba1@hospital", "control-1",
                 HOLDER.since, "fence 7", "lives: it was heard of 12 s ago", "r.apply.2", "root: no sudo"):  # fmt: skip
        assert part in text
    assert "\x1b" not in text


def test_an_owner_that_is_gone_is_said_to_be() -> None:
    text = shown(Seen(Marker(text=HOLDER.text(), idle=4000.0), life=Life(False)))
    assert "nobody carries it on now: it was heard of 12 s ago" in text
    assert "never" in shown(Seen(Marker(text=HOLDER.text())))


def test_a_text_of_an_older_version_is_shown_as_it_is() -> None:
    assert "run r1 of hospital/his, by dba1" in shown(Seen(Marker(text="run r1 of hospital/his,\nby dba1")))


def test_a_free_lock_is_held_by_nobody() -> None:
    text = shown(Seen(Marker(text=None)))
    assert "nobody" in text
    assert "owner" not in text
    assert "r.apply.2" in shown(Seen(Marker(text=None), going_on=("r.apply.2",)))


def test_the_document_has_the_same_for_programs() -> None:
    document = seen_document(Seen(Marker(text=HOLDER.text(), idle=12.0)))
    assert (document["held"], document["run"], document["fence"], document["alive"]) == (True, HOLDER.run, 7, True)
    assert seen_document(Seen(Marker(text=None)))["held"] is False
