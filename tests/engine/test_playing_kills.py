"""A playbook that is killed at any write of its log, or anywhere in one of its runs: no run is opened twice or lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hisops.model import records as r
from hisops.model.records import Record
from hisops.ports import ChildLeft, ChildOrder
from tests.support.builders import WORDS, World
from tests.support.fakes import MemoryJournal
from tests.support.playing import FakeRuns, Killed, played, sealed

POINTS = 14  # writes of the log of a playbook with two runs, and some that never come


class DyingJournal(MemoryJournal):
    """A journal whose process is killed at one commit, just before or just after it is durable."""

    def __init__(self, at: int, *, durable: bool) -> None:
        super().__init__()
        self.at = at
        self.kept = durable

    def commit(self, *records: Record) -> None:
        self.at -= 1
        if self.at == 0 and not self.kept:
            raise Killed
        super().commit(*records)
        if self.at == 0:
            raise Killed


@dataclass
class Site(FakeRuns):
    """Runs as a site has them: opened in the ledger, then sealed. The process is killed once at the `dies`-th point."""

    dies: int = 0
    ended: set[str] = field(default_factory=set)
    carried: list[str] = field(default_factory=list)

    def carry_on(self, order: ChildOrder) -> ChildLeft:
        self._point()
        if order.run not in self.ledger:
            self.ledger.append(order.run)
            self._point()
        if order.run not in self.ended:
            self.carried.append(order.run)
            self.ended.add(order.run)
            self._point()
        return sealed()

    def _point(self) -> None:
        self.dies -= 1
        if self.dies == 0:
            raise Killed


def world_of(journal: MemoryJournal, runs: Site) -> World:
    head = {"id": "playbooks/night", "locks": [], "title": WORDS}
    steps = [played("standby", "his_dr"), played("primary", needs=["standby"])]
    return World(steps, runbook=head, children=runs, journal=journal)


def to_the_end(world: World) -> str:
    """Carry the playbook out; once it was killed, resume it. Return how it ended."""
    try:
        return world.go().state
    except Killed:
        return world.resume().state


def check(world: World, runs: Site, state: str) -> None:
    assert state == "SUCCEEDED"
    ended = [record.run for record in world.journal.records() if isinstance(record, r.ChildEnded)]
    assert ended == runs.ledger, "every run that was opened is adopted, and no other"
    assert len(runs.ledger) == 2
    assert runs.carried == runs.ledger, "nothing was carried out twice"


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("at", range(1, POINTS))
def test_killed_at_a_write_of_the_log(at: int, durable: bool) -> None:
    runs = Site()
    world = world_of(DyingJournal(at, durable=durable), runs)
    check(world, runs, to_the_end(world))


@pytest.mark.parametrize("dies", range(1, 7))
def test_killed_within_a_run(dies: int) -> None:
    runs = Site(dies=dies)
    world = world_of(MemoryJournal(), runs)
    check(world, runs, to_the_end(world))


def test_there_are_as_many_writes_as_are_tried() -> None:
    journal = DyingJournal(0, durable=True)
    assert world_of(journal, Site()).go().state == "SUCCEEDED"
    assert 0 < -journal.at < POINTS
