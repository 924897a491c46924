"""YAML becomes plain values with places; whatever is wrong is a problem with a place, never a crash."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.documents.problems import DocumentProblems
from hisops.documents.yaml import parse, parse_leniently, read_raw

WORDS = st.text(st.sampled_from("abcxyz患者 :#'\"-{}[]&*!|>%@,?\\\n"), max_size=12)
LEAVES = st.one_of(WORDS, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans())
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=12
)


def problems(text):
    return [(each.rule, each.line, each.column) for each in parse_leniently(text, "a.yaml")[1]]


@given(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_values_come_back_as_they_were_written_and_each_stands_where_it_is_said(data):
    text = json.dumps(data, ensure_ascii=False, indent=1)
    document = parse(text, "a.json")  # JSON is YAML
    assert document.data == data
    for key, value in data.items():
        place = document.source.value_place((key,))
        written = "\n".join([document.source.line(place.line)[place.column - 1 :], *text.split("\n")[place.line :]])
        assert json.JSONDecoder().raw_decode(written)[0] == value
        keyed = document.source.key_place((key,))
        assert document.source.line(keyed.line)[keyed.column - 1 :].startswith(json.dumps(key, ensure_ascii=False))


@given(st.one_of(st.text(max_size=80), WORDS, st.binary(max_size=60)))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_the_reader_crash(raw):
    document, found = parse_leniently(raw, "a.yaml")
    assert document is not None or found
    for problem in found:
        assert str(problem).startswith("a.yaml:")
        assert problem.line >= 1
        assert problem.column >= 1


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("true", True), ("False", False), ("12", 12), ("-3", -3),
        ("0x1f", 31), ("0o17", 15), ("1_000", "1_000"), ("2026-01-01", "2026-01-01"), ("1:20", "1:20"),
        ("'5'", "5"), ('"true"', "true"), ("12.2.0.1", "12.2.0.1"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema(written, value):
    assert parse(f"a: {written}\n", "a.yaml").data == {"a": value}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\na: 4\n", [("YA007", 3, 1), ("YA007", 4, 1)]),
        ("a:\n  b: 1\n  b: 2\nc: {d: 1, d: 2}\n", [("YA007", 3, 3), ("YA007", 4, 11)]),
        ("a:\n\tb: 1\n", [("YA005", 2, 1)]),
        ("", [("YA004", 1, 1)]),
        ("- a\n", [("YA004", 1, 1)]),
        ("\ufeffa: 1\n", [("YA003", 1, 1)]),
        ("a: 1\n---\nb: 2\n", [("YA005", 2, 1)]),
        ("a: [1\n", [("YA005", 2, 1)]),
        ("a: b: c\n", [("YA005", 1, 5)]),
        ("a: &x 1\nb: {<<: *x}\n", [("YA006", 2, 5)]),
        ("a: &x [*x]\n", [("YA006", 1, 4)]),
        ("a: *x\n", [("YA005", 1, 4)]),
        ("? [a]\n: 1\nb: 1\n", [("YA008", 1, 3)]),
        ("a: !!python/object:x {}\n", [("YA009", 1, 4)]),
        ("a: !!str 5\n", [("YA009", 1, 4)]),
        ("a: !x b\n", [("YA009", 1, 4)]),
        ("a: 1.5\n", [("YA010", 1, 4)]),
        ("a: 010\n", [("YA010", 1, 4)]),
        ("a: 9007199254740992\n", [("YA010", 1, 4)]),
        ("a: .nan\n", [("YA010", 1, 4)]),
        ("a: ok\nb:\nc: ~\nd:\n  - \n", [("YA011", 2, 1), ("YA011", 3, 1), ("YA011", 5, 4)]),
        ("a: \x01\n", [("YA005", 1, 4)]),
        (b"a: 1\nb: \xd6\xd0\n", [("YA002", 2, 4)]),
        ("[" * 600, [("YA005", 1, 1)]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, expected):
    assert problems(text) == expected


def test_an_alias_stands_for_a_copy_but_not_for_thousands(tmp_path):
    assert parse("a: &x {b: 1}\nc: *x\n", "a.yaml").data == {"a": {"b": 1}, "c": {"b": 1}}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    found = parse_leniently(bomb, "a.yaml")[1]
    assert {each.rule for each in found} == {"YA006"}


def test_a_place_inside_a_block_text_is_followed_and_the_caret_minds_wide_characters():
    document = parse("标题: 患者\nsh: |\n  first\n\n    second @here\n", "a.yaml")
    text = document.data["sh"]
    assert document.source.value_place(("sh",), text.index("@")) == (5, 12)
    problem = document.source.problem(document.source.value_place(("标题",)), "X", "x")
    assert problem.excerpt == "标题: 患者\n      ^"


def test_a_place_inside_a_quoted_text_is_followed():
    document = parse("a: 'bc @d'\ne: fg @h\n", "a.yaml")
    assert document.source.value_place(("a",), 3) == (1, 8)
    assert document.source.value_place(("e",), 3) == (2, 7)


def test_windows_line_ends_do_not_move_places():
    assert problems("a: 1\r\nb: 2\r\nb: 3\r\n") == [("YA007", 3, 1)]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    with pytest.raises(DocumentProblems) as caught:
        read_raw(tmp_path / "none.yaml")
    assert caught.value.problems[0].rule == "YA001"
    assert caught.value.exit_code == 2
