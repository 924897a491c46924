"""Approvals that do not hold any more, people who say no, and going on without anybody's approval."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hisops.model import records as r
from hisops.model.approval import STAMP
from hisops.model.statement import Signed, Statement
from tests.support.builders import World, step, write
from tests.support.fakes import NOW, Program, ScriptedOperator

RUN = "2026-11-24-0200-his-abc"
PLAN_GATE = {"approve": {"role": "dba_lead", "of": "plan"}}


def world(gate=None, **keys):
    made = World([write("w", gate=gate or PLAN_GATE, **keys)])
    made.host.rules = {"probe-w": Program(stdout="DONE\n"), "run-w": Program(stdout="DONE\n")}
    return made


def said(made, kind, principal="lead1@hospital", sha256=None, **changes):
    fields = {
        "of": "plan", "origin": "hospital/control", "plan": made.plan().digest, "run": "-", "step": "-",
        "evidence": "-", "role": "dba_lead", "not-after": (NOW + timedelta(hours=1)).strftime(STAMP), "nonce": "n",
        "reason": "not tonight",
    } | changes  # fmt: skip
    return Signed(
        statement=Statement(kind=kind, fields=fields), sha256=sha256 or f"{kind}-{principal}", principal=principal,
        fingerprint="f",
    )  # fmt: skip


def refusals(made):
    return [item.reason for item in made.view.refused]


def quorum_half_met():
    """A gate for two, one of whom has approved, for an hour."""
    made = world({"approve": {"role": "dba_lead", "of": "plan", "quorum": 2}})
    made.statements.runs.append(said(made, "approval"))
    assert made.go().exit_code == 10
    assert list(made.view.step("w").decided) == ["approve-1"]
    return made


def test_an_approval_that_expires_before_its_step_starts_is_asked_again():
    made = quorum_half_met()
    made.clock.time = 3601
    later = {"not-after": (NOW + timedelta(hours=9)).strftime(STAMP)}
    made.statements.runs.append(said(made, "approval", "lead2@hospital", **later))
    assert made.resume().exit_code == 10
    assert made.host.started == []
    assert made.view.step("w").opened.parts == ["approve-2"]
    assert made.view.step("w").decided["approve-1"].by == "lead2@hospital"
    assert "it has expired" in refusals(made)
    made.statements.runs.append(said(made, "approval", sha256="again", **later))
    assert made.resume().exit_code == 0


def test_an_approval_by_who_took_the_run_over_is_asked_again():
    made = quorum_half_met()
    made.involved = ("dba1@hospital", "lead1@hospital")
    made.statements.runs.append(said(made, "approval", "lead2@hospital"))
    assert made.resume().exit_code == 10
    assert any("takes part" in reason for reason in refusals(made))
    assert made.host.started == []


def test_an_approval_whose_file_is_gone_is_asked_again():
    made = quorum_half_met()
    made.statements.runs[:] = [said(made, "approval", "lead2@hospital")]
    assert made.resume().exit_code == 10
    assert "its file is gone" in refusals(made)


def test_evidence_that_changed_after_its_approval_is_asked_again():
    gate = {"approve": {"role": "dba_lead", "quorum": 2}, "show": ["look"]}
    made = World([step("look", judge="tool/run"), write("w", gate=gate)])
    made.host.rules = {"run-": Program(stdout="DONE\n"), "probe-w": Program(stdout="DONE\n")}
    made.go()
    shown = {"of": "evidence", "run": RUN, "step": "w", "evidence": made.view.step("w").opened.evidence}
    made.statements.runs.append(said(made, "approval", **shown))
    assert made.resume().exit_code == 10
    made.journal = made.journal.survivor()
    made.journal.commit(r.StepChanged(step="look", state="SUCCEEDED", out={"other": 1}))
    made.statements.runs.append(said(made, "approval", "lead2@hospital", **shown))
    assert made.resume().exit_code == 10
    assert made.host.started == []
    assert made.view.step("w").decided == {}


def test_an_approval_that_expires_after_its_step_was_started_has_done_its_work():
    made = world(idempotent=True)
    made.host.rules["run-w"] = Program(stdout="FAILED\n")
    made.statements.runs.append(said(made, "approval"))
    assert made.go().exit_code == 11
    made.clock.time = 9999
    made.host.rules["run-w"] = Program(stdout="DONE\n")
    assert made.resume().exit_code == 0


def test_a_step_to_be_done_again_needs_an_approval_that_still_holds():
    made = world(idempotent=True)
    made.statements.runs.append(said(made, "approval"))
    made.host.rules["run-w"] = Program(stdout="FAILED\n")
    assert made.go().exit_code == 11
    made.journal = made.journal.survivor()
    made.journal.commit(
        r.StepChanged(step="w", state="PENDING"),
        r.GateDecided(step="w", part="approve-1", by="lead1@hospital", statement="approval-lead1@hospital"),
    )
    made.host.rules["run-w"] = Program(stdout="DONE\n")
    started = list(made.host.started)
    made.clock.time = 9999
    assert made.resume().exit_code == 10
    assert made.host.started == started
    assert "it has expired" in refusals(made)


def test_two_approvals_of_one_person_under_two_names_are_one():
    made = world({"approve": {"role": "dba_lead", "of": "plan", "quorum": 2}})
    made.statements.people["lead1-b@hospital"] = ("lead1", ("dba_lead",))
    made.statements.runs += [said(made, "approval"), said(made, "approval", "lead1-b@hospital")]
    assert made.go().exit_code == 10
    assert made.host.started == []


def test_an_approval_given_in_another_role_does_not_count():
    made = world()
    made.statements.runs.append(said(made, "approval", role="app_owner"))
    assert made.go().exit_code == 10
    assert refusals(made) == ["it was given as app_owner, not as dba_lead"]


@pytest.mark.parametrize("where", ["runs", "plans"])
def test_a_rejection_holds_the_run_and_says_who_and_why(where):
    made = world()
    made.statements.runs.append(said(made, "approval", "lead2@hospital"))
    getattr(made.statements, where).append(said(made, "rejection"))
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert "rejected by lead1@hospital: not tonight" in ended.reason
    assert made.host.started == []
    assert made.statements.kept == ["rejection-lead1@hospital"]
    assert [item.kind for item in made.view.statements] == ["rejection"]
    assert made.view.step("w").opened.parts == ["approve-1"]
    assert made.resume().exit_code == 11


def test_a_later_approval_of_the_same_person_withdraws_a_rejection():
    made = world()
    made.statements.runs.append(said(made, "rejection", sha256="no"))
    assert made.go().exit_code == 11
    made.statements.runs.append(said(made, "approval", "lead2@hospital", withdraws="no"))
    assert made.resume().exit_code == 11
    made.statements.runs.append(said(made, "approval", withdraws="no"))
    assert made.resume().exit_code == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"principal": "dba1-b@hospital"},
        {"principal": "dba2@hospital"},
        {"plan": "sha256:other"},
        {"run": "other", "step": "w"},
    ],
)
def test_a_rejection_of_something_else_or_by_nobody_of_weight_stops_nothing(changes):
    made = world()
    made.statements.people["dba2@hospital"] = ("dba2", ("dba",))
    made.statements.runs += [said(made, "approval", "lead2@hospital"), said(made, "rejection", **changes)]
    assert made.go().exit_code == 0


def test_a_rejection_that_comes_between_approval_and_start_counts():
    made = quorum_half_met()
    made.statements.runs += [said(made, "approval", "lead2@hospital"), said(made, "rejection")]
    assert made.resume().exit_code == 11
    assert made.host.started == []
    assert made.view.step("w").opened.parts == ["approve-1", "approve-2"]


def test_a_rejection_that_arrives_while_the_terminal_waits_ends_the_waiting():
    made = world()

    class Waiting(ScriptedOperator):
        def ask(self, question, arrived):
            assert not arrived()
            made.statements.runs.append(said(made, "rejection"))
            assert arrived()
            return ""

    made.operator = Waiting(interactive=True)
    assert made.go().exit_code == 11


def test_breaking_the_glass_passes_approvals_alone_and_is_a_deviation():
    made = world({"type_target": True, **PLAN_GATE})
    made.break_glass = "lead unreachable, HIS is down"
    assert made.go().exit_code == 10
    made.operator = ScriptedOperator(["his"], interactive=True)
    assert made.resume().exit_code == 13
    (broken,) = made.view.broken_glass
    assert (broken.by, broken.value, broken.statement) == ("dba1@hospital", "break-glass", None)
    assert [(x.kind, x.step, x.reason) for x in made.view.deviations] == [
        ("break-glass", "w", "lead unreachable, HIS is down")
    ]


def test_an_approval_that_is_there_is_used_before_the_glass_is_broken():
    made = world()
    made.break_glass = "in case"
    made.statements.runs.append(said(made, "approval"))
    assert made.go().exit_code == 0
    assert made.view.broken_glass == []


def test_breaking_the_glass_does_not_overrule_a_no():
    made = world()
    made.break_glass = "I know better"
    made.statements.runs.append(said(made, "rejection"))
    assert made.go().exit_code == 11
    assert made.host.started == []


def test_the_broken_glass_stays_passed_on_resume():
    made = world(idempotent=True)
    made.break_glass = "lead unreachable"
    made.host.rules["run-w"] = Program(stdout="FAILED\n")
    assert made.go().exit_code == 11
    made.break_glass = None
    made.host.rules["run-w"] = Program(stdout="DONE\n")
    assert made.resume().exit_code == 13


def test_two_people_who_sign_the_same_text_are_not_two_approvals():
    """The log keeps one signature for a text."""
    made = world({"approve": {"role": "dba_lead", "of": "plan", "quorum": 2}})
    made.statements.runs += [said(made, "approval", who, sha256="one") for who in ("lead1@hospital", "lead2@hospital")]
    assert made.go().exit_code == 10
    assert any("it is the same text as that of lead1@hospital" in reason for reason in refusals(made))
    made.statements.runs.append(said(made, "approval", "lead2@hospital", sha256="two"))
    assert made.resume().exit_code == 0


def test_a_refused_statement_is_named_once():
    made = world()
    made.statements.runs.append(replace(said(made, "approval"), principal="stranger@hospital"))
    made.go()
    made.resume()
    assert len(made.view.refused) == 1


def test_an_approval_of_the_plan_that_has_its_use_is_no_refusal_at_a_gate_for_the_evidence():
    made = World([write("w", gate=PLAN_GATE), write("x", gate={"approve": {"role": "dba_lead"}})])
    made.host.rules = {"probe-": Program(stdout="DONE\n"), "run-": Program(stdout="DONE\n")}
    made.statements.runs.append(said(made, "approval"))
    assert made.go().exit_code == 10
    assert (made.states()["w"], made.states()["x"], refusals(made)) == ("SUCCEEDED", "WAITING", [])


def test_an_approval_of_the_plan_that_has_no_use_is_refused_at_a_gate_for_the_evidence():
    made = world({"approve": {"role": "dba_lead"}})
    made.statements.runs.append(said(made, "approval"))
    assert made.go().exit_code == 10
    assert refusals(made) == ["it approves the plan, but the gate wants the evidence approved"]
