"""A run stays with one copy of its log until another adopts it; locks that were taken away are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.journal.ledger import Ledger, person_sign
from hisops.journal.verify import Verification
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from tests.support.journal import ORIGIN, People, Site

EAST, WEST = "m1:/east/logs", "m2:/west/logs"


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def lock(event: str, control: str | None) -> r.LockChanged:
    return r.LockChanged(name="database-1", where="db1", event=event, fence=1, control=control)  # type: ignore[arg-type]


def begun(site: Site, control: str | None = EAST) -> None:
    journal = site.open("r1", site.plan("r1", runbook={"steps": []}))
    journal.commit(lock("taken", control), r.RunChanged(state="RUNNING"))
    journal.close()


def ended(journal: RunJournal, *records: r.Record) -> None:
    journal.commit(*records, r.RunChanged(state="SUCCEEDED_WITH_EXCEPTIONS"))
    journal.seal("SUCCEEDED_WITH_EXCEPTIONS", 13)


def told(done: Verification) -> str:
    return " | ".join(f"{found.level}: {found}" for found in done.findings)


WHY = r.Deviation(kind="adopted", reason="adopted on west in /west/logs: burnt down", by="dba1@hospital")


def test_an_adopted_run_verifies_and_says_who_adopted_it_and_why(site: Site) -> None:
    begun(site)
    ended(site.resume("r1"), lock("adopted", WEST), WHY, lock("kept", WEST))
    done = site.verify("r1")
    assert done.verdict == "verified", told(done)
    assert "note: dba1@hospital adopted on west in /west/logs: burnt down; segment 2." in told(done)


def test_a_copy_that_went_on_without_adopting_fails(site: Site) -> None:
    begun(site)
    ended(site.resume("r1"), lock("kept", WEST))
    done = site.verify("r1")
    assert done.verdict == "failed"
    assert f"went on in {WEST} without being adopted; {EAST} had carried it on" in told(done)


def test_a_run_without_locks_stays_with_its_copy_too(site: Site) -> None:
    journal = site.open("r1", site.plan("r1", runbook={"steps": []}))
    journal.commit(r.RunKept(control=EAST, host="east"), r.RunChanged(state="RUNNING"))
    journal.close()
    journal = site.resume("r1")
    journal.commit(r.RunKept(control=WEST, host="west"))
    journal.close()
    assert site.verify("r1").verdict == "failed"


def test_an_adoption_without_a_reason_fails(site: Site) -> None:
    begun(site)
    ended(site.resume("r1"), lock("adopted", WEST))
    assert site.verify("r1").verdict == "failed"


def test_the_own_resume_and_logs_without_places_are_fine(site: Site) -> None:
    begun(site)
    ended(site.resume("r1"), lock("kept", EAST), lock("released", None))
    assert site.verify("r1").verdict == "verified"


def test_a_log_of_an_older_version_may_go_on_anywhere(site: Site) -> None:
    begun(site, None)
    ended(site.resume("r1"), lock("kept", WEST))
    assert site.verify("r1").verdict == "verified"


def test_a_lock_taken_away_is_told_whosever_it_was(site: Site) -> None:
    begun(site)
    ended(site.resume("r1"), lock("kept", EAST))
    values = {
        "lock": "database-1",
        "host": "db1",
        "run": "other",
        "holder": "run other",
        "seen": "silent",
        "reason": "x",
    }
    key = site.people.key("dba2")
    Ledger(site.logs, site.clock).append(ORIGIN, key.principal, "lock.break", values, person_sign(key))
    done = site.verify()
    assert done.verdict == "verified"
    assert "note: dba2@hospital took database-1 on db1 away from run other: x (seen before: silent)." in told(done)


def test_an_entry_that_takes_a_lock_away_must_be_whole(site: Site) -> None:
    begun(site)
    key = site.people.key("dba2")
    Ledger(site.logs, site.clock).append(ORIGIN, key.principal, "lock.break", {"lock": "x"}, person_sign(key))
    assert site.verify().verdict == "failed"
