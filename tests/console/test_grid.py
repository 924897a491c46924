"""Columns line up by display width, and what may not be shortened goes on below."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from hisops.console.grid import Column, folded, grid, pad, shorten, wrapped

TEXT = st.text(alphabet="ab 补丁，。x-", max_size=60)


@settings(max_examples=100)
@given(TEXT, st.integers(8, 40))
def test_folding_loses_no_character_and_keeps_the_width(text: str, width: int) -> None:
    lines = folded(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@settings(max_examples=100)
@given(TEXT, st.integers(3, 40))
def test_shortening_keeps_the_width_and_says_that_it_cut(text: str, width: int) -> None:
    short = shorten(text, width)
    assert cell_len(short) <= width
    assert short == text or short.endswith("…")


def test_a_chinese_character_counts_two() -> None:
    assert pad("补丁", 6) == "补丁  "
    assert pad("12", 6, "right") == "    12"
    assert shorten("补丁冲突检查", 7) == "补丁冲…"


def test_words_stay_whole_where_they_fit() -> None:
    assert folded("the quick brown fox", 10) == ["the quick", "brown fox"]


def test_a_first_line_may_be_narrower() -> None:
    assert [line.plain for line in wrapped("one two three four", 12, indent=2)] == ["  one two", "  three four"]


def test_only_what_may_be_shortened_is() -> None:
    columns = [Column("id"), Column("title", shrink_to=6), Column("note", wraps=True)]
    rows = [("conflict-check", "Check for patch conflicts", "the evidence of this step is long " * 2)]
    lines = grid(columns, rows, 60)
    plain = "\n".join(line.plain for line in lines)
    assert all(cell_len(line.plain) <= 60 for line in lines)
    assert "conflict-check" in plain
    assert "…" in plain
    said = " ".join(line.plain[line.plain.rindex("  ") :].strip() for line in lines[1:])
    assert said.split() == rows[0][2].split()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_columns_start_at_one_place_whatever_stands_before(width: int) -> None:
    rows = [("检查补丁", "read"), ("Apply", "write"), ("启动 the 数据库", "write")]
    lines = grid([Column(), Column()], rows, width)
    starts = {cell_len(line.plain[: line.plain.rindex(effect)]) for line, (_, effect) in zip(lines, rows, strict=True)}
    assert len(starts) == 1


def test_an_empty_column_takes_no_room() -> None:
    assert [line.plain for line in grid([Column(), Column(), Column()], [("a", "", "b")], 40)] == ["  a  b"]
