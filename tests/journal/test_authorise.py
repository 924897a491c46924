"""Who may allow what: rows 17 to 20 of the catalogue of tampering."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.journal.ledger import Ledger
from hisops.journal.verify import Verification
from hisops.model import records as r
from hisops.model.statement import NAMESPACE, Signed, Statement
from tests.support.journal import People, Site, begin, finish, intend, pass_gate


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def failures(done: Verification) -> str:
    return " | ".join(str(found) for found in done.findings if found.level == "failed")


def carry_out(site: Site, run: str, plan: dict[str, object], *approvals: Signed, who: str = "dba1") -> Verification:
    journal = site.open(run, plan, approvals, who)
    begin(journal)
    pass_gate(journal, *approvals)
    intend(journal)
    finish(journal)
    return site.verify()


@pytest.mark.parametrize("ending", [".txt", ".sig"])
def test_row_17_an_edited_approval_fails(site: Site, ending: str) -> None:
    site.approved_run("r1")
    (path,) = (site.run_folder("r1") / "approvals").glob("*" + ending)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert site.verify().verdict == "failed"


def test_row_17_the_signature_of_another_approval_fails(site: Site) -> None:
    site.approved_run("r1")
    site.approved_run("r2")
    (mine,) = (site.run_folder("r1") / "approvals").glob("*.sig")
    (other,) = (site.run_folder("r2") / "approvals").glob("*.sig")
    mine.write_bytes(other.read_bytes())
    assert "does not fit" in failures(site.verify())


def test_a_removed_approval_fails(site: Site) -> None:
    site.approved_run("r1")
    for path in (site.run_folder("r1") / "approvals").iterdir():
        path.unlink()
    assert "without the approval of a dba_lead" in failures(site.verify())


@pytest.mark.parametrize(
    ("approver", "changes", "complaint"),
    [
        ("dba1", {}, "takes part in this run"),
        ("dba2", {}, "does not hold the role dba_lead"),
        ("lead1", {"requester": "lead1@hospital"}, "takes part in this run"),
        ("lead1", {"not-after": "2026-11-24T02:00:00Z"}, "has expired"),
        ("lead1", {"not-after": "tomorrow"}, "no valid end"),
        ("lead1", {"plan": "sha256:" + "0" * 64}, "another plan"),
        ("lead1", {"origin": "otherhospital/control"}, "another site"),
        ("lead1", {"of": "weather"}, "does not say what it approves"),
        ("lead1", {"certificate": "sha256:" + "0" * 64}, "certificate that is not of this run"),
        ("lead1", {"ledger": "1 sha256:" + "0" * 64}, "forked or was rolled back"),
        ("lead1", {"ledger": "99 sha256:" + "0" * 64}, "forked or was rolled back"),
        ("lead1", {"ledger": "many"}, "forked or was rolled back"),
    ],
)
def test_rows_18_to_20_an_approval_that_does_not_count(
    site: Site, approver: str, changes: dict[str, str], complaint: str
) -> None:
    plan = site.plan()
    done = carry_out(site, "r1", plan, site.approve(plan, approver, **changes))
    assert done.verdict == "failed"
    assert complaint in failures(done)


def test_row_18_the_same_person_with_another_key_is_still_the_requester(tmp_path: Path, people: People) -> None:
    """dba1 has a second principal, `dba1-laptop`, with a key of its own and the role of a lead."""
    folder = tmp_path / "people"
    everybody = People(folder, [*people.names, "dba1-laptop"]).create()
    site = Site(tmp_path / "site", everybody)
    plan = site.plan()
    done = carry_out(site, "r1", plan, site.approve(plan, "dba1-laptop"))
    assert "dba1-laptop@hospital takes part in this run" in failures(done)


def test_who_resumed_a_run_counts_as_its_requester(site: Site) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    journal.close()
    resumed = site.resume("r1", "lead1")
    pass_gate(resumed, approval)
    intend(resumed)
    finish(resumed)
    assert "lead1@hospital takes part in this run" in failures(site.verify())


def test_row_19_an_approval_is_used_once(site: Site) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    assert carry_out(site, "r1", plan, approval).verdict == "verified"
    done = carry_out(site, "r2", plan, approval)
    assert "The run r2 uses an approval that r1 had used up" in failures(done)


def test_a_plan_approval_that_the_ledger_does_not_cite_does_not_count(site: Site) -> None:
    """Slipped in after the run was opened, it could be used for any number of runs."""
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan)
    begin(journal)
    site.statements.keep("r1", approval)
    pass_gate(journal, approval)
    intend(journal)
    finish(journal)
    assert "does not cite it" in failures(site.verify())


def evidence_run(site: Site, quorum: int, approvers: list[str], evidence: str, seen: str) -> Verification:
    gate = {"approve": {"role": "dba_lead", "of": "evidence", "quorum": quorum}}
    steps = [{"id": "check"}, {"id": "apply", "effect": "destructive", "gate": gate}]
    plan = site.plan(runbook={"steps": steps})
    journal = site.open("r1", plan)
    begin(journal)
    approvals = []
    for number, who in enumerate(approvers):
        approval = site.approve(plan, who, of="evidence", run="r1", step="apply", evidence=evidence, nonce=f"n{number}")
        site.statements.keep("r1", approval)
        approvals.append(approval)
    pass_gate(journal, *approvals, evidence=seen)
    intend(journal)
    finish(journal)
    return site.verify()


def test_an_approval_of_the_evidence_counts_for_that_evidence_only(site: Site) -> None:
    shown = "sha256:" + "1" * 64
    assert evidence_run(site, 1, ["lead1"], shown, shown).verdict == "verified"


def test_an_approval_of_other_evidence_does_not_count(site: Site) -> None:
    done = evidence_run(site, 1, ["lead1"], "sha256:" + "1" * 64, "sha256:" + "2" * 64)
    assert "other evidence" in failures(done)


def test_one_person_is_not_a_quorum_of_two(site: Site) -> None:
    shown = "sha256:" + "1" * 64
    done = evidence_run(site, 2, ["lead1", "lead1"], shown, shown)
    assert "the log counts it as that of lead1@hospital" in failures(done)


def test_what_an_approver_saw_of_the_ledger_stays_true_when_it_grows(site: Site) -> None:
    carry_out(site, "r0", site.plan(runbook={"steps": []}))
    plan = site.plan()
    approval = site.approve(plan)
    size, root = Ledger(site.logs, site.clock).head()
    assert approval.statement.get("ledger") == f"{size} {root}"
    carry_out(site, "r1", plan, approval)
    assert site.verify().verdict == "verified"


def test_what_nobody_used_does_not_weigh(site: Site) -> None:
    """Anybody may lay a file down; a log does not fail by what its run never took."""
    site.approved_run("r1")
    (site.run_folder("r1") / "approvals" / ("0" * 64 + ".txt")).write_text("hisops-approval/1\n")
    done = site.verify()
    assert done.verdict == "verified"
    assert any("nothing was done on it" in str(found) for found in done.findings)


@pytest.mark.parametrize("kind", ["resolution", "cancellation"])
def test_a_statement_that_the_run_took_must_be_there_and_its_signer_s(site: Site, kind: str) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    statement = Statement(kind=kind, fields={"run": "r1", "reason": "late"})  # type: ignore[arg-type]
    key = site.people.key("dba2")
    signed = site.statements.store("r1", statement, key.sign(NAMESPACE, statement.text()))
    journal.commit(r.StatementTaken(statement=signed.sha256, kind=kind, by="dba1@hospital"))
    journal.commit(r.RunChanged(state="CANCELLED"))
    journal.seal("CANCELLED", 1)
    assert "says that dba1@hospital signed" in failures(site.verify())
    for path in (site.run_folder("r1") / "approvals").iterdir():
        path.unlink()
    assert "does not hold" in failures(site.verify())
