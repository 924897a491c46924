"""Cutting statements: their kind, and their binds in the order in which a client sends them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.lab.sql.lexer import read_statement


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("select 1 from dual", "query"),
        ("  /* note */ -- more\n (select 1 from dual)", "query"),
        ("with a as (select 1 x from dual) select * from a", "query"),
        ("Merge into a using b on (1=1)", "dml"),
        ("create restore point x", "ddl"),
        ("DECLARE x number; begin null; end;", "plsql"),
        ("alter session set container = HISPDB", "session"),
        ("alter system checkpoint", "command"),
        ("set transaction read only", "transaction"),
        ("", "command"),
    ],
)
def test_kinds(text, kind):
    assert read_statement(text).kind == kind


@pytest.mark.parametrize(
    ("text", "binds", "returned"),
    [
        ("select :a, ':b', \":c\", :1 /* :d */ -- :e\n, :A from dual", ("A", "1", "A"), set()),
        ("begin x(:a, :b, :a); end;", ("A", "B"), set()),
        ("begin :o := 'it''s :no'; end;", ("O",), set()),
        ("update t set a = :a where b = :b returning c, d into :c, :d", ("A", "B", "C", "D"), {2, 3}),
        ("insert into t select into_x from returning_y where z = :z", ("Z",), set()),
        ("select to_char(d, 'HH24:MI:SS') from t where x = :病人", ("病人",), set()),
    ],
)
def test_binds(text, binds, returned):
    statement = read_statement(text)
    assert statement.binds == binds
    assert statement.returned == returned


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_cut_without_losing_a_sign(text):
    statement = read_statement(text)
    for token in statement.tokens:
        assert text[token.start : token.start + len(token.text)] == token.text
