"""Slots: no hostile value becomes text, whatever its declared type says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hisops.engine.slots import render, render_parts
from hisops.engine.values import Value
from hisops.errors import UsageProblem
from hisops.model.closed import CLOSED
from hisops.secret import Secret

HOSTILE = ["x'y", 'x"y', "x;y", "x\ny", "x@y", "x!y", "x y'", "$(id)", "`id`", "x\x00", "", "x\r", "é", "１２", "x\n"]


@pytest.mark.parametrize("kind", sorted(CLOSED))
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_refused(kind, value):
    with pytest.raises(UsageProblem):
        render("create restore point @{name}", {"name": Value(value, kind)})


@given(st.text(), st.sampled_from(sorted(CLOSED)))
def test_whatever_is_let_in_holds_no_sign_that_ends_a_word(value, kind):
    try:
        text = render("@{name}", {"name": Value(value, kind)})
    except UsageProblem:
        return
    assert text == value
    assert not set(text) & set("'\"`;\n\r@!$(){}&|<>\\\x00") or (kind == "identifier" and "$" in text)


@pytest.mark.parametrize("kind", ["string", "file", "sha256", "boolean", "list", "version"])
def test_open_types_never_become_text(kind):
    with pytest.raises(UsageProblem, match="open type"):
        render("@{name}", {"name": Value("x", kind)})


def test_good_values_are_rendered_in_place():
    values = {"tag": Value("PRE_CHG1182", "tag"), "scn": Value(123, "scn"), "home": Value("/u01/app", "path")}
    text = "backup tag '@{tag}' until scn @{scn} format '@{home}/%U'"
    assert render(text, values) == "backup tag 'PRE_CHG1182' until scn 123 format '/u01/app/%U'"


def test_an_unknown_name_is_refused():
    with pytest.raises(UsageProblem, match="unknown"):
        render("@{unknown}", {})


def test_a_value_is_not_rendered_a_second_time():
    with pytest.raises(UsageProblem):
        render("@{a}", {"a": Value("@{b}", "path"), "b": Value("x", "tag")})


def test_secrets_are_parts_of_their_own():
    parts = render_parts("connect sys/@{secret:sys} as sysdba", {}, lambda name: Secret(name, "hunter2"))
    assert [str(part) for part in parts] == ["connect sys/", "Secret('sys', ***)", " as sysdba"]


def test_a_secret_is_refused_where_text_is_wanted():
    with pytest.raises(UsageProblem, match="stdin only"):
        render("@{secret:sys}", {})
