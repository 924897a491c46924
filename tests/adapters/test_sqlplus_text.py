"""Statements and values on their way through a reader of lines: one statement, the same value, nothing else."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.adapters.sqlplus_text import LONGEST_LINE, NotCarried, binding, literal, statement
from hisops.lab.tools.sqlplus.reader import Piece, Reader
from hisops.lab.tools.sqlplus.variables import Variables

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
VALUES = st.one_of(
    TEXTS,
    st.none(),
    st.integers(-(10**37), 10**37),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20),
)


def pieces(lines: list[str] | tuple[str, ...]) -> list[Piece]:
    """Return what a reader of lines makes of them."""
    reader = Reader()
    found = [piece for line in lines for piece in reader.feed(line)]
    assert not reader.waiting, "a statement was begun and not ended"
    return found


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), VALUES, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_every_value_arrives_as_it_is(binds: dict[str, Any]) -> None:
    lines = binding(binds)
    assert all("\n" not in line and "\r" not in line and len(line.encode()) < LONGEST_LINE for line in lines)
    read = pieces(lines)
    assert [piece.kind for piece in read] == ["command"] * len(binds) + ["block"]
    variables = Variables()
    for piece in read[:-1]:
        variables.declare(piece.text.partition(" ")[2])
    assert variables.take(read[-1].text)
    assert variables.bound(tuple(binds)) == [
        value or None if isinstance(value, str) else value for value in binds.values()
    ]


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_no_text_leaves_its_quotes(text: str) -> None:
    for piece in literal(text):
        quoted = piece.startswith("'") and piece.endswith("'")
        assert "'" not in piece[1:-1].replace("''", "") if quoted else piece.startswith("CHR(") or piece == "NULL"


@pytest.mark.parametrize(
    "value",
    [
        True,
        1.5,
        b"x",
        datetime(2026, 1, 2),
        ["a"],
        "a\0b",
        "中" * 1334,
        "\ud800",
        10**38,
        Decimal("NaN"),
        Decimal("1E+80"),
    ],
)
def test_what_is_not_of_the_closed_set_is_refused(value: Any) -> None:
    with pytest.raises(NotCarried):
        literal(value)


def test_a_bind_has_a_name_that_11_2_takes() -> None:
    assert binding({}) == []
    assert binding({"a" * 30: 1})[0] == f"VARIABLE {'a' * 30} NUMBER"
    for name in ("a" * 31, "a b", "x;", ""):
        with pytest.raises(NotCarried):
            binding({name: 1})


SURPRISING = [
    ("select 1\n\n\nfrom dual", "an empty line ends the entry"),
    ("select 1 -- why; not\nfrom dual", "a comment"),
    ("select 1 /* a\n/\nb */ from dual", "a slash in a comment"),
    ("select 5 -\n 3 from dual", "a hyphen before a line break goes on with the line"),
    ("select 6\n/\n3 from dual", "a slash on a line runs what came"),
    ("select 'a;' from dual", "a semicolon in a text"),
    ("select '--' || q'[it's; /* ]' from dual", "marks in texts"),
    ('select 1 as ";" from dual', "a semicolon in a name"),
    ("select /*+ full(d) */ dummy from dual d", "a hint"),
    ("select 1 from dual where 1 = 1\n.5 < 1", "a point at the beginning of a line"),
    ("select 1 from dual\n@x", "an at sign at the beginning of a line"),
]


@pytest.mark.parametrize(("text", "why"), SURPRISING, ids=[why for _, why in SURPRISING])
def test_a_statement_stays_one_statement(text: str, why: str) -> None:
    lines = statement(text).lines
    assert [piece.kind for piece in pieces([*lines, "/"])] == ["sql"], why
    assert not any(line.endswith(("-", ";")) or line.strip()[:1] in {"/", ".", "@", "#", ""} for line in lines)


@given(st.lists(st.sampled_from(["1", "-", "/", "'x y'", '"N"', "\n", "  ", "a.b", "(", ")", "-- c\n", ",", "中"])))
@settings(max_examples=100, deadline=None)
def test_only_blanks_and_comments_change(words: list[str]) -> None:
    text = "select 1 " + " ".join(words) + " from dual"
    lines = statement(text).lines
    without = " ".join(word for word in ["select", "1", *words, "from", "dual"] if not word.startswith("--"))
    assert " ".join(" ".join(lines).split()) == " ".join(without.split())
    assert [piece.kind for piece in pieces([*lines, "/"])] == ["sql"]


def test_a_long_statement_is_broken_between_words() -> None:
    text = "select " + ", ".join(f"'{number:050d}' as c{number}" for number in range(300)) + " from dual"
    lines = statement(text).lines
    assert max(len(line.encode()) for line in lines) <= LONGEST_LINE
    assert " ".join(" ".join(lines).split()) == text


def test_a_block_is_read_up_to_its_slash() -> None:
    text = "begin\n  dbms_lock.sleep(1); -- wait\n\n  null;\nend;"
    read = pieces([*statement(text).lines, "/"])
    assert [piece.kind for piece in read] == ["block"]
    assert read[0].text.split() == ["begin", "dbms_lock.sleep(1);", "null;", "end;"]
    assert statement("create or replace trigger t before insert on x begin null; end;").lines


@pytest.mark.parametrize(
    "text",
    [
        "select 1 from dual; drop table x",
        "select 1 from dual;",
        "host rm -rf /",
        "!id",
        "@evil.sql",
        "set echo on",
        "exit",
        "describe dual",
        "",
        "select 'a\nb' from dual",
        "select 'open from dual",
        "select " + "'" + "x" * 3000 + "' from dual",
        "alter session set x = 1 -",
    ],
)
def test_what_could_be_read_otherwise_is_refused(text: str) -> None:
    with pytest.raises(NotCarried):
        statement(text)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("select dbid, d.open_mode, count(*) as n, 'x' kind from v$database d", ("dbid", "open_mode", "n", "kind")),
        ('select distinct max(a) keep_me, "Mixed" from t', ("keep_me", "mixed")),
        ("with q as (select a, b from t) select b from q where (select 1 from dual) = 1", ("b",)),
        ("select count(*), 1 + 1, case when a = 1 then b end from t", (None, None, None)),
        ("select nvl(a, 1), decode(b, 2, 3) as c from t", (None, "c")),
        ("select * from t", ()),
        ("select t.*, a from t", ()),
        ("delete from t", ()),
    ],
)
def test_the_statement_names_its_columns(text: str, columns: tuple[str | None, ...]) -> None:
    assert statement(text).columns == columns
