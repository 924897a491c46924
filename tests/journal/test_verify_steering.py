"""What steered a run is held to the roster again; what was undone and done again needs its approval again."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.journal.verify import Verification
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.statement import NAMESPACE, Signed, Statement, StatementKind
from tests.support.journal import ORIGIN, People, Site, begin, finish, intend, pass_gate


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def failures(done: Verification) -> str:
    return " | ".join(str(found) for found in done.findings if found.level == "failed")


def lay_down(site: Site, kind: StatementKind, who: str) -> Signed:
    statement = Statement(kind=kind, fields={"origin": ORIGIN, "run": "r1", "reason": "x", "nonce": "n-1"})
    return site.statements.store("r1", statement, site.people.key(who).sign(NAMESPACE, statement.text()))


def heed(journal: RunJournal, signed: Signed) -> None:
    journal.commit(r.StatementTaken(statement=signed.sha256, kind=signed.statement.kind, by=signed.principal))


@pytest.mark.parametrize(
    ("kind", "who", "approved_before", "holds"),
    [
        ("pause", "dba1", False, True),
        ("pause", "dba2", False, True),
        ("pause", "lead1", False, False),
        ("pause", "lead1", True, True),
        ("kill", "lead1", True, False),
        ("kill", "dba2", True, True),
    ],
)
def test_who_steered_is_asked_again(
    site: Site, kind: StatementKind, who: str, approved_before: bool, holds: bool
) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    if not approved_before:
        heed(journal, lay_down(site, kind, who))
    pass_gate(journal, approval)
    if approved_before:
        heed(journal, lay_down(site, kind, who))
    intend(journal)
    finish(journal)
    done = site.verify()
    assert (f"heeded the {kind} of {who}@hospital" not in failures(done)) == holds
    assert done.verdict == ("verified" if holds else "failed")


@pytest.mark.parametrize("approved_again", [True, False])
def test_what_is_done_again_after_an_undo_needs_its_approval_again(site: Site, approved_again: bool) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=1, code=0, verdict="ok"))
    journal.commit(
        r.StepChanged(step="apply", state="UNDONE"),
        r.Deviation(kind="undo", step="apply", reason="undone back to apply, as asked", by="dba1@hospital"),
        r.StepChanged(step="apply", state="PENDING", reason="undone; to be done again"),
    )
    if approved_again:
        pass_gate(journal, approval)
    intend(journal, attempt=2)
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=2, code=0, verdict="ok"))
    journal.commit(r.StepChanged(step="apply", state="SUCCEEDED", attempt=2))
    journal.commit(r.RunChanged(state="SUCCEEDED_WITH_EXCEPTIONS"))
    journal.seal("SUCCEEDED_WITH_EXCEPTIONS", 13)
    done = site.verify()
    assert ("without the approval of a dba_lead" in failures(done)) != approved_again
    deviations = done.document()["runs"][0]["deviations"]
    assert [(each["number"], each["kind"], each["by"]) for each in deviations] == [(1, "undo", "dba1@hospital")]
