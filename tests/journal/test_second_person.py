"""What a reader is told of people: who took over, who said no, and who looked at what was done without approval."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.canonical import digest, digest_of
from hisops.journal.plan_rejections import enter_plan_rejection
from hisops.journal.reviews import aftermath_of, enter_review
from hisops.journal.verify import Verification
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.statement import NAMESPACE, Signed, Statement
from tests.support.journal import ORIGIN, People, Site, begin, finish, intend, pass_gate


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def told(done: Verification, level: str) -> str:
    return " | ".join(str(found) for found in done.findings if found.level == level)


def half(site: Site) -> tuple[RunJournal, Signed]:
    """A run whose first step is done, and the approval that it cites."""
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    return journal, approval


# Approvals hold when the step begins


def test_an_approval_that_expired_before_the_step_s_process_began_does_not_count(site: Site) -> None:
    journal, approval = half(site)
    pass_gate(journal, approval)
    journal.close()
    site.clock.sleep(5 * 3600)
    resumed = site.resume("r1")
    intend(resumed)
    finish(resumed)
    assert "lead1@hospital does not count: it has expired" in told(site.verify(), "failed")


def test_an_approval_outlives_its_time_once_the_step_has_begun(site: Site) -> None:
    journal, approval = half(site)
    pass_gate(journal, approval)
    intend(journal)
    journal.close()
    site.clock.sleep(5 * 3600)
    finish(site.resume("r1"), recovered=True)
    assert site.verify().verdict == "verified"


def test_what_a_gate_asks_again_is_not_decided_by_what_was_decided_before(site: Site) -> None:
    journal, approval = half(site)
    pass_gate(journal, approval)
    journal.commit(r.GateOpened(step="apply", parts=["approve-1"], evidence="sha256:" + "e" * 64))
    intend(journal)
    finish(journal)
    assert "without the approval of a dba_lead" in told(site.verify(), "failed")


@pytest.mark.parametrize(("of", "counts"), [("plan", True), ("evidence", False)])
def test_what_was_approved_once_is_spent_when_its_step_was_undone(site: Site, of: str, counts: bool) -> None:
    plan, seen = site.plan(), "sha256:" + "e" * 64
    changes = {"of": "evidence", "run": "r1", "step": "apply", "evidence": seen} if of == "evidence" else {}
    approval = site.approve(plan, **changes)
    journal = site.open("r1", plan, (approval,) if of == "plan" else ())
    site.statements.keep("r1", approval)
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=1, code=0, verdict="ok"))
    journal.commit(r.StepChanged(step="apply", state="UNDONE", attempt=1))
    journal.commit(r.StepChanged(step="apply", state="PENDING"))
    pass_gate(journal, approval)
    intend(journal, attempt=2)
    complaint = "it was given for the step before that was undone"
    assert (complaint not in told(site.verify(), "failed")) == counts


# Who takes over


@pytest.mark.parametrize(
    ("who", "record", "complaint"),
    [
        ("dba2", {}, None),
        ("dba2", None, "without taking it over"),
        ("dba2", {"previous": "lead1@hospital"}, "without taking it over"),
        ("dba2", {"by": "dba1@hospital"}, "without taking it over"),
        ("dba2", {"role": "dba_lead"}, "do not have in common"),
        ("app1", {}, "do not have in common"),
    ],
)
def test_a_run_passes_between_people_of_one_role_who_say_so(
    site: Site, who: str, record: dict[str, str] | None, complaint: str | None
) -> None:
    journal, approval = half(site)
    journal.close()
    resumed = site.resume("r1", who)
    if record is not None:
        fields = {"previous": "dba1@hospital", "by": f"{who}@hospital", "role": "dba"} | record
        resumed.commit(r.Handover(**fields))
    pass_gate(resumed, approval)
    intend(resumed)
    finish(resumed)
    done = site.verify()
    if complaint is None:
        assert done.verdict == "verified"
        assert "dba2@hospital took the run over from dba1@hospital as dba" in told(done, "note")
    else:
        assert complaint in told(done, "failed")


def test_a_handover_that_a_crash_swallowed_is_said_in_the_next_segment(site: Site) -> None:
    journal, approval = half(site)
    journal.close()
    site.resume("r1", "dba2").close()
    again = site.resume("r1", "dba2")
    again.commit(r.Handover(previous="dba1@hospital", by="dba2@hospital", role="dba"))
    pass_gate(again, approval)
    intend(again)
    finish(again)
    assert site.verify().verdict == "verified"


def test_the_same_person_with_another_key_takes_nothing_over(tmp_path: Path, people: People) -> None:
    everybody = People(tmp_path / "people", [*people.names, "dba1-laptop"]).create()
    site = Site(tmp_path / "site", everybody)
    journal, approval = half(site)
    journal.close()
    resumed = site.resume("r1", "dba1-laptop")
    pass_gate(resumed, approval)
    intend(resumed)
    finish(resumed)
    assert site.verify().verdict == "verified"


def test_who_takes_over_before_the_step_cannot_have_approved_it(site: Site) -> None:
    plan = site.plan(runbook={"steps": [{"id": "apply", "gate": {"approve": {"role": "dba", "of": "plan"}}}]})
    approval = site.approve(plan, "dba2", role="dba")
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    journal.close()
    resumed = site.resume("r1", "dba2")
    resumed.commit(r.Handover(previous="dba1@hospital", by="dba2@hospital", role="dba"))
    intend(resumed)
    finish(resumed)
    assert "dba2@hospital takes part" in told(site.verify(), "failed")


# Who says no


def reject(site: Site, who: str = "lead1", **changes: str) -> Signed:
    plan = site.plan()
    fields = {
        "of": "evidence", "origin": ORIGIN, "plan": digest_of(plan), "role": "dba_lead", "run": "r1",
        "step": "apply", "reason": "the standby is behind", "at": "2026-11-24T02:00:00Z",
    } | changes  # fmt: skip
    statement = Statement(kind="rejection", fields=fields)
    return site.statements.store("r1", statement, site.people.key(who).sign(NAMESPACE, statement.text()))


def carry_out(site: Site, who: str = "lead1", *, taken: bool, **changes: str) -> Verification:
    journal, approval = half(site)
    no = reject(site, who, **changes)
    if taken:
        journal.write(r.StatementTaken(statement=no.sha256, kind="rejection", by=no.principal, step="apply"))
    pass_gate(journal, approval)
    intend(journal)
    finish(journal)
    return site.verify()


def test_a_step_started_against_a_rejection_that_the_run_took_fails(site: Site) -> None:
    done = carry_out(site, taken=True)
    assert "although it was rejected by lead1@hospital: the standby is behind" in told(done, "failed")


def test_a_rejection_that_the_run_overlooked_leaves_a_question(site: Site) -> None:
    done = carry_out(site, taken=False)
    assert done.verdict == "incomplete"
    assert "took no notice" in told(done, "incomplete")


def test_a_rejection_that_came_after_the_step_is_told(site: Site) -> None:
    done = carry_out(site, taken=False, at="2026-11-24T09:00:00Z")
    assert done.verdict == "verified"
    assert "rejected by lead1@hospital: the standby is behind; nothing was started against it" in told(done, "note")


@pytest.mark.parametrize(("who", "changes"), [("dba1", {}), ("dba2", {}), ("lead1", {"step": "other"})])
def test_a_rejection_without_weight_is_told_and_no_more(site: Site, who: str, changes: dict[str, str]) -> None:
    done = carry_out(site, who, taken=False, **changes)
    assert done.verdict == "verified"
    assert "does not count here" in told(done, "note")


def test_a_rejection_that_its_person_withdrew_by_approving_is_past(site: Site) -> None:
    journal, _ = half(site)
    no = reject(site)
    journal.write(r.StatementTaken(statement=no.sha256, kind="rejection", by=no.principal, step="apply"))
    seen = "sha256:" + "e" * 64
    yes = site.approve(
        site.plan(), of="evidence", run="r1", step="apply", evidence=seen, nonce="n2", withdraws=no.sha256
    )
    site.statements.keep("r1", yes)
    pass_gate(journal, yes, evidence=seen)
    intend(journal)
    finish(journal)
    assert site.verify().verdict == "verified"


def rejected_plan(site: Site, who: str, withdrawn_by: str | None) -> Verification:
    """Carry out a plan that `who` has rejected in the ledger before."""
    plan = site.plan()
    fields = {"of": "plan", "origin": ORIGIN, "plan": digest_of(plan), "role": "dba_lead", "reason": "not tonight"}
    statement, key = Statement(kind="rejection", fields=fields), site.people.key(who)
    no = site.statements.store(None, statement, key.sign(NAMESPACE, statement.text()))
    enter_plan_rejection(site.logs, no, key, site.clock, "control")
    approval = site.approve(plan, **({"withdraws": no.sha256} if withdrawn_by else {}))
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    finish(journal)
    return site.verify()


def test_a_run_of_a_plan_that_the_ledger_holds_rejected_fails(site: Site) -> None:
    done = rejected_plan(site, "lead1", None)
    assert "begun although its plan was rejected by lead1@hospital: not tonight" in told(done, "failed")


@pytest.mark.parametrize(("who", "withdrawn"), [("lead1", "lead1"), ("dba1", None), ("app1", None)])
def test_a_plan_that_was_approved_after_all_or_rejected_by_nobody_of_weight_may_run(
    site: Site, who: str, withdrawn: str | None
) -> None:
    assert rejected_plan(site, who, withdrawn).verdict == "verified"


# Who looks at what was done without approval


def broken(site: Site, reason: str | None = "lead unreachable", by: str = "dba1@hospital") -> None:
    journal = site.open("r1", site.plan())
    begin(journal)
    pass_gate(journal)
    if reason is not None:
        journal.write(r.Deviation(kind="break-glass", step="apply", reason=reason))
    journal.commit(r.GateDecided(step="apply", part="approve-1", by=by, value="break-glass"))
    intend(journal)
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=1, code=0, verdict="ok"))
    journal.commit(r.StepChanged(step="apply", state="SUCCEEDED", attempt=1))
    journal.commit(r.RunChanged(state="SUCCEEDED_WITH_EXCEPTIONS"))
    journal.seal("SUCCEEDED_WITH_EXCEPTIONS", 13)


def head_of(site: Site) -> str:
    return digest((site.run_folder("r1") / "HEAD").read_bytes())


def review(site: Site, who: str, head: str | None = None) -> None:
    key = site.people.key(who)
    enter_review(site.logs, ORIGIN, "r1", head or head_of(site), "as it was told", key, site.clock)


def test_broken_glass_is_incomplete_until_it_is_reviewed(site: Site) -> None:
    broken(site)
    done = site.verify()
    assert done.verdict == "incomplete"
    assert "break-glass, not reviewed: dba1@hospital did without the approval of a dba_lead: lead unreachable" in told(
        done, "incomplete"
    )
    review(site, "lead1")
    done = site.verify()
    assert done.verdict == "verified"
    assert "reviewed by lead1@hospital: as it was told" in told(done, "note")
    assert aftermath_of(site.logs, "r1").head == head_of(site)


@pytest.mark.parametrize("who", ["dba1", "dba2", "app1"])
def test_nobody_reviews_who_took_part_or_could_not_have_approved(site: Site, who: str) -> None:
    broken(site)
    review(site, who)
    assert site.verify().verdict == "incomplete"


def test_a_review_is_of_one_end_of_one_run(site: Site) -> None:
    broken(site)
    review(site, "lead1", head="sha256:" + "0" * 64)
    assert site.verify().verdict == "incomplete"


@pytest.mark.parametrize(("reason", "by"), [(None, "dba1@hospital"), ("late", "lead1@hospital")])
def test_broken_glass_without_a_reason_or_by_somebody_else_fails(site: Site, reason: str | None, by: str) -> None:
    broken(site, reason, by)
    assert "does not say why" in told(site.verify(), "failed")


def test_a_review_by_the_key_of_a_run_is_no_entry_of_a_person(site: Site) -> None:
    """Who writes a run could review it without its person's hand, if the key of the run were enough."""
    broken(site)
    journal = site.open("r2", site.plan("b"))
    values = {"run": "r1", "head": head_of(site), "reason": "-"}
    author = journal._author
    author.ledger.append(ORIGIN, "dba1@hospital", "review", values, author.key.sign)
    assert "cannot sign an entry review" in told(site.verify(), "failed")
