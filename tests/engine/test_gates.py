"""Gates: which answers pass, whose approvals count, and that nothing is asked without a terminal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hisops.model import records as r
from hisops.model.approval import STAMP
from hisops.model.statement import Signed, Statement
from hisops.ports import Rejected
from tests.support.builders import World, step, write
from tests.support.fakes import NOW, Program, ScriptedOperator

RUN = "2026-11-24-0200-his-abc"


def world(gate, **keys):
    made = World([write("w", gate=gate, **keys)])
    made.host.rules = {"probe-w": Program(stdout="DONE\n"), "run-w": Program(stdout="DONE\n")}
    return made


def approval(made, principal="lead1@hospital", **changes):
    fields = {
        "of": "plan",
        "origin": "hospital/control",
        "plan": made.plan().digest,
        "run": "-",
        "step": "-",
        "evidence": "-",
        "not-after": (NOW + timedelta(hours=1)).strftime(STAMP),
        "nonce": "n",
    } | changes
    statement = Statement(kind="approval", fields=fields)
    return Signed(statement=statement, sha256=f"a-{principal}", principal=principal, fingerprint="f")


def answer(made, part, value, evidence=None, run=RUN):
    opened = made.view.step("w").opened
    fields = {"run": run, "step": "w", "part": part, "value": value, "evidence": evidence or opened.evidence}
    statement = Statement(kind="answer", fields=fields)
    return Signed(statement=statement, sha256=f"s-{part}-{value}", principal="dba1@hospital", fingerprint="f")


def test_without_a_terminal_the_run_waits_and_nothing_starts():
    made = world({"type_target": True})
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("WAITING", 10)
    assert made.host.started == []
    assert made.operator.asked == []
    assert made.states()["w"] == "WAITING"


def test_the_terminal_answers_each_part_in_its_order():
    made = world({"confirm": True, "type_target": True, "read_back": "target.identity.database.dbid"})
    made.operator = ScriptedOperator(["yes", "his", "1203345671"], interactive=True)
    assert made.go().exit_code == 0
    assert [q.part for q in made.operator.asked] == ["confirm", "type_target", "read_back"]
    assert made.operator.asked[2].expected == "1203345671"


def test_a_wrong_word_at_the_terminal_does_not_pass():
    made = world({"type_target": True})
    made.operator = ScriptedOperator(["emr", "HIS", None], interactive=True)
    assert made.go().exit_code == 10
    assert made.host.started == []
    assert len(made.operator.asked) == 3


def test_signed_answers_pass_as_typed_ones_do():
    made = world({"type_target": True, "confirm": True})
    made.go()
    made.statements.runs += [answer(made, "confirm", "yes"), answer(made, "type_target", "his")]
    assert made.resume().exit_code == 0
    decided = [x for x in made.journal.records() if isinstance(x, r.GateDecided)]
    assert [(x.part, x.by, x.statement) for x in decided] == [
        ("confirm", "dba1@hospital", "s-confirm-yes"),
        ("type_target", "dba1@hospital", "s-type_target-his"),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"value": "emr"}, "not what the gate asks for"),
        ({"value": "his", "evidence": "sha256:other"}, "other evidence"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_its_reason(changes, why):
    made = world({"type_target": True})
    made.go()
    made.statements.runs.append(answer(made, "type_target", **changes))
    assert made.resume().exit_code == 10
    assert why in made.view.refused[0].reason
    assert made.host.started == []


def test_only_who_carries_the_run_answers_for_it():
    made = world({"type_target": True})
    made.go()
    given = answer(made, "type_target", "his")
    made.statements.runs.append(replace(given, principal="lead1@hospital"))
    assert made.resume().exit_code == 10
    assert "does not carry out" in made.view.refused[0].reason


def test_an_answer_for_another_run_is_not_looked_at():
    made = world({"type_target": True})
    made.go()
    made.statements.runs.append(answer(made, "type_target", "his", run="another"))
    assert made.resume().exit_code == 10


def test_an_approval_of_the_plan_by_another_person_passes():
    made = world({"approve": {"role": "dba_lead", "of": "plan"}})
    made.statements.runs.append(approval(made))
    assert made.go().exit_code == 0
    assert made.statements.kept == ["a-lead1@hospital"]


@pytest.mark.parametrize(
    ("principal", "changes", "why"),
    [
        ("dba1@hospital", {}, "takes part"),
        ("dba1-b@hospital", {}, "takes part"),
        ("stranger@hospital", {}, "not on the roster"),
        ("dba2@hospital", {}, "does not hold the role"),
        ("lead1@hospital", {"plan": "sha256:other"}, "another plan"),
        ("lead1@hospital", {"origin": "hospital/elsewhere"}, "another site"),
        ("lead1@hospital", {"not-after": "2026-11-24T01:59:59Z"}, "expired"),
        ("lead1@hospital", {"not-after": "tomorrow"}, "end of validity"),
        ("lead1@hospital", {"of": "nothing"}, "does not say"),
        ("lead1@hospital", {"of": "evidence", "run": "other", "step": "w"}, "run other"),
    ],
)
def test_an_approval_that_does_not_count_is_refused_with_its_reason(principal, changes, why):
    made = world({"approve": {"role": "dba_lead", "of": "plan"}})
    made.statements.people["dba2@hospital"] = ("dba2", ("dba",))
    made.statements.runs.append(approval(made, principal, **changes))
    assert made.go().exit_code == 10
    reasons = [item.reason for item in made.view.refused]
    assert any(why in reason for reason in reasons)
    assert made.host.started == []


def test_evidence_must_be_approved_over_what_is_shown():
    made = World([step("look", judge="tool/run"), write("w", gate={"approve": {"role": "dba_lead"}, "show": ["look"]})])
    made.host.rules = {"probe-w": Program(stdout="DONE\n"), "run-": Program(stdout="DONE\n")}
    assert made.go().exit_code == 10
    evidence = made.view.step("w").opened.evidence
    made.statements.runs.append(approval(made))
    assert made.resume().exit_code == 10
    made.statements.runs.append(approval(made, "lead2@hospital", of="evidence", run=RUN, step="w", evidence=evidence))
    assert made.resume().exit_code == 0


def test_a_quorum_needs_different_persons():
    made = world({"approve": {"role": "dba_lead", "of": "plan", "quorum": 2}})
    made.statements.runs += [approval(made), approval(made)]
    assert made.go().exit_code == 10
    made.statements.runs.append(approval(made, "lead2@hospital"))
    assert made.resume().exit_code == 0


def test_who_resumed_counts_as_requester():
    made = world({"approve": {"role": "dba_lead", "of": "plan"}})
    made.involved = ("dba1@hospital", "lead1@hospital")
    made.statements.runs.append(approval(made))
    assert made.go().exit_code == 10


def test_a_signature_that_does_not_hold_is_named_in_the_log():
    made = world({"approve": {"role": "dba_lead", "of": "plan"}})
    made.statements.runs.append(Rejected(sha256="sha256:bad", reason="the signature does not hold"))
    made.go()
    assert made.view.refused[0].statement == "sha256:bad"


def test_an_approval_that_arrives_while_the_terminal_waits_is_taken():
    made = world({"approve": {"role": "dba_lead", "of": "plan"}})

    class Waiting(ScriptedOperator):
        def ask(self, question, arrived):
            assert not arrived()
            made.statements.runs.append(approval(made))
            assert arrived()
            return ""

    made.operator = Waiting(interactive=True)
    assert made.go().exit_code == 0


def test_a_manual_step_takes_only_evidence_of_its_form():
    manual = {"instruct": {"zh": "停业务", "en": "Stop the application"}, "evidence": "integer"}
    made = World([step("m", manual=manual, outputs={})])
    made.operator = ScriptedOperator(["many", "12"], interactive=True)
    assert made.go().exit_code == 0
    assert made.view.step("m").decided["manual"].value == "12"


def test_a_gate_is_not_asked_again_after_a_kill():
    made = world({"type_target": True})
    made.operator = ScriptedOperator(["his"], interactive=True)
    made.host.rules["run-w"] = Program(stdout="?")
    made.go()
    made.operator = ScriptedOperator([], interactive=True)
    made.resume()
    assert made.operator.asked == []
