"""Cells: the SQL for the millions takes what the rules in Python take, and refuses what they refuse."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hisops.errors import UsageProblem
from hisops.model.reconciliation import Kind
from hisops.reconcile.cells import cell_sql, narrowed, wrong
from hisops.reconcile.comparing import FileSource, Order, reconcile
from tests.reconcile.definitions import definition

DB = duckdb.connect()
ODD = st.text(alphabet="0123456789.,-+eE_x /:T０１．\u3000'", max_size=14)
PLAIN = st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{1,3})?", fullmatch=True)


def read(kind: Kind, cell: str) -> Any:
    """Return what the SQL reads of a cell; `wrong` if it ends the statement."""
    try:
        row = DB.execute(f"select {cell_sql(kind, 'c', 'c')} from (select ? as c)", [cell]).fetchone()
    except duckdb.InvalidInputException:
        return "wrong"
    assert row is not None
    return row[0]


@settings(max_examples=300, deadline=None)
@given(ODD | PLAIN)
@example("1.2.34")
@example("1e.25")
@example("0x1.23")
@example("1_0.00")
@example("-.50")
@example("１２.５０")
@example(" 12.50 ")
@example("9999999999999999.99")
@example("10000000000000000.00")
def test_amounts(cell: str) -> None:
    why, found = wrong("money", cell), read("money", cell)
    if why or narrowed(cell) is None:
        assert found == ("wrong" if why else None)
    else:
        assert found == int(Decimal((narrowed(cell) or "").replace(",", "")) * 100)


@settings(max_examples=200, deadline=None)
@given(ODD | PLAIN)
@example("1_000")
@example("0x10")
@example("12.")
def test_counts(cell: str) -> None:
    why, found = wrong("count", cell), read("count", cell)
    if why or narrowed(cell) is None:
        assert found == ("wrong" if why else None)
    else:
        assert found == int(Decimal((narrowed(cell) or "").replace(",", "")))


@pytest.mark.parametrize(
    "cell", ["2026-11-23", "2026/11/23", "20261123", "2026-1-2", " 2026-11-23 ", "2026-11-23 08:00"]
)
def test_dates_that_are_taken(cell: str) -> None:
    assert wrong("date", cell) is None
    assert read("date", cell).isoformat() in {"2026-11-23", "2026-01-02"}


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-30",
        "2026-13-01",
        "2026 11 23",
        "23.11.2026",
        "2026-11-2x",
        "infinity",
        "2026-11/23",
        "2026112",
        "2026-11-23 24:00:00",
        "2026-11-23 08:60",
        "2026-11-23 8",
        "2026-11-23 08:00 x",
    ],
)
@pytest.mark.parametrize("kind", ["date", "time"])
def test_dates_that_are_none(cell: str, kind: Kind) -> None:
    assert wrong(kind, cell) == "date"
    assert read(kind, cell) == "wrong"


@pytest.mark.parametrize(
    "kind",
    [pa.decimal128(18, 2), pa.decimal128(9, 1), pa.decimal128(30, 2), pa.decimal128(18, 4), pa.int64(), pa.string()],
)
def test_typed_columns_give_what_their_text_gives(tmp_path: Path, kind: Any) -> None:
    amounts = ["12", "-3", "0", None] if pa.types.is_integer(kind) else ["12.50", "-3.00", "0.00", None]
    column = pa.array(amounts).cast(kind)
    pq.write_table(pa.table({"BILL": ["1", "2", "3", "4"], "JE": column, "SL": [1, 2, 3, 4]}), tmp_path / "a.parquet")
    lines = [f"{bill},{amount or ''},{bill}" for bill, amount in enumerate(amounts, 1)]
    (tmp_path / "b.csv").write_text("\n".join(["BILL,JE,SL", *lines, ""]))
    found = order(tmp_path)
    assert found["sides"]["a"]["total"] == found["sides"]["b"]["total"]
    assert {each["class"]: each["entries"] for each in found["classes"] if each["entries"]} == {
        "balanced": 3,
        "unclassified": 2,
    }


def test_half_a_cent_of_a_typed_column_is_refused(tmp_path: Path) -> None:
    column = pa.array([Decimal("0.005")]).cast(pa.decimal128(18, 3))
    pq.write_table(pa.table({"BILL": ["1"], "JE": column, "SL": [1]}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("BILL,JE,SL\n1,1.00,1\n")
    with pytest.raises(UsageProblem, match="two decimals"):
        order(tmp_path)


def order(folder: Path) -> dict[str, Any]:
    side = {"columns": {"bill": "BILL", "total": "JE", "pieces": "SL", "line": "", "state": "", "dept": "", "at": "",
                        "day": ""}, "states": {}}  # fmt: skip
    made = definition(key=["bill"], state=None, at=None, group=None, a=side, b=side)
    sources = {"a": FileSource(folder / "a.parquet"), "b": FileSource(folder / "b.csv")}
    return reconcile(Order(definition=made, day=None, **sources, scratch=folder / "scratch"))
