"""Random tables: the engine and the oracle of dicts class every row alike, and the sums always add up."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hisops.model.reconciliation import Reconciliation
from hisops.reconcile import reading
from hisops.reconcile.comparing import FileSource, Order, reconcile
from hisops.reconcile.outcome import sums_do_not_add_up
from tests.reconcile import oracle
from tests.reconcile.definitions import definition

DAY = date(2026, 11, 23)
HEADER = ("BILL", "LINE", "JE", "SL", "ZT", "KS", "SJ", "RQ", "WC")
BILLS = ("1", "０１", "01", "票甲", "票乙 ", " 1", None, "")
MONEY = ("0", "1.00", "1.01", "1", "-1.00", "1,000.50", "1000.5", "2.300", "-0.01", None)

cells = st.fixed_dictionaries({
    "BILL": st.sampled_from(BILLS), "LINE": st.sampled_from(("1", "１", "2", None, "1")), "JE": st.sampled_from(MONEY),
    "SL": st.sampled_from(("1", "2", "-1", "1")), "ZT": st.sampled_from(("0", "1", "9", "0", "0", "?", None)),
    "KS": st.sampled_from(("内科", "外科", None)),
    "SJ": st.sampled_from(("2026-11-23 09:00:00", "2026-11-23 23:30:00", None)),
    "RQ": st.sampled_from(("2026-11-23", "2026-11-23", "2026-11-22", None)),
    "WC": st.sampled_from(("0.01", "-0.01", None)),
})  # fmt: skip
tables = st.lists(cells, max_size=14)


@st.composite
def definitions(draw: Any) -> Reconciliation:
    more: dict[str, Any] = {"split": draw(st.booleans()), "a": {}, "b": {}}
    for side in ("a", "b"):
        more[side]["aggregate"] = draw(st.integers(0, 3)) == 0
        more[side]["signs"] = draw(st.sampled_from(({}, {"refunded": -1}, {"void": 0, "refunded": -1})))
        more[side]["leave_out"] = draw(st.sampled_from(((), ("void",))))
        if draw(st.integers(0, 4)) == 0:
            more[side] |= {"columns": {"state": None}, "states": {}, "signs": {}, "leave_out": ()}
    if draw(st.booleans()):
        more["tolerance"] = {"row": {"total": "0.01"}, "total": {"total": draw(st.sampled_from(("0.00", "0.02")))}}
    if draw(st.booleans()):
        side = draw(st.sampled_from(("a", "b")))
        more["rounding"] = {"side": side, "column": "rounding", "of": "total"}
        more[side] |= {"columns": {**more[side].get("columns", {}), "rounding": "WC"}}
    if draw(st.booleans()):
        more["day"] = "day"
    rules = [{"side": "a", "where": {"dept": ["外科"]}, "until": "month_end"}, {"side": "a", "after": "23:00"},
             {"side": "b", "where": {"dept": ["内科"]}, "days": 2}]  # fmt: skip
    more["carry"] = draw(st.lists(st.sampled_from(rules), max_size=3, unique_by=repr))
    return definition(**more)


@st.composite
def carried_rows(draw: Any) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        found.append({
            "side": draw(st.sampled_from("ab")), "key": [draw(st.sampled_from(("1", "01", "票甲"))), "1"],
            "values": {"total": draw(st.sampled_from(("1.00", "1.01", "-1.00"))), "pieces": 1},
            "state": draw(st.sampled_from(("charged", "refunded"))), "rows": 1, "rounding": None,
            "details": {"dept": "外科", "at": None, "day": None, "rounding": None}, "origin": "2026-11-22",
            "due": draw(st.sampled_from(("2026-11-23", "2026-11-30"))), "cause": "in-transit",
        })  # fmt: skip
    return found


def write(path: Path, rows: list[dict[str, str | None]], parquet: bool) -> Path:
    if parquet:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema([(name, pa.string()) for name in HEADER])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path.with_suffix(".parquet"))
        return path.with_suffix(".parquet")
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    return path.with_suffix(".csv")


@pytest.fixture(autouse=True, params=[2, reading.BUCKETS])
def buckets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few buckets hold many keys that agree beside those that do not; of many most hold one."""
    monkeypatch.setattr(reading, "BUCKETS", request.param)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(definitions(), tables, tables, carried_rows(), st.booleans(), st.sampled_from((DAY, DAY, None)))
def test_as_the_oracle_says(
    tmp_path: Path, made: Reconciliation, a: Any, b: Any, carried: Any, parquet: bool, day: date | None
) -> None:
    if day is None or not made.carry:
        carried = []
    sources = [FileSource(write(tmp_path / name, rows, parquet)) for name, rows in (("a", a), ("b", b))]
    found = reconcile(
        Order(definition=made, day=day, a=sources[0], b=sources[1], scratch=tmp_path / "scratch", carried=carried)
    )
    truth = oracle.reconcile(made, a, b, carried, day)
    assert sums_do_not_add_up(found) == []
    assert listed(found) == expected(made, truth)
    assert found["verdict"] == truth["verdict"]
    for side in ("a", "b"):
        told = found["sides"][side]["total"]
        assert {name: Decimal(str(value)) for name, value in told.items()} == truth["totals"][side]
    assert carried_out(found) == transit(made, truth, day)
    assert not list((tmp_path / "scratch").iterdir())


def listed(found: dict[str, Any]) -> Counter[Any]:
    return Counter(
        (each["class"], tuple(each["key"]), *(_told(each[side]) for side in ("a", "b")))
        for each in found["differences"]
    )


def _told(entry: dict[str, Any] | None) -> Any:
    if entry is None:
        return None
    return tuple(None if value is None else Decimal(str(value)) for value in entry["values"].values())


def expected(made: Reconciliation, truth: dict[str, Any]) -> Counter[Any]:
    return Counter(
        (fault, (x or y)["k"], x and tuple(x["v"].values()), y and tuple(y["v"].values()))
        for fault, x, y in truth["classed"]
        if fault != "balanced"
    )


def carried_out(found: dict[str, Any]) -> Counter[Any]:
    return Counter((each["side"], tuple(each["key"]), each["due"]) for each in found["carried_out"])


def transit(made: Reconciliation, truth: dict[str, Any], day: date | None) -> Counter[Any]:
    rows = [x or y for fault, x, y in truth["classed"] if fault == "in_transit"]
    return Counter(
        (each["side"], each["k"], each["due"] or oracle.due_of(made, each, day).isoformat())
        for each in rows  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_doubled_key_never_multiplies_amounts(tmp_path: Path, side: str) -> None:
    row = dict.fromkeys(HEADER) | {"BILL": "1", "LINE": "1", "JE": "10.00", "SL": "1", "ZT": "0"}
    rows = {"a": [row], "b": [row]}
    rows[side] = [row, row, row]
    sources = {name: FileSource(write(tmp_path / name, each, False)) for name, each in rows.items()}
    found = reconcile(Order(definition=definition(), day=None, **sources, scratch=tmp_path / "s"))
    assert [each["class"] for each in found["differences"]] == ["duplicate", "duplicate"]
    assert found["sides"][side]["total"]["total"] == "30.00"
