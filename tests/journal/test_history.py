"""What earlier runs took: only this site's own, of this runbook, closed, and verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.journal.history import history
from hisops.journal.run import Opening, open_run
from hisops.model import records as r
from tests.support.journal import BOOT, JUDGED, ORIGIN, RUNBOOK, People, Site

READING = {**RUNBOOK, "steps": RUNBOOK["steps"][:1]}  # type: ignore[index]


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def carry_out(
    site: Site, run: str, seconds: float, *, simulation: bool = False, seal: bool = True, runbook: str = "test/patch"
) -> None:
    """Carry out a run of one reading step that takes so long, after an hour at a gate."""
    procedure = {**READING, "id": runbook}
    plan = {"format": "hisops-plan/1", "id": run, "requester": "dba1@hospital", "target": "his", "runbook": procedure}
    opening = Opening(
        run_id=run, origin=ORIGIN, plan=plan, runbook=procedure, judges=JUDGED, machine=BOOT, simulation=simulation
    )
    journal = open_run(site.logs, opening, site.people.key("dba1"), site.clock)
    journal.commit(r.RunChanged(state="RUNNING"), r.StepChanged(step="check", state="WAITING"))
    site.clock.sleep(3600)
    journal.commit(r.StepChanged(step="check", state="RUNNING", attempt=1))
    site.clock.sleep(seconds)
    journal.commit(r.StepChanged(step="check", state="SUCCEEDED", attempt=1))
    if seal:
        journal.commit(r.RunChanged(state="SUCCEEDED"))
        journal.seal("SUCCEEDED", 0)
    journal.close()


def seconds(site: Site, **keys: bool | int) -> list[int]:
    wanted = {"simulation": False, **keys}
    return [round(run.steps["check"]) for run in history(site.logs, site.trust, "test/patch", **wanted)]  # type: ignore[arg-type]


def test_the_newest_runs_come_first_without_their_hours_at_gates(site: Site) -> None:
    for number, taken in enumerate((60, 90, 120), 1):
        carry_out(site, f"r{number}", taken)
    assert seconds(site) == [120, 90, 60]
    assert next(round(run.total or 0) for run in history(site.logs, site.trust, "test/patch", simulation=False)) == 120


def test_only_so_many_of_the_newest_are_looked_at(site: Site) -> None:
    for number, taken in enumerate((60, 90, 120), 1):
        carry_out(site, f"r{number}", taken)
    assert seconds(site, newest=2) == [120, 90]


def test_without_a_log_there_is_no_history(site: Site) -> None:
    assert seconds(site) == []


def test_a_rehearsal_says_nothing_about_a_real_database_nor_the_reverse(site: Site) -> None:
    carry_out(site, "r1", 60)
    carry_out(site, "r2", 5, simulation=True)
    assert seconds(site) == [60]
    assert seconds(site, simulation=True) == [5]


def test_runs_of_another_runbook_do_not_count(site: Site) -> None:
    carry_out(site, "r1", 60)
    carry_out(site, "r2", 5, runbook="test/other")
    assert seconds(site) == [60]


def test_a_run_that_is_not_closed_does_not_count(site: Site) -> None:
    carry_out(site, "r1", 60)
    carry_out(site, "r2", 5, seal=False)
    assert seconds(site) == [60]


def test_a_run_whose_log_was_changed_does_not_count(site: Site) -> None:
    carry_out(site, "r1", 60)
    carry_out(site, "r2", 5)
    segment = site.run_folder("r2") / "seg-0001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"SUCCEEDED", b"SUCCEEDEX", 1))
    assert seconds(site) == [60]


def test_a_run_whose_folder_is_gone_does_not_count(site: Site) -> None:
    carry_out(site, "r1", 60)
    carry_out(site, "r2", 5)
    for path in sorted(site.run_folder("r2").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert seconds(site) == [60]


def test_with_a_false_ledger_nothing_counts(site: Site) -> None:
    carry_out(site, "r1", 60)
    ledger = site.logs / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"dba1@hospital", b"dba2@hospital", 1))
    assert seconds(site) == []
