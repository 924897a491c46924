from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from hisops.journal.commands import stock_commands
from hisops.journal.findings import ANSWERS
from hisops.journal.run import finish_close
from hisops.journal.segment import Segment
from hisops.journal.verify import Verification
from hisops.journal.writer import Author
from hisops.model import records as r
from tests.support.journal import People, Site, begin, finish, intend, pass_gate


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def facts(verification: Verification, level: str = "failed") -> str:
    return " | ".join(str(found) for found in verification.findings if found.level == level)


def test_an_approved_run_is_verified_as_far_as_this_reaches(site: Site) -> None:
    site.approved_run("r1")
    done = site.verify()
    assert (done.verdict, done.exit_code) == ("verified", 0)
    assert "by the site's own trust file" in done.reach
    assert "by this host only" in done.reach
    document = done.document()
    assert set(document["answers"]) == set(ANSWERS)
    assert document["answers"]["time"]["status"] == "claimed"
    assert "lead1@hospital (dba_lead)" in document["answers"]["authorisation"]["text"]
    assert document["runs"][0]["state"] == "SUCCEEDED"
    json.dumps(document)


def test_an_approver_vouches_for_the_ledger_that_he_saw(site: Site) -> None:
    site.approved_run("r1")
    site.approved_run("r2")
    assert (
        "ledger entries 1 to 3 of 5 are held by lead1@hospital; entries 4 to 5 by this host only" in site.verify().reach
    )


def test_without_an_anchor_the_verdict_says_so_only_when_asked(site: Site) -> None:
    site.approved_run("r1")
    done = site.verify(require_anchor=True)
    assert (done.verdict, done.exit_code) == ("unanchored", 21)


def test_a_resumed_run_is_verified_and_its_interruption_named(site: Site) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.close()
    resumed = site.resume("r1", "dba2")
    resumed.commit(r.Handover(previous="dba1@hospital", by="dba2@hospital", role="dba"))
    finish(resumed, recovered=True)
    done = site.verify()
    assert done.verdict == "verified"
    assert "interrupted" in facts(done, "note")
    assert "apply: settled by the tool's own end" in facts(done, "note")


def test_a_run_that_waited_was_not_interrupted(site: Site) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    journal.commit(r.RunChanged(state="WAITING"))
    journal.close()
    resumed = site.resume("r1")
    pass_gate(resumed, approval)
    intend(resumed)
    finish(resumed)
    done = site.verify()
    assert done.verdict == "verified"
    assert "left WAITING" in facts(done, "note")
    assert "interrupted" not in facts(done, "note")


def test_an_open_step_that_nobody_settled_makes_it_incomplete(site: Site) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.close()
    resumed = site.resume("r1")
    resumed.commit(r.StepChanged(step="apply", state="FAILED", attempt=1), r.RunChanged(state="FAILED"))
    resumed.seal("FAILED", 1)
    done = site.verify()
    assert done.verdict == "incomplete"
    assert "never settled" in facts(done, "incomplete")


def test_a_run_that_goes_on_is_incomplete(site: Site) -> None:
    journal = site.open("r1", site.plan())
    begin(journal)
    assert "going on now" in facts(site.verify(), "incomplete")
    journal.close()
    done = site.verify()
    assert (done.verdict, done.exit_code) == ("incomplete", 21)
    assert "not sealed" in facts(done, "incomplete")


def test_a_site_without_a_log_is_not_verified(site: Site) -> None:
    assert site.verify().verdict == "incomplete"


def test_one_run_is_verified_alone(site: Site) -> None:
    site.approved_run("r1")
    site.approved_run("x-r2")
    (site.run_folder("r1") / "HEAD").unlink()
    assert site.verify("r2").verdict == "verified"
    assert site.verify("r1").verdict == "failed"
    assert site.verify("r9").verdict == "failed"
    assert [run.run_id for run in site.verify().runs] == ["r1", "x-r2"]


def test_a_destructive_step_without_its_approval_fails(site: Site) -> None:
    journal = site.open("r1", site.plan())
    begin(journal)
    intend(journal)
    finish(journal)
    done = site.verify()
    assert done.verdict == "failed"
    assert "without the approval of a dba_lead" in facts(done)


def test_an_effect_without_a_signed_intent_before_it_fails(site: Site) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal.commit(r.RunChanged(state="RUNNING"))
    journal.write(
        r.CallIntent(
            step="x", kind="action", attempt=1, effect="write", idempotent=True, on="db1", command=journal.blob(b"x")
        )
    )
    journal.commit(r.CallStarted(step="x", kind="action", attempt=1, pid=1))
    journal.commit(r.CallEnded(step="x", kind="action", attempt=1, code=0, verdict="ok"))
    journal.commit(r.StepChanged(step="x", state="SUCCEEDED"), r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)
    assert "step.spawned of its action was not preceded by a signed intent" in facts(site.verify())


def test_a_step_that_is_not_idempotent_is_not_started_twice_without_asking(site: Site) -> None:
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=1, code=1, verdict="failed"))
    intend(journal, attempt=2)
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=2, code=0, verdict="ok"))
    journal.commit(r.StepChanged(step="apply", state="SUCCEEDED"), r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)
    assert "started again (attempt 2) without asking its probe" in facts(site.verify())


@pytest.mark.parametrize(
    ("step", "run", "code", "complaint"),
    [
        ("SUCCEEDED", "SUCCEEDED", 1, "with exit code 1"),
        ("RUNNING", "SUCCEEDED", 0, "its step check is RUNNING"),
        ("FAILED", "SUCCEEDED", 0, "its step check is FAILED"),
        ("SUCCEEDED", "FAILED", 0, "its records say FAILED"),
    ],
)
def test_a_seal_that_the_records_do_not_lead_to_fails(
    site: Site, step: str, run: str, code: int, complaint: str
) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": [{"id": "check"}]}))
    journal.commit(r.StepChanged(step="check", state=step), r.RunChanged(state=run))
    journal.seal("SUCCEEDED", code)
    assert complaint in facts(site.verify())


def test_a_moved_clock_is_a_note_if_the_log_says_so(site: Site) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal.commit(r.RunChanged(state="RUNNING"))
    site.clock.time -= timedelta(days=1)
    journal.commit(r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)
    done = site.verify()
    assert done.verdict == "verified", facts(done)
    assert "moved by -86400 seconds" in facts(done, "note")
    assert "ledger" in facts(done, "note")


def test_a_clock_set_back_between_two_segments_is_explained(site: Site) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal.commit(r.RunChanged(state="RUNNING"))
    journal.close()
    site.clock.time -= timedelta(days=1)
    resumed = site.resume("r1")
    resumed.commit(r.RunChanged(state="SUCCEEDED"))
    resumed.seal("SUCCEEDED", 0)
    done = site.verify()
    assert done.verdict == "verified", facts(done)
    assert "moved by -86400 seconds" in facts(done, "note")


def run_all(commands: list[str]) -> list[int]:
    return [subprocess.run(["sh", "-c", line], capture_output=True, check=False).returncode for line in commands]


def test_stock_tools_give_the_same_verdict(site: Site, tmp_path: Path) -> None:
    """Row 41: names with spaces and quotes do not break the commands."""
    odd = Site(tmp_path / 'a site\'s "log"', site.people)
    odd.approved_run("r1")
    plan = odd.plan("r2")
    approval = odd.approve(plan)
    journal = odd.open("r2", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    journal.close()
    finish_later = odd.verify()
    commands = stock_commands(odd.logs, finish_later)
    assert len(commands) == 7
    assert run_all(commands) == [0] * 7


@pytest.mark.parametrize("victim", ["HEAD", "HEAD.sig", "seg-0001.jsonl", "approvals"])
def test_stock_tools_see_the_same_faults(site: Site, victim: str) -> None:
    site.approved_run("r1")
    commands = stock_commands(site.logs, site.verify())
    path = site.run_folder("r1") / victim
    if path.is_dir():
        (path,) = path.glob("*.txt")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert site.verify().verdict == "failed"
    assert any(run_all(commands))


def test_a_resume_that_was_killed_before_its_first_line_leaves_no_doubt(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal.commit(r.RunChanged(state="RUNNING"))
    journal.close()

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Segment, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            site.resume("r1")
    assert site.verify().verdict == "incomplete"
    resumed = site.resume("r1")
    resumed.commit(r.RunChanged(state="SUCCEEDED"))
    resumed.seal("SUCCEEDED", 0)
    done = site.verify()
    assert done.verdict == "verified", facts(done)
    assert len(done.runs[0].segments) == 3
    assert run_all(stock_commands(site.logs, done)) == [0] * 6


def test_a_run_that_was_sealed_but_not_closed_is_incomplete_until_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal.commit(r.RunChanged(state="SUCCEEDED"))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Author, "close_run", killed)
        with pytest.raises(KeyboardInterrupt):
            journal.seal("SUCCEEDED", 0)
    journal.close()
    assert "the ledger has not closed it" in facts(site.verify(), "incomplete")
    site.clock.sleep(3600)
    finish_close(site.logs, "r1", site.people.key("dba2"), site.clock)
    done = site.verify()
    assert done.verdict == "verified", facts(done)
    assert run_all(stock_commands(site.logs, done)) == [0] * 4


@pytest.mark.parametrize("runbook", [[], {"steps": [{"gate": {"approve": {}}}]}, {"steps": {"a": 1}}, "text"])
def test_a_plan_that_makes_no_sense_fails_without_a_traceback(site: Site, runbook: object) -> None:
    journal = site.open("r1", site.plan(runbook=runbook))
    journal.commit(r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)
    assert "cannot be followed" in facts(site.verify())


def test_a_dangling_link_in_place_of_a_segment_fails_without_a_traceback(site: Site) -> None:
    site.approved_run("r1")
    (site.run_folder("r1") / "seg-0009.jsonl").symlink_to("nowhere")
    assert "seg-0009.jsonl is not in the ledger" in facts(site.verify())


def test_a_broken_log_claims_nothing_more_than_was_checked(site: Site) -> None:
    site.approved_run("r1")
    segment = next(site.logs.glob("runs/r1/seg-0001.jsonl"))
    segment.write_bytes(segment.read_bytes().replace(b'"verdict":"ok"', b'"verdict":"oK"', 1))
    document = site.verify().document()
    assert document["verdict"] == "failed"
    for name in ("completeness", "authorship", "authorisation", "time"):
        assert document["answers"][name]["status"] != "ok"
        assert "claimed by" not in document["answers"][name]["text"]
    assert document["runs"][0]["answers"]["authorisation"]["status"] == "not_checked"


def test_a_call_whose_end_is_lost_is_settled_by_one_that_was_carried_out_again(site: Site) -> None:
    journal = site.open("r1", site.plan("r1", runbook={"steps": [{"id": "note", "effect": "write"}]}))
    begin(journal)
    journal.close()
    for attempt, verdict in ((1, "unknown"), (2, "ok")):
        journal = site.resume("r1")
        intent = r.CallIntent(
            step="note", kind="undo", attempt=attempt, effect="write", idempotent=True, on="db1",
            command=journal.blob(b"rm note"), op=f"r1.note.{attempt}", boot="b1", marker="m1",
        )  # fmt: skip
        journal.commit(intent)
        journal.close()
        journal = site.resume("r1")
        journal.commit(r.CallEnded(step="note", kind="undo", attempt=attempt, code=0, verdict=verdict))
        journal.close()
    journal = site.resume("r1")
    journal.commit(r.StepChanged(step="note", state="UNDONE"), r.RunChanged(state="ROLLED_BACK"))
    journal.seal("ROLLED_BACK", 12)
    assert site.verify("r1").verdict == "verified", [str(found) for found in site.verify("r1").findings]
