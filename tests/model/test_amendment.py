"""What may change in a run that has begun, and what may not."""

import copy

import pytest

from hisops.canonical import digest_of
from hisops.model import records as r
from hisops.model.amendment import (
    approving_role,
    changed_names,
    why_no_request,
    why_not_amendable,
)
from hisops.model.difference import difference, written
from hisops.model.run import fold
from hisops.model.statement import Signed, Statement


def definitions():
    return {
        "runbook": {
            "hisops": "runbook/v1",
            "id": "files/change",
            "version": "1.0.0",
            "target": {"engine": "files"},
            "parameters": {"level": {"type": "integer"}},
            "steps": [
                {"id": "look", "sh": "cat mode"},
                {"id": "change", "sh": "one\ntwo\n", "timeout": "10m", "gate": {"confirm": True}},
                {"id": "confirm", "sh": "cat mode"},
            ],
        },
        "judges": {"files": {"id": "files", "actions": {}}},
        "target_type": {"id": "files", "settings": {}},
    }


def view(**states):
    return fold([r.StepChanged(step=name, state=state) for name, state in states.items()])


STANDS = view(look="SUCCEEDED", change="WAITING")


def edited(edit):
    new = copy.deepcopy(definitions())
    edit(new)
    return new


def steps(new):
    return new["runbook"]["steps"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda new: steps(new)[1].update(timeout="20m"),
        lambda new: steps(new)[1].update(gate={"confirm": True, "approve": {"role": "dba_lead"}}),
        lambda new: steps(new).insert(1, {"id": "extra", "sh": "true"}),
        lambda new: steps(new).append({"id": "extra", "sh": "true"}),
        lambda new: new["runbook"].update(version="1.0.1", title={"zh": "x", "en": "x"}),
        lambda new: new["judges"]["files"].update(actions={"name": {}}),
    ],
)
def test_what_has_not_begun_may_change(edit):
    assert why_not_amendable(definitions(), edited(edit), STANDS) is None


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda new: steps(new)[0].update(sh="cat other"), "step look has begun, and its text changed"),
        (lambda new: steps(new)[0].update(title="x"), "step look has begun, and its text changed"),
        (lambda new: steps(new).insert(0, {"id": "extra"}), "the new step extra stands before look, which has begun"),
        (lambda new: steps(new).pop(2), "step confirm is gone or was renamed"),
        (lambda new: steps(new)[2].update(id="proof"), "step confirm is gone or was renamed"),
        (lambda new: steps(new).reverse(), "steps stand in another order"),
        (lambda new: new["runbook"].update(parameters={}), "parameters of the runbook changed"),
        (lambda new: new["runbook"].update(target={"engine": "oracle"}), "target of the runbook changed"),
        (lambda new: new["runbook"].update(locks=[]), "locks of the runbook changed"),
        (lambda new: new["runbook"].update(id="files/other"), "id of the runbook changed"),
        (lambda new: new["target_type"].update(settings={"a": {}}), "the target type changed"),
    ],
)
def test_what_the_run_rests_on_may_not(edit, why):
    assert (why_not_amendable(definitions(), edited(edit), STANDS) or "").startswith(why)


def test_a_sub_runbook_may_be_newer_and_be_used_once_more_but_not_be_given_other_values():
    def composed(**scopes):
        return edited(lambda new: new["runbook"].update(scopes=scopes))

    one = {"runbook": "a/b", "version": "1.0.0", "digest": "sha256:1", "values": {"x": 1}}
    before = composed(one=one)
    assert why_not_amendable(before, composed(one={**one, "version": "1.0.1", "digest": "s"}, two=one), STANDS) is None
    assert why_not_amendable(before, composed(one={**one, "values": {"x": 2}}), STANDS) is not None
    assert why_not_amendable(before, composed(two=one), STANDS) is not None


@pytest.mark.parametrize("state", ["RUNNING", "UNKNOWN", "FAILED", "SKIPPED", "UNDONE", "SUCCEEDED"])
def test_a_step_that_was_once_started_stays_as_it_is(state):
    new = edited(lambda new: steps(new)[1].update(timeout="20m"))
    assert why_not_amendable(definitions(), new, view(look="SUCCEEDED", change=state)) is not None


def test_a_step_whose_probe_was_asked_counts_as_started():
    asked = fold([
        r.CallIntent(step="change", kind="probe", attempt=1, effect="read", idempotent=True, on="one", command="x"),
        r.StepChanged(step="change", state="PENDING"),
    ])  # fmt: skip
    assert why_not_amendable(definitions(), edited(lambda new: steps(new)[1].update(timeout="2h")), asked)


def test_the_role_is_that_of_the_plans_approval():
    gate = {"approve": {"role": "app_owner", "of": "plan"}}
    assert approving_role(definitions()) == "dba_lead"
    assert approving_role(edited(lambda new: steps(new)[1].update(gate=gate))) == "app_owner"
    gate["approve"]["of"] = "evidence"
    assert approving_role(edited(lambda new: steps(new)[1].update(gate=gate))) == "dba_lead"


def request(who="dba1@hospital", **fields):
    usual = {"run": "r1", "plan": "p", "before": digest_of(definitions()), "after": digest_of(NEW)}
    statement = Statement(kind="amendment", fields=usual | fields)
    return Signed(statement=statement, sha256="sha256:1", principal=who, fingerprint="f")


NEW = edited(lambda new: steps(new)[1].update(timeout="20m"))


@pytest.mark.parametrize(
    ("signed", "why"),
    [
        (request(), None),
        (request("dba2@hospital"), "dba2@hospital does not carry out this run"),
        (request(run="r2"), "it is no amendment of this run"),
        (request(plan="q"), "it is no amendment of this run"),
        (request(before="sha256:0"), "it changes other definitions than those that the run goes by"),
        (request(after="sha256:0"), "it is for other definitions than those that are there now"),
    ],
)
def test_a_request_leads_from_these_definitions_to_those(signed, why):
    assert why_no_request(signed, definitions(), NEW, plan="p", run="r1", involved=["dba1@hospital"]) == why


def test_a_gate_that_was_half_passed_is_asked_anew_after_an_amendment():
    amended = r.RunbookAmended(
        definitions="b", digest="d", request="s", approval="t", by="dba1@hospital", approved_by="lead1@hospital"
    )
    decided = [
        r.GateOpened(step="change", parts=["confirm"], evidence="e"),
        r.GateDecided(step="change", part="confirm", by="dba1@hospital", value="yes"),
    ]
    assert fold([*decided]).step("change").decided
    after = fold([*decided, amended])
    assert not after.step("change").decided
    assert after.amended is amended
    running = r.StepChanged(step="change", state="RUNNING")
    assert fold([*decided, running, amended]).step("change").decided


def test_the_difference_is_told_by_step():
    lines = difference(definitions(), edited(lambda new: (steps(new)[1].update(sh="one\nthree\n"), steps(new).pop())))
    assert lines == [
        "@@ step change",
        " id: change",
        " sh: |",
        "   one",
        "-  two",
        "+  three",
        " timeout: 10m",
        " gate:",
        "   confirm: true",
        "@@ step confirm (gone)",
        "-id: confirm",
        "-sh: cat mode",
    ]
    assert difference(definitions(), definitions()) == []
    assert changed_names(definitions(), NEW) == ["files/change"]


def test_documents_are_written_as_yaml_is_read():
    value = {"a": [1, {"b": True, "c": []}], "d": None, "e": {}, "f": "x\n\ny"}
    assert written(value) == [
        "a:", "  - 1", "  - b: true", "    c: []", "d: null", "e: {}", "f: |", "  x", "  ", "  y"
    ]  # fmt: skip
