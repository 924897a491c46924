"""An amendment in the log counts only over two signatures, and only if it leaves alone what has begun."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from hisops.canonical import canonical, digest_of
from hisops.journal.blobs import name_of
from hisops.journal.reader import load_run
from hisops.journal.verify import Verification
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.statement import NAMESPACE, Signed, Statement, StatementKind
from tests.support.journal import JUDGED, ORIGIN, RUNBOOK, People, Site, begin, finish, intend, pass_gate

Documents = dict[str, Any]


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def before() -> Documents:
    return {"runbook": copy.deepcopy(RUNBOOK), "judges": JUDGED, "target_type": {}}


def after(step: int = 1) -> Documents:
    """Return the definitions with another text of the step of this number."""
    new = before()
    new["runbook"]["steps"][step]["sh"] = "opatch other"
    return new


def say(site: Site, who: str, kind: StatementKind, **fields: str) -> Signed:
    statement = Statement(kind=kind, fields={"origin": ORIGIN, "run": "r1", "nonce": f"{kind}-{who}", **fields})
    signature = site.people.key(who).sign(NAMESPACE, statement.text())
    return site.statements.store("r1", statement, signature)


def signed(
    site: Site, plan: Documents, new: Documents, by: str = "dba1", approver: str = "lead1", **changes: str
) -> tuple[Signed, Signed]:
    request = say(
        site, by, "amendment", plan=digest_of(plan), before=digest_of(before()), after=digest_of(new), reason="why"
    )
    approval = {
        "of": "amendment", "plan": digest_of(plan), "step": "-", "evidence": request.sha256, "role": "dba_lead",
        "requester": f"{by}@hospital", "not-after": "2026-11-24T06:00:00Z", "ledger": "-",
    }  # fmt: skip
    return request, say(site, approver, "approval", **(approval | changes))


def amend(journal: RunJournal, new: Documents, request: Signed, approval: Signed) -> None:
    for each in (request, approval):
        journal.write(r.StatementTaken(statement=each.sha256, kind=each.statement.kind, by=each.principal))
    journal.commit(
        r.RunbookAmended(
            definitions=journal.blob(canonical(new)), digest=digest_of(new), request=request.sha256,
            approval=approval.sha256, by=request.principal, approved_by=approval.principal,
        ),
        r.Deviation(kind="amend", reason="why"),
    )  # fmt: skip


def carried_out(site: Site, new: Documents, **options: str) -> Verification:
    """Carry out a run that is amended to `new` after its first step; its plan's approval still passes the gate."""
    plan = site.plan("r1", judges=JUDGED, target_type={})
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    amend(journal, new, *signed(site, plan, new, **options))
    pass_gate(journal, approval)
    intend(journal)
    finish(journal)
    return site.verify()


def said(done: Verification, level: str = "failed") -> str:
    return " | ".join(str(found) for found in done.findings if found.level == level)


def test_an_amendment_with_two_signatures_is_named_and_verifies(site: Site) -> None:
    done = carried_out(site, after())
    assert done.verdict == "verified", said(done)
    assert "was amended at" in said(done, "note")
    assert load_run(site.logs, "r1").runbook == after()["runbook"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"approver": "dba1"}, "dba1@hospital takes part in this run"),
        ({"approver": "dba2"}, "dba2@hospital does not hold the role dba_lead"),
        ({"by": "dba2"}, "dba2@hospital does not carry out this run"),
        ({"not-after": "2026-11-24T02:00:00Z"}, "it has expired"),
        ({"evidence": "sha256:" + "0" * 64}, "it was given over other evidence"),
        ({"of": "plan"}, "it approves the plan"),
        ({"of": "evidence"}, "it approves the evidence"),
    ],
)
def test_an_amendment_without_them_fails(site: Site, options: dict[str, str], why: str) -> None:
    done = carried_out(site, after(), **options)
    assert done.verdict == "failed"
    assert why in said(done)


def test_an_amendment_of_a_step_that_has_ended_fails(site: Site) -> None:
    done = carried_out(site, after(step=0))
    assert "step check has begun, and its text changed" in said(done)


def test_gates_are_judged_by_the_amended_runbook(site: Site) -> None:
    """The amendment asks for two approvals; the one that is there does not do any more."""
    new = before()
    new["runbook"]["steps"][1]["gate"]["approve"]["quorum"] = 2
    done = carried_out(site, new)
    assert "was carried out without the approval of a dba_lead" in said(done)


def test_a_decision_from_before_the_amendment_does_not_pass_the_gate_after_it(site: Site) -> None:
    plan = site.plan("r1", judges=JUDGED, target_type={})
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    amend(journal, after(), *signed(site, plan, after()))
    intend(journal)
    finish(journal)
    assert "was carried out without the approval of a dba_lead" in said(site.verify())


def test_a_step_that_was_amended_away_from_its_gate_needs_none(site: Site) -> None:
    new = before()
    del new["runbook"]["steps"][1]["gate"]
    plan = site.plan("r1", judges=JUDGED, target_type={})
    journal = site.open("r1", plan)
    begin(journal)
    amend(journal, new, *signed(site, plan, new))
    intend(journal)
    finish(journal)
    assert site.verify().verdict == "verified", said(site.verify())


@pytest.mark.parametrize("what", ["request", "approval"])
def test_a_statement_that_is_gone_fails(site: Site, what: str) -> None:
    carried_out(site, after())
    record = load_run(site.logs, "r1").records
    amended = next(each for each in record if isinstance(each, r.RunbookAmended))
    (site.run_folder("r1") / "approvals" / f"{name_of(getattr(amended, what))}.txt").unlink()
    assert site.verify().verdict == "failed"


def test_changed_definitions_beside_the_log_fail(site: Site) -> None:
    carried_out(site, after())
    amended = next(each for each in load_run(site.logs, "r1").records if isinstance(each, r.RunbookAmended))
    path = site.run_folder("r1") / "blobs" / name_of(amended.definitions)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "does not hold" in said(site.verify())
