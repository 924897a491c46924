"""Pages of SQL*Plus: rows come out as the driver would give them, or not at all."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.adapters.oracle import plain
from hisops.adapters.sqlplus_page import NotUnderstood, error_words, read_page
from hisops.lab.tools.sqlplus.markup import Markup
from hisops.lab.tools.sqlplus.table import Field, Look, Nls

HEAD = """<br>
<p>
<table border='1' width='90%' align='center' summary='Script output'>
<tr>
<th scope="col">
NAME
</th>
<th scope="col">
SIZE_MB
</th>
</tr>
"""
ROW = """<tr>
<td>
{0}
</td>
<td align="right">
{1}
</td>
</tr>
"""
FOOT = """</table>
<p>

{0} selected.<br>
"""


def page(*rows: tuple[str, str]) -> str:
    count = f"{len(rows)} row" + "s" * (len(rows) != 1)
    return HEAD + "".join(ROW.format(*row) for row in rows) + FOOT.format(count)


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (("SYSTEM", "       910"), ("SYSTEM", 910)),
        (("a &lt;b&gt; &amp; &quot;c&quot;", "        .5"), ('a <b> & "c"', "0.5")),
        (("&nbsp;", "&nbsp;"), (None, None)),
        (("", ""), (None, None)),
        (("门诊 挂号", "-12.50"), ("门诊 挂号", "-12.50")),
        (("007", "123456789012345678901234567890"), ("007", "123456789012345678901234567890")),
        (("one\n<br>\ntwo", "1"), ("one\ntwo", 1)),
        (("one<br>\ntwo", "1"), ("one\ntwo", 1)),
        (("  indented", "9007199254740993"), ("  indented", "9007199254740993")),
        (("2026-11-23T01:02:03.000000", "1"), ("2026-11-23T01:02:03", 1)),
        (("2026-11-23T01:02:03.250000", "1E+3"), ("2026-11-23T01:02:03.250000", 1000)),
        ((" ", "0"), (" ", 0)),
        (("&amp;nbsp;", "1"), ("&nbsp;", 1)),
        (("&lt;/td&gt;&lt;td&gt;", "1"), ("</td><td>", 1)),
        (("no rows selected", "1"), ("no rows selected", 1)),
    ],
)
def test_cells(cells: tuple[str, str], row: tuple[Any, ...]) -> None:
    read = read_page(page(cells))
    assert (read.headings, read.rows, read.counted) == (("NAME", "SIZE_MB"), [row], 1)


def test_every_page_begins_with_the_headings() -> None:
    one_table = HEAD + ROW.format("a", 1) + HEAD.partition("summary='Script output'>\n")[2] + ROW.format("b", 2)
    for text in (one_table + FOOT.format("2 rows"), page(("a", "1")) + page(("b", "2"))):
        assert read_page(text).rows == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<br>\nno rows selected<br>\n", 0),
        ("5 rows deleted.<br>\n", 5),
        ("<br>1 row created.<br>", 1),
        ("0 rows updated.\n<br>", 0),
        ("PL/SQL procedure successfully completed.<br>", None),
    ],
)
def test_counts(text: str, count: int | None) -> None:
    assert read_page(text).counted == count


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "<tr>\n<td>\nSYS",
        HEAD + "<tr>\n<td>\nonly one\n</td>\n</tr>\n</table>",
        HEAD + ROW.format("a", "##########") + "</table>",
        HEAD + "</table>" + HEAD.replace("NAME", "OTHER") + "</table>",
        "<td>x</td>",
    ],
)
def test_a_page_that_is_not_whole_is_not_read(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_page(text)


def test_the_words_of_an_error() -> None:
    html = "select * from x<br>\n  *<br>\nERROR at line 1:<br>\nORA-00942: table or view does not exist <br>\n<br>\n"
    assert error_words(html) == "ORA-00942: table or view does not exist"
    stack = "ERROR at line 1:\nORA-20001: no &lt;way&gt;\nORA-06512: at line 1\n\n"
    assert error_words(stack) == "ORA-20001: no <way>\nORA-06512: at line 1"
    assert error_words("ERROR:\nPLS-00201: x\nSP2-0640: Not connected").startswith("PLS-00201")
    assert error_words("all is well\nnot an ORA-00942 at the beginning") == ""


CELL = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(lambda text: text.strip()),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12).map(
        lambda number: number.normalize()  # as Oracle keeps numbers
    ),
    st.datetimes(min_value=datetime(1900, 1, 1)),
)
FORMATS = {
    "nls_date_format": 'YYYY-MM-DD"T"HH24:MI:SS',
    "nls_timestamp_format": 'YYYY-MM-DD"T"HH24:MI:SS.FF6',
}


def kind_of(cell: Any) -> str:
    if isinstance(cell, datetime):
        return "timestamp" if cell.microsecond else "date"
    return "number" if isinstance(cell, int | Decimal) else "text"


@given(st.lists(st.tuples(CELL, CELL), max_size=7), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_what_is_printed_is_what_is_read(rows: list[tuple[Any, ...]], pagesize: int) -> None:
    for row in rows:
        made = [Field(f"C{at}", kind_of(cell), 50) for at, cell in enumerate(row)]
        look = Look(pagesize=pagesize, feedback=1, numwidth=50)
        lines = Markup(on=True).page(made, [row, row], look, Nls({}, FORMATS))
        read = read_page("\n".join(lines))
        assert read.rows == [tuple(plain(value) for value in row)] * 2
        assert read.counted == 2
