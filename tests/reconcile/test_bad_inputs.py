"""Files as they come: the right result, or one sentence with file, row and column; nothing is left behind."""

from __future__ import annotations

import csv
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from hisops.errors import UsageProblem
from hisops.reconcile.comparing import FileSource, Order, reconcile
from tests.reconcile.definitions import definition

PLAIN = {
    "columns": {"line": None, "pieces": None, "state": None, "dept": None, "at": None, "day": None}, "states": {},
}  # fmt: skip
SIMPLE = definition(key=["bill"], compare=["total"], state=None, at=None, group=None, a=PLAIN, b=PLAIN)
GOOD = "BILL,JE\n1,10.00\n票二,20.00\n"


def compared(tmp_path: Path, a: bytes | str, b: bytes | str = GOOD, name: str = "a.csv") -> dict[str, Any]:
    for path, data in ((tmp_path / name, a), (tmp_path / "b.csv", b)):
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    sources = {"a": FileSource(tmp_path / name), "b": FileSource(tmp_path / "b.csv")}
    return reconcile(Order(definition=SIMPLE, day=None, **sources, scratch=tmp_path / "scratch"))


def refused(tmp_path: Path, a: bytes | str, name: str = "a.csv") -> str:
    with pytest.raises(UsageProblem) as caught:
        compared(tmp_path, a, name=name)
    assert caught.value.exit_code == 2
    assert caught.value.advice
    assert not (tmp_path / "scratch").exists() or not list((tmp_path / "scratch").iterdir())
    return str(caught.value)


@pytest.mark.parametrize("data", [
    GOOD.encode("gb18030"), b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode(),
    GOOD.replace(",", "\t").encode(), b'BILL,JE\n1,"10.00"\n"\xe7\xa5\xa8\xe4\xba\x8c",20\n',
    "BILL,JE\n１,10.000\n 票二 ,+20.0\n".encode(), "BILL,JE,备注\n1,10.00,\"两\n行\"\n票二,20.00,\n".encode(),
])  # fmt: skip
def test_is_read_as_it_is_meant(tmp_path: Path, data: bytes) -> None:
    assert compared(tmp_path, data)["verdict"] == "balanced"


def test_thousands_are_parted_where_they_belong(tmp_path: Path) -> None:
    found = compared(tmp_path, 'BILL,JE\n1,"1,234.50"\n', "BILL,JE\n1,1234.5\n")
    assert found["verdict"] == "balanced"
    assert found["sides"]["a"]["total"]["total"] == "1234.50"


@pytest.mark.parametrize(("cell", "why"), [
    ('"12,34.5"', "no amount"), ("abc", "no amount"), ("1e3", "no amount"), ("0.005", "two decimals"),
    ("10.001", "two decimals"), ("￥10", "no amount"), ("1 0", "no amount"), ("NaN", "no amount"),
    ("99999999999999999999", "too large"), ("1_000", "no amount"),
])  # fmt: skip
def test_a_cell_that_is_no_amount_is_named(tmp_path: Path, cell: str, why: str) -> None:
    said = refused(tmp_path, f"BILL,JE\n1,10.00\n2,{cell}\n")
    assert "a.csv, row 3" in said
    assert '"JE"' in said
    assert why in said


def test_a_row_is_counted_as_a_spreadsheet_counts_it(tmp_path: Path) -> None:
    assert "row 3" in refused(tmp_path, 'BILL,JE\n"1\n1",10.00\n2,x\n')


@pytest.mark.parametrize("data", [GOOD.encode("utf-16"), b"\xff\xfeB\x00"])
def test_utf_16_is_named(tmp_path: Path, data: bytes) -> None:
    assert "UTF-16" in refused(tmp_path, data)


def test_broken_bytes_are_named_by_row(tmp_path: Path) -> None:
    said = refused(tmp_path, b"BILL,JE\n1,10.00\n\xff\xff,20.00\n")
    assert "a.csv" in said
    assert "row 3" in said


def test_a_missing_column_is_named_with_what_is_near(tmp_path: Path) -> None:
    assert '"JE"' in refused(tmp_path, "BILL,JEE\n1,10.00\n")


def test_a_doubled_header_is_named(tmp_path: Path) -> None:
    said = refused(tmp_path, "BILL,JE,JE\n1,10.00,11.00\n")
    assert '"JE"' in said
    assert "twice" in said


def test_a_row_with_too_few_cells_is_named(tmp_path: Path) -> None:
    said = refused(tmp_path, "BILL,JE\n1,10.00\n2\n3,30.00\n")
    assert "row 3" in said
    assert "1 cells" in said


def test_an_empty_side_is_a_result(tmp_path: Path) -> None:
    found = compared(tmp_path, "BILL,JE\n")
    assert found["verdict"] == "differs"
    assert [each["class"] for each in found["differences"]] == ["only_b", "only_b"]


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path, "")


@pytest.mark.parametrize("name", ["a.doc", "a"])
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str) -> None:
    assert "no kind" in refused(tmp_path, GOOD, name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    sources = {"a": FileSource(tmp_path / "x.csv"), "b": FileSource(tmp_path / "x.csv")}
    with pytest.raises(UsageProblem, match="There is no file"):
        reconcile(Order(definition=SIMPLE, day=None, **sources, scratch=tmp_path))


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_what_only_has_the_name_is_named(tmp_path: Path, name: str) -> None:
    assert "can be read" in refused(tmp_path, "nothing of the kind", name)


def workbook(path: Path, rows: list[list[Any]], formula: tuple[str, Any] | None = None) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    if formula is not None:
        sheet.write_formula(len(rows) - 1, 1, formula[0], value=formula[1])
    book.close()
    return path


def from_workbook(tmp_path: Path, path: Path) -> dict[str, Any]:
    (tmp_path / "b.csv").write_text("BILL,JE\n1,0.30\n2,20.00\n", encoding="utf-8")
    sources = {"a": FileSource(path), "b": FileSource(tmp_path / "b.csv")}
    return reconcile(Order(definition=SIMPLE, day=None, **sources, scratch=tmp_path / "scratch"))


def test_floats_of_a_workbook_become_the_cents_they_stand_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["BILL", "JE"], [1, 0.1 + 0.2], ["2", 20]])
    assert from_workbook(tmp_path, path)["verdict"] == "balanced"


def test_the_saved_result_of_a_formula_counts(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["BILL", "JE"], [1, 0.3], [2, 0]], ("=10+10", 20))
    assert from_workbook(tmp_path, path)["verdict"] == "balanced"


def test_half_a_cent_in_a_workbook_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["BILL", "JE"], [1, 0.305], [2, 20]])
    with pytest.raises(UsageProblem, match=r"a\.xlsx, row 2.*two decimals"):
        from_workbook(tmp_path, path)


def test_a_formula_without_a_saved_result_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["BILL", "JE"], [1, 0.3], [2, 0]], ("=10+10", ""))
    with pytest.raises(UsageProblem, match=r"B3.*formula"):
        from_workbook(tmp_path, path)


def test_floating_point_amounts_of_parquet_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"BILL": ["1"], "JE": [0.3]}), tmp_path / "a.parquet")
    with pytest.raises(UsageProblem, match="floating point"):
        from_workbook(tmp_path, tmp_path / "a.parquet")


def test_more_rows_than_memory(tmp_path: Path) -> None:
    """600 MB of rows in as much memory as one side takes: it spills, and comes out right."""
    import duckdb

    rows = 4_000_000
    for name, more in (("a", "0"), ("b", "case when i % 1000000 = 7 then 1 else 0 end")):
        select = (
            f"select 'bill number ' || lpad(i::varchar, 60, '0') as BILL, ((i % 10000) + {more})::decimal(18,2) as JE"
        )
        duckdb.execute(f"copy ({select} from range({rows}) t(i)) to '{tmp_path / name}.csv' (header)")
    script = textwrap.dedent(f"""
        import resource, sys
        from pathlib import Path
        from hisops.reconcile.comparing import *
        from tests.reconcile.test_bad_inputs import SIMPLE
        here = Path({str(tmp_path)!r})
        found = reconcile(Order(definition=SIMPLE, day=None, a=FileSource(here / "a.csv"), b=FileSource(here / "b.csv"),
                                scratch=here / "scratch", memory="600MB"))
        counts = {{each["class"]: each["entries"] for each in found["classes"] if each["entries"]}}
        print(counts["balanced"], counts["amount"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    balanced, amount, peak = map(int, done.stdout.split())
    assert (balanced, amount) == (rows - 4, 4), done.stdout
    assert sum((tmp_path / f"{name}.csv").stat().st_size for name in "ab") > 600 << 20
    assert peak < 1000, done.stdout


@pytest.mark.parametrize("memory", ["20MB", "60MB", "1GB"])
def test_nothing_agrees_and_memory_is_short(tmp_path: Path, memory: str) -> None:
    """Every row is classed by itself: right, or one sentence; never anything in between."""
    import duckdb

    rows = 20_000
    for name in "ab":
        select = f"select '{name} ' || lpad(i::varchar, 60, '0') as BILL, (i % 10000)::decimal(18,2) as JE"
        duckdb.execute(f"copy ({select} from range({rows}) t(i)) to '{tmp_path / name}.csv' (header)")
    sources = {name: FileSource(tmp_path / f"{name}.csv") for name in "ab"}
    order = Order(definition=SIMPLE, day=None, **sources, scratch=tmp_path / "scratch", memory=memory)
    refused = None
    try:
        found = reconcile(order)
    except UsageProblem as error:
        refused = error.code
    if refused is None:
        counts = {each["class"]: each["entries"] for each in found["classes"] if each["entries"]}
        assert counts == {"only_a": rows, "only_b": rows}
    else:
        assert (refused, memory == "1GB") == ("HIS-8031", False)
    assert not list((tmp_path / "scratch").iterdir())


def test_csv_is_written_and_read_again(tmp_path: Path) -> None:
    """What a spreadsheet would take for a formula goes out as text."""
    from hisops.model.reconciled.sheets import result_of
    from hisops.reconcile.exports import to_csv

    found = compared(tmp_path, "BILL,JE\n=1+1,10.00\n")
    about = {"definition": {"id": "t", "version": "1.0.0", "title": {"zh": "测试", "en": "Test"}}, "simulation": False,
             "target": "his", "carry": {"missing": False, "from_run": None, "supersedes": None}}  # fmt: skip
    rows = list(csv.reader(to_csv(result_of({**found, **about}, "zh")).decode("utf-8-sig").splitlines()))
    assert rows[1][:2] == ["单边A", "'=1+1"]
