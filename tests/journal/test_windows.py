"""A reader asks again whether a run was begun in its window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.window import stamp
from tests.support.journal import NOON, RUNBOOK, People, Site, begin, finish, intend, pass_gate

WANTING = {**RUNBOOK, "window": "required"}


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def seen(opens: float | None, closes: float | None) -> r.WindowSeen:
    """The window from and to so many minutes after the begin."""
    moments = [None if each is None else stamp(NOON + timedelta(minutes=each)) for each in (opens, closes)]
    return r.WindowSeen(
        calendar="night", file="sha256:1", timezone="Asia/Shanghai", opens=moments[0], closes=moments[1]
    )


def opened(site: Site, *windows: r.WindowSeen, runbook: dict[str, object] | None = None) -> RunJournal:
    """A run whose log says this of its window, up to its first write."""
    plan = site.plan("r1", runbook=runbook or WANTING)
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    for window in windows:
        journal.commit(window)
    pass_gate(journal, approval)
    intend(journal)
    return journal


def verdict(site: Site) -> tuple[str, str]:
    done = site.verify("r1")
    said = " | ".join(str(found) for found in done.findings if found.answer == "authorisation")
    return done.verdict, said


def test_begun_in_its_window_it_is_verified_and_the_window_named(site: Site) -> None:
    finish(opened(site, seen(-60, 60)))
    assert verdict(site)[0] == "verified"
    assert "in the window 2026-11-24 09:01 to 11:01 (Asia/Shanghai)" in verdict(site)[1]


@pytest.mark.parametrize("window", [seen(10, 60), seen(-60, -10), seen(None, None)])
def test_begun_outside_it_is_not(site: Site, window: r.WindowSeen) -> None:
    finish(opened(site, window))
    assert verdict(site)[0] == "failed"
    assert "Step apply was begun" in verdict(site)[1]


def test_without_a_window_in_the_log_it_is_not(site: Site) -> None:
    finish(opened(site))
    assert "Step apply was begun without an open window" in verdict(site)[1]


def test_the_newest_word_before_the_write_counts(site: Site) -> None:
    finish(opened(site, seen(10, 60), seen(-1, 60)))
    assert verdict(site)[0] == "verified"


def test_a_runbook_that_wants_none_is_not_asked(site: Site) -> None:
    finish(opened(site, runbook=RUNBOOK))
    assert verdict(site)[0] == "verified"


def test_what_was_begun_in_time_may_run_over(site: Site) -> None:
    journal = opened(site, seen(-60, 60))
    site.clock.sleep(2 * 3600)
    finish(journal)
    assert verdict(site)[0] == "verified"
