"""Rows as SQL*Plus lays them out: what its User's Guide and transcripts show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from hisops.lab.sql.outcome import Column as Described
from hisops.lab.tools.sqlplus.columns import Column, ColumnRefused, told
from hisops.lab.tools.sqlplus.table import Look, Nls, fields, number, printed

NLS = Nls({}, {})


def described(**kinds: str) -> list[Described]:
    """Return columns: `n="number"`, `d="date"`, `t="8"` for a text of eight bytes."""
    return [
        Described(name=name.upper(), kind="text", size=int(kind))
        if kind.isdigit()
        else Described(name=name.upper(), kind=kind)  # type: ignore[arg-type]
        for name, kind in kinds.items()
    ]


def page(columns: Sequence[Any], rows: Sequence[Sequence[Any]], look: Look | None = None, nls: Nls = NLS) -> str:
    look = look or Look()
    return "\n".join(printed(fields(columns, look, nls), rows, look, nls))


def test_a_small_table() -> None:
    assert page(described(id="number", name="6"), [(1, "SYSTEM"), (22, None)]) == (
        "\n        ID NAME\n---------- ------\n         1 SYSTEM\n        22\n"
    )


def test_headings_of_text_and_dates_are_cut_those_of_numbers_are_not() -> None:
    made = page(
        described(dummy="1", resetlogs_time="date", resetlogs_change="number"), [("X", datetime(2026, 11, 3), 5)]
    )
    assert made.splitlines()[1:] == [
        "D RESETLOGS RESETLOGS_CHANGE",
        "- --------- ----------------",
        "X 03-NOV-26                5",
    ]


def test_dates_are_as_wide_as_their_format() -> None:
    nls = Nls({}, {"nls_date_format": "YYYY-MM-DD HH24:MI:SS"})
    assert page(described(d="date"), [(datetime(2026, 11, 3, 4, 5, 6),)], nls=nls).splitlines()[1:4] == [
        "D",
        "-" * 19,
        "2026-11-03 04:05:06",
    ]


def test_a_timestamp_takes_seventy_five_places() -> None:
    made = page(described(action_time="timestamp"), [(datetime(2013, 8, 24, 12, 3, 45, 119862),)])
    assert made.splitlines()[1:4] == ["ACTION_TIME", "-" * 75, "24-AUG-13 12.03.45.119862 PM"]


def test_what_does_not_fit_goes_to_the_next_line_under_a_heading_of_its_own() -> None:
    look = Look(linesize=20, pagesize=50)
    assert page(described(a="12", b="12", n="number"), [("one", "two", 3), ("four", "five", 6)], look) == (
        "\nA\n------------\nB\n------------\n         N\n----------\none\ntwo\n         3\n\nfour\nfive\n         6\n\n"
    )


def test_a_long_value_wraps_in_its_column_and_a_blank_line_follows() -> None:
    look = Look(columns={"T": Column(width=4)})
    assert page(described(n="number", t="40"), [(1, "abcdefgh"), (2, "x")], look).splitlines()[3:] == [
        "         1 abcd",
        "           efgh",
        "",
        "         2 x",
    ]


def test_headings_come_again_on_every_page_and_rows_are_counted_from_six_on() -> None:
    lines = page(described(n="number"), [(n,) for n in range(12)]).splitlines()
    assert [at for at, line in enumerate(lines) if line == "----------"] == [2, 16]
    assert lines[-2:] == ["", "12 rows selected."]
    assert "selected" not in page(described(n="number"), [(n,) for n in range(5)])
    assert page(described(n="number"), [], Look()) == "\nno rows selected\n"


def test_one_row_is_counted_after_set_feedback_on() -> None:
    assert page(described(n="number"), [(1,)], Look(feedback=1)).endswith("\n\n1 row selected.\n")


def test_no_page_at_all() -> None:
    look = Look(pagesize=0, feedback=0)
    assert page(described(n="number", t="3"), [(1, "a"), (2, "b")], look) == "         1 a\n         2 b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567890, "1234567890"),
        (12345678901, "1.2346E+10"),
        (-12345678901, "-1.235E+10"),
        (Decimal(1) / 3, ".333333333"),
        (Decimal(100) / 7, "14.2857143"),
        (Decimal("0.5"), ".5"),
        (Decimal("-0.25"), "-.25"),
    ],
)
def test_numbers_of_ten_places(value: int | Decimal, shown: str) -> None:
    assert number(value, 10) == shown


def test_column_gives_width_heading_and_format() -> None:
    look = Look()
    told(look.columns, "n format 999,990.00 heading 'Size'")
    told(look.columns, "t noprint")
    made = page(described(n="number", t="3"), [(1234, "x")], look)
    assert made.splitlines()[1:4] == ["       Size", "-----------", "   1,234.00"]
    told(look.columns, "n clear")
    assert "N" not in look.columns
    with pytest.raises(ColumnRefused, match="SP2-0158"):
        told(look.columns, "n colour red")
    with pytest.raises(ColumnRefused, match="SP2-0246"):
        told(look.columns, "n format x9")


def test_null_is_what_set_null_says() -> None:
    assert page(described(t="5"), [(None,)], Look(null="(nil)")).splitlines()[3] == "(nil)"
