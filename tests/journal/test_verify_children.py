"""A parent's log stands and falls with the runs that it names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hisops.canonical import digest
from hisops.journal.verify import Verification
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from tests.support.journal import People, Site

PLAN = {"runbook": {"hisops": "runbook/v1", "id": "playbooks/night", "steps": [{"id": "standby"}]}}


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def said(done: Verification, level: str = "failed") -> str:
    return " | ".join(str(found) for found in done.findings if found.level == level)


def head_of(site: Site, run: str) -> str:
    return digest((site.run_folder(run) / "HEAD").read_bytes())


def intend(journal: RunJournal, run: str = "child", attempt: int = 1, target: str = "his") -> None:
    journal.write(r.StepChanged(step="standby", state="RUNNING", attempt=attempt))
    journal.commit(r.ChildIntended(step="standby", attempt=attempt, run=run, runbook="test/patch", target=target))


def end(journal: RunJournal, head: str | None, state: str = "SUCCEEDED", code: int = 0, run: str = "child") -> None:
    journal.commit(r.ChildEnded(step="standby", attempt=1, run=run, state=state, exit=code, head=head))


def close(journal: RunJournal, step: str = "SUCCEEDED", state: str = "SUCCEEDED", code: int = 0) -> None:
    journal.commit(r.StepChanged(step="standby", state=step, attempt=1))
    journal.commit(r.RunChanged(state=state))
    journal.seal(state, code)


def parent(site: Site) -> RunJournal:
    journal = site.open("parent", site.plan("parent", **PLAN))
    journal.commit(r.RunChanged(state="RUNNING"))
    return journal


def whole(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    site.approved_run("child")
    end(journal, head_of(site, "child"))
    close(journal)


def test_the_head_that_it_names_is_the_childs(site: Site) -> None:
    whole(site)
    done = site.verify("parent")
    assert done.verdict == "verified", said(done)
    assert "its HEAD is the one named here" in said(done, "note")
    assert site.verify().verdict == "verified"


def test_a_child_that_is_missing_fails_the_parent(site: Site) -> None:
    whole(site)
    shutil.rmtree(site.run_folder("child"))
    assert "the run child that step standby stands for does not hold" in said(site.verify("parent")).lower()


def test_a_child_that_was_altered_fails_the_parent(site: Site) -> None:
    whole(site)
    path = site.run_folder("child") / "seg-0001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"apply", b"abbly", 1))
    assert site.verify("parent").verdict == "failed"


def test_another_head_fails(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    site.approved_run("child")
    end(journal, "sha256:" + "0" * 64)
    close(journal)
    assert "is not the one whose end step standby names" in said(site.verify("parent"))


def test_the_head_of_another_run_fails(site: Site) -> None:
    site.approved_run("other")
    journal = parent(site)
    intend(journal)
    site.approved_run("child")
    end(journal, head_of(site, "other"))
    close(journal)
    assert "is not the one whose end step standby names" in said(site.verify("parent"))


def test_an_end_that_was_told_better_than_it_was_fails(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    child = site.open("child", site.plan("child"))
    child.commit(r.RunChanged(state="FAILED"))
    child.seal("FAILED", 1)
    end(journal, head_of(site, "child"))
    close(journal)
    assert "it ended FAILED, not SUCCEEDED" in said(site.verify("parent"))


def test_a_run_on_another_database_fails(site: Site) -> None:
    journal = parent(site)
    intend(journal, target="emr")
    site.approved_run("child")
    end(journal, head_of(site, "child"))
    close(journal)
    assert "it is test/patch on his, not test/patch on emr" in said(site.verify("parent"))


def test_a_step_is_no_better_than_its_run(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    child = site.open("child", site.plan("child"))
    child.commit(r.RunChanged(state="FAILED"))
    child.seal("FAILED", 1)
    end(journal, head_of(site, "child"), "FAILED", 1)
    close(journal)
    assert "Step standby is SUCCEEDED, the run that it stands for is FAILED" in said(site.verify("parent"))


def test_a_child_that_was_left_open_fails_a_sealed_parent(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    site.open("child", site.plan("child")).close()
    close(journal, "FAILED", "FAILED", 1)
    assert "its end is not told" in said(site.verify("parent"))


def test_a_child_that_was_never_opened_harms_nothing(site: Site) -> None:
    journal = parent(site)
    intend(journal, "lost")
    intend(journal, "child", attempt=2)
    site.approved_run("child")
    end(journal, head_of(site, "child"))
    close(journal)
    assert site.verify("parent").verdict == "verified"


@pytest.mark.parametrize(("opened", "verdict"), [(False, "verified"), (True, "failed")])
def test_a_refusal_holds_only_if_nothing_was_opened(site: Site, opened: bool, verdict: str) -> None:
    journal = parent(site)
    intend(journal)
    if opened:
        site.approved_run("child")
    end(journal, None, "REFUSED", 3)
    close(journal, "FAILED", "FAILED", 3)
    assert site.verify("parent").verdict == verdict


@pytest.mark.parametrize("approved", [True, False])
def test_the_gate_before_a_run_is_judged_like_any_other(site: Site, approved: bool) -> None:
    gate = {"approve": {"role": "dba_lead", "of": "plan"}}
    runbook = {**PLAN["runbook"], "steps": [{"id": "standby", "gate": gate}]}
    plan = site.plan("parent", runbook=runbook)
    approval = site.approve(plan)
    journal = site.open("parent", plan, (approval,))
    journal.commit(r.RunChanged(state="RUNNING"))
    if approved:
        journal.write(r.StatementTaken(statement=approval.sha256, kind="approval", by=approval.principal))
        journal.commit(
            r.GateDecided(step="standby", part="approve-1", by=approval.principal, statement=approval.sha256)
        )
    intend(journal)
    site.approved_run("child")
    end(journal, head_of(site, "child"))
    close(journal)
    done = site.verify("parent")
    assert (done.verdict == "verified") == approved, said(done)


def test_a_step_that_stands_for_a_run_is_nothing_without_one(site: Site) -> None:
    steps = [{"id": "standby", "stands_for": {"runbook": "a/b"}}]
    journal = site.open("parent", site.plan("parent", runbook={**PLAN["runbook"], "steps": steps}))
    journal.commit(r.RunChanged(state="RUNNING"))
    close(journal)
    assert "Step standby is SUCCEEDED, the run that it stands for is unknown" in said(site.verify("parent"))


def test_a_cut_says_which_run_was_open(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    journal.close()
    site.approved_run("child")
    journal = site.resume("parent")
    end(journal, head_of(site, "child"))
    close(journal)
    done = site.verify("parent")
    assert done.verdict == "verified", said(done)
    assert "standby: it stands for the run child" in said(done, "note")


def test_a_child_has_no_children(site: Site) -> None:
    journal = parent(site)
    intend(journal)
    child = site.open("child", site.plan("child", **PLAN))
    child.commit(r.RunChanged(state="RUNNING"))
    intend(child, "parent")
    close(child, "FAILED", "FAILED", 1)
    end(journal, head_of(site, "child"), "FAILED", 1)
    close(journal)
    assert "belongs to another, yet has runs itself" in said(site.verify("parent"))
