"""What definitions mean, beyond their shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hisops.model.roster import Roster
from hisops.model.runbook import Runbook, Step
from hisops.model.site import SecretRef
from hisops.model.text import Text, parse_duration

TITLE = {"zh": "做", "en": "Do"}


def step(**values):
    return Step.model_validate({"id": "do", "title": TITLE, "effect": "read", "sh": "true", **values})


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_a_duration_is_the_sum_of_its_parts(hours, minutes, seconds):
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
    assert parse_duration(f"{minutes}m") == minutes * 60


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "5m5h", "-5m", "1.5h", "5m\n", 5, None, True])
def test_what_is_no_duration_is_an_error(text):
    with pytest.raises(ValueError, match="written like 90m"):
        parse_duration(text)


def test_a_text_has_two_languages():
    text = Text(zh="做", en="Do")
    assert (text.in_("zh"), text.in_("en")) == ("做", "Do")


@pytest.mark.parametrize(
    ("effect", "written", "policy", "writes"),
    [
        ("read", None, "stop", False), ("stage", None, "stop", False), ("write", None, "hold", True),
        ("destructive", None, "hold", True), ("destructive", "undo", "undo", True),
        ("read", "continue", "continue", False),
    ],
)  # fmt: skip
def test_a_failure_leads_where_the_step_says_else_where_its_effect_does(effect, written, policy, writes):
    found = step(effect=effect, **({"on_failure": written} if written else {}))
    assert (found.failure_policy, found.writes) == (policy, writes)


def test_a_statement_goes_to_the_database_and_a_script_to_its_host_unless_the_step_says_where():
    assert step().on == "db_host"
    assert step(sh=None, sql="select 1 from dual").on == "db"
    assert step(sh=None, sql="select 1 from dual", on="peer").on == "peer"


def test_a_step_is_found_by_its_id():
    runbook = Runbook.model_validate(
        {
            "hisops": "runbook/v1", "id": "a/b", "version": "1.0.0", "title": TITLE, "purpose": TITLE,
            "target": {"engine": "oracle"}, "steps": [{"id": "do", "title": TITLE, "effect": "read", "sh": "true"}],
        }
    )  # fmt: skip
    assert runbook.step("do").sh == "true"
    with pytest.raises(KeyError):
        runbook.step("other")


def test_a_definition_does_not_change_and_knows_its_keys():
    with pytest.raises(ValidationError):
        step(colour="red")
    with pytest.raises(ValidationError):
        step().sh = "false"


@pytest.mark.parametrize(
    ("values", "sound"),
    [
        ({"env": "X"}, True), ({"prompt": True}, True), ({}, False), ({"prompt": False}, False),
        ({"env": "X", "file": "y"}, False),
    ],
)  # fmt: skip
def test_a_secret_is_kept_in_exactly_one_place(values, sound):
    if sound:
        assert SecretRef.model_validate(values)
    else:
        with pytest.raises(ValidationError, match="exactly one"):
            SecretRef.model_validate(values)


def test_a_person_signs_as_several_and_a_stranger_has_no_role():
    roster = Roster.model_validate(
        {
            "hisops": "roster/v1",
            "people": {"ann": {"name": TITLE, "principals": ["ann@a", "ann@b"], "roles": ["dba", "dba_lead"]}},
        }
    )
    assert roster.person_of("ann@b") == "ann"
    assert roster.roles_of("ann@a") == ("dba", "dba_lead")
    assert roster.person_of("bob@a") is None
    assert roster.roles_of("bob@a") == ()


def test_the_calls_of_a_step_are_all_that_it_has_beside_its_action_by_their_keys():
    calls = step(
        effect="write",
        verify=[{"require": "a"}, {"require": "b", "sh": "true"}],
        probe={"sh": "true", "done": "c"},
        undo={"sh": "true", "verify": [{"require": "d"}]},
    ).calls
    assert list(calls) == [("verify", 0), ("verify", 1), ("probe",), ("undo",), ("undo", "verify", 0)]
    assert (calls["verify", 1].require, calls["probe",].done, calls["undo", "verify", 0].require) == ("b", "c", "d")
    assert list(step(sh=None, wait={"sh": "true", "until": "e"}).calls) == [("wait",)]
    assert step().calls == {}
