"""Large answers as Arrow: numbers of a declared scale come exact, dates as timestamps, text as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import oracledb
import pyarrow as pa
import pytest

from hisops.lab.sql.backend import Table
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.tns.listener import Listener
from tests.lab.tns.conftest import ACCOUNTS

COLUMNS = "fph VARCHAR2(20), hh NUMBER(9), je NUMBER(18,2), xs NUMBER, sfrq DATE"
LARGEST = Decimal("9999999999999999.99")
ROWS = [
    ("P001", 1, Decimal("0.10"), 3, datetime(2026, 11, 23, 8, 30, 1)),
    ("票二", 2, LARGEST, 4, datetime(2026, 11, 22)),
    (None, 3, -LARGEST, 5, None),
    ("P004", None, None, None, datetime(2026, 11, 23, 23, 59, 59)),
]
DAY = "sfrq >= to_date(:day, 'YYYY-MM-DD') and sfrq < to_date(:day, 'YYYY-MM-DD') + 1"


@pytest.fixture
def session(instance: MemoryInstance) -> Iterator[oracledb.Connection]:
    listener = Listener("127.0.0.1", 0, {"his": instance}, ACCOUNTS, tables={"charges": Table(COLUMNS, ROWS)})
    listener.start()
    with oracledb.connect(user="his", password="his-secret", dsn=f"127.0.0.1:{listener.port}/his") as opened:
        yield opened
    listener.stop()


def frames(session: oracledb.Connection, query: str, size: int = 1000, **binds: Any) -> list[pa.Table]:
    return [
        pa.table(frame)
        for frame in session.fetch_df_batches(query, parameters=binds or None, size=size, fetch_decimals=True)
    ]


def test_columns_of_a_table_keep_precision_and_scale(session: oracledb.Connection) -> None:
    (found,) = frames(session, "select fph, hh, je, sfrq from charges order by hh")
    assert pa.types.is_large_string(found.schema.field("FPH").type)
    assert found.schema.field("HH").type == pa.decimal128(9, 0)
    assert found.schema.field("JE").type == pa.decimal128(18, 2)
    assert pa.types.is_timestamp(found.schema.field("SFRQ").type)
    assert found.column("JE").to_pylist() == [row[2] for row in ROWS]
    assert found.column("FPH").to_pylist() == [row[0] for row in ROWS]
    assert found.column("SFRQ").to_pylist() == [row[4] for row in ROWS]


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("cast(sum(je) as number(18,2))", (18, 2), Decimal("0.10")),
        ("cast(xs as number(18,0))", (18, 0), Decimal(3)),
        ("cast(count(*) as number(18,0))", (18, 0), Decimal(1)),
        ("cast(0.005 as number(18,2))", (18, 2), Decimal("0.01")),
        ("cast(-0.005 as number(18,2))", (18, 2), Decimal("-0.01")),
        ("cast('12.5' as number(6,1))", (6, 1), Decimal("12.5")),
        ("cast(null as number(18,2))", (18, 2), None),
    ],
)
def test_a_cast_is_rounded_and_described(
    session: oracledb.Connection, expression: str, kind: tuple[int, int], value: Decimal | None
) -> None:
    (found,) = frames(session, f"select {expression} as n from charges where fph = 'P001' group by je, xs")
    assert found.schema.field("N").type == pa.decimal128(*kind)
    assert found.column("N").to_pylist() == [value]


def test_a_cast_that_does_not_fit_is_an_error(session: oracledb.Connection) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-01438"):
        frames(session, "select cast(je as number(5,2)) as n from charges")


def test_the_day_is_bound_as_often_as_it_is_named(session: oracledb.Connection) -> None:
    (found,) = frames(session, f"select fph from charges where {DAY} order by fph", day="2026-11-23")
    assert found.column("FPH").to_pylist() == ["P001", "P004"]


def test_batches_are_as_large_as_asked(session: oracledb.Connection) -> None:
    query = "select level as n, cast(level / 4 as number(18,2)) as je from dual connect by level <= 2500"
    found = frames(session, query, size=1000)
    assert [each.num_rows for each in found] == [1000, 1000, 500]
    whole = pa.concat_tables(found)
    assert sum(whole.column("JE").to_pylist()) == sum(
        (Decimal(n) / 4).quantize(Decimal("0.01")) for n in range(1, 2501)
    )


def test_all_answers_of_a_read_only_transaction_are_of_one_moment(session: oracledb.Connection) -> None:
    with session.cursor() as cursor:
        cursor.execute("set transaction read only")
        assert cursor.execute("select current_scn from v$database").fetchone()[0] > 0
    assert [frames(session, "select hh from charges")[0].num_rows for _ in range(2)] == [len(ROWS)] * 2
