"""Expressions: what compiles, what is refused, and that an error is never taken for false."""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.expressions import (
    Expression,
    ExpressionFailed,
    ExpressionInvalid,
    evaluate,
    faults_in,
    names_in,
    satisfies,
    version_key,
)

NAMES = {
    "params.patch": "string", "params.days": "integer", "params.wide": "boolean", "target.version": "version",
    "steps.a_b.out.names": "list[string]", "steps.a_b.state": "string", "out.rows": "list", "out.first": "map",
    "out.count": "integer", "out.anything": "any",
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "params.patch in steps.a_b.out.names",
        "params.days > 3 && !(params.patch == 'x') || params.wide",
        "version(target.version) >= version('12.1')",
        "out.rows.all(row, row.status == 'OPEN' && row.n > 1)",
        "size(steps.a_b.out.names.filter(name, name != params.patch)) == 0",
        "out.first.whatever == 5",
        "out.anything",
        "params.days + 1 == 2 * params.days",
        "params.wide ? out.count == 0 : out.count > 0",
        "has(out.first.x) && out.first.x == null",
        "steps.a_b.state in ['SUCCEEDED', 'SKIPPED']",
        "steps['a_b'].state == \"it's\" // a remark",
        "params.patch.startsWith('3') && params.patch.matches('^[0-9]+$')",
    ],
)
def test_sound_expressions_compile(text):
    assert faults_in(text, NAMES) == []


@pytest.mark.parametrize(
    ("text", "offset", "said"),
    [
        ("params.days == '5'", 0, "A whole number never equals a text."),
        ("true && params.patch < 5", 8, "A text and a whole number have no order."),
        ("params.days in steps.a_b.out.names", 0, "A whole number is never in a list of text."),
        ("params.patch in 'abc'", 0, "`in` looks into a list, not into a text."),
        ("params.patch in [1, 2]", 0, "A text is never in a list of whole number."),
        ("params.pach == 'x'", 0, "Nothing is called `params.pach` here. Did you mean `params.patch`?"),
        ("steps.c.out.x == 1", 0, "Nothing is called `steps.c.out.x` here."),
        ("params.patch.id == 'x'", 0, "`params.patch` is a text; it has no member `id`."),
        ("target.version >= '9'", 0, "Versions do not compare as texts: 9 would come after 19."),
        ("version(target.version) >= '9'", 0, "Versions do not compare as texts: 9 would come after 19."),
        ("version(params.days) == version('1')", 0, "version() takes a text, not a whole number."),
        ("params.days", 0, "This is a whole number, not true or false."),
        ("!params.patch", 1, "This is a text, not true or false."),
        ("params.wide && out.count", 15, "This is a whole number, not true or false."),
        ("sise(steps.a_b.out.names) == 0", 0, "There is no function `sise`. Did you mean `size`?"),
        ("out.rows.all(row, params.days == 'x')", 18, "A whole number never equals a text."),
        ("steps.a_b.out.names.exists(name, name == 1)", 33, "A text never equals a whole number."),
        ("params.days ==", 14, "This is no expression"),
        ("params.days == = 1", 15, "This is no expression"),
        ("", 0, "This is no expression"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_at_its_place(text, offset, said):
    (fault, *_) = faults_in(text, NAMES)
    assert fault.offset == offset
    assert str(fault).startswith(said)


def test_compile_raises_with_all_faults_or_gives_an_expression_that_evaluates():
    with pytest.raises(ExpressionInvalid) as caught:
        Expression.compile("params.days == 'x' && params.nix == 1", NAMES)
    assert len(caught.value.faults) == 2
    assert caught.value.exit_code == 2
    ready = Expression.compile("params.days == 3", NAMES)
    assert ready.names == ("params.days",)
    assert ready.evaluate({"params": {"days": 3}}) is True
    assert ready.evaluate({"params": {"days": 4}}) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params.x in out.list && out.rows.all(r, r.k == out['n'])", ("params.x", "out.list", "out.rows", "out.n")),
        ("out.s.endsWith('x') ? out.a : out.b[params.i].c", ("out.s", "out.a", "out.b", "params.i")),
        ("a.exists(x, x.y == b.c) && x.z", ("a", "b.c", "x.z")),
        ("[a, {'k': b.c}].size() == 1 && version(d) == version(d)", ("a", "b.c", "d")),
        ("'out.a' == \"out.b\" && r'\\d' != '''out.c'''", ()),
    ],
)
def test_names_are_the_dotted_references_in_order_without_bound_ones(text, expected):
    assert names_in(text) == expected


VALUES = {
    "out": {
        "text": "5", "number": 5, "half": 2.5, "yes": True, "none": None, "names": ["a", "b"], "empty": [],
        "first": None, "count": 0, "at": datetime(2026, 1, 1, tzinfo=UTC),
        "rows": [{"k": "x", "n": 1}, {"k": None, "n": 2}],
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("out.text == '5'", True), ("out.number > out.half", True), ("'a' in out.names", True),
        ("'a' in out.empty", False), ("out.none == null", True), ("out.count > 0 && out.first.x == 'y'", False),
        ("out.rows.exists(r, r.n == 2)", True), ("out.rows.all(r, r.k == 'x')", False),
        ("has(out.nix) && out.nix == 1", False), ("out.yes || out.nix", True),
        ("version('12.2.0.1.9') < version('12.2.0.1.46')", True), ("version('19') == version('19.0.0')", True),
        ("out.at < timestamp('2027-01-01T00:00:00Z')", True),
    ],
)  # fmt: skip
def test_expressions_give_answers(text, answer):
    assert evaluate(text, VALUES) is answer


@pytest.mark.parametrize(
    "text",
    [
        "out.number == '5'", "out.text == 5", "5 in out.names", "out.rows.all(r, r.k == 1)", "out.nix == 1",
        "out.first.x == 1", "out.names[7] == 'a'", "version(out.text + 'x') == version('1')", "out.number",
        "out.yes == 'true'", "nix", "out.number ==", "out.at == '2026-01-01'", "out.none > 1", "1 / 0 == 1",
    ],
)  # fmt: skip
def test_an_error_is_no_answer_and_never_false(text):
    with pytest.raises(ExpressionFailed) as caught:
        evaluate(text, VALUES)
    assert caught.value.code == "HIS-1003"
    assert text in str(caught.value)


def test_an_error_inside_a_function_is_raised_and_not_printed_too(capfd):
    with pytest.raises(ExpressionFailed, match="is no version"):
        evaluate("version('new') == version('1')", {})
    logging.shutdown()
    assert capfd.readouterr().err == ""


@given(st.text(st.sampled_from("ab.()[]{}'\"&|=<>!?:,1 +-in\\"), max_size=25))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_the_checker_crash(text):
    found = faults_in(text, {"a": "string", "b.a": "list"})
    assert all(0 <= fault.offset <= len(text) for fault in found)
    with contextlib.suppress(ExpressionFailed):
        assert evaluate(text, {"a": "x", "b": {"a": [1]}}) in {True, False}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_versions_order_as_their_numbers_do(left, right):
    def trimmed(numbers):
        return trimmed(numbers[:-1]) if len(numbers) > 1 and numbers[-1] == 0 else numbers

    one, other = (version_key(".".join(map(str, numbers))) for numbers in (left, right))
    assert (one < other) == (trimmed(left) < trimmed(right))
    assert (one == other) == (trimmed(left) == trimmed(right))


@pytest.mark.parametrize(
    ("version", "requirement", "met"),
    [
        ("19.0.0.0.0", ">=12.1", True), ("12.1.0.2.0", ">=12.1", True), ("11.2.0.4.0", ">=12.1", False),
        ("19.3", ">=12.1, <19", False), ("12.2", "!=12.2.0", False), ("9.2", "<10", True), ("19", "==19.0", True),
        ("18", "<=18", True), ("18.1", ">18", True),
    ],
)  # fmt: skip
def test_a_version_meets_every_bound_of_a_requirement(version, requirement, met):
    assert satisfies(version, requirement) is met


@pytest.mark.parametrize(("version", "requirement"), [("new", ">=1"), ("1", ">=new"), ("1", "1.2"), ("1", ">=1,")])
def test_what_is_no_version_or_no_bound_is_an_error(version, requirement):
    with pytest.raises(ValueError, match=r"is no(t a)? "):
        satisfies(version, requirement)
