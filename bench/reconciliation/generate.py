"""Two files of charges of any size, the same for the same numbers, and the truth about the differences planted in them.

Run as `python -m bench.reconciliation.generate FOLDER ROWS` for a look at them.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

DEFINITION = Path(__file__).with_name("charges.yaml")
DAY = date(2026, 11, 23)
FAULTS = ("only_a", "only_b", "amount", "state", "in_transit", "duplicate", "cents", "unclassified")
ABSENT = {"a": ("only_b",), "b": ("only_a", "in_transit", "unclassified")}
"""The classes whose key a side does not have."""
LINES = 5  # of a bill
NAMES = {
    "a": ("FPH", "HH", "JE", "ZT", "ZWR", "SFSJ", "KS"),
    "b": ("PJHM", "PJHH", "SKJE", "SKZT", "SKR", "SKSJ", "SKKS"),
}
"""Bill, line, amount, state, account day, time and department, as each side calls them."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a comparison must find: entries by class (`balanced` included), rows and signed totals of both sides.

    `planted` is a CSV file: class, bill, line of every difference.
    """

    a: Path
    b: Path
    planted: Path
    classes: Mapping[str, int]
    rows: Mapping[str, int]
    totals: Mapping[str, Decimal]


def generate(
    folder: Path,
    keys: int,
    plants: Mapping[str, int],
    *,
    seed: int = 1,
    kind: Literal["csv", "parquet"] = "csv",
    day: date = DAY,
) -> Truth:
    """Write a.KIND, b.KIND, planted.csv and truth.json for `keys` keys. ValueError if more is planted than that."""
    import duckdb

    wanted = {fault: plants.get(fault, 0) for fault in FAULTS}
    if unknown := plants.keys() - wanted.keys():
        raise ValueError(f"no class {min(unknown)}")
    if sum(wanted.values()) > keys or min(wanted.values()) < 0:
        raise ValueError(f"{sum(wanted.values())} differences in {keys} keys")
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    _plant(db, keys, wanted, seed)
    db.execute(_lines(keys, seed, day))
    for side in ("a", "b"):
        db.execute(_side(side))
        _write(db, f"select * exclude (signed) from side_{side}", folder / f"{side}.{kind}", kind)
    _write(db, _PLANTED, folder / "planted.csv", "csv")
    truth = Truth(
        folder / f"a.{kind}", folder / f"b.{kind}", folder / "planted.csv", _classes(keys, wanted), *_measured(db)
    )
    (folder / "truth.json").write_text(json.dumps(_document(truth), indent=1) + "\n")
    db.close()
    return truth


def _plant(db: Any, keys: int, wanted: Mapping[str, int], seed: int) -> None:
    """Choose keys at even distances; which class stands at which is scattered by `seed`."""
    count = sum(wanted.values())
    bounds, reached = [], 0
    for fault, number in wanted.items():
        reached += number
        bounds.append(f"when slot < {reached} then '{fault}'")
    db.execute(
        f"create table plants as select place, case {' '.join(bounds)} end as fault from ("
        f"select {_even(keys, count)} as place, {_scattered('j', count, seed)} as slot from range({count}) as r(j))"
    )


def _even(keys: int, count: int) -> str:
    return f"(j * {keys}) // {max(count, 1)}"


def _scattered(name: str, count: int, seed: int) -> str:
    """Return an expression that is every number below `count` once, in an order that looks like none."""
    return f"cast(({name}::hugeint * {_step(count)} + {seed}) % {max(count, 1)} as bigint)"


def _step(count: int) -> int:
    """Return a stride near the golden section of `count` that meets every number below it."""
    step = max(round(count * 0.6180339887), 1)
    while math.gcd(step, max(count, 1)) > 1:
        step += 1
    return step


def _lines(keys: int, seed: int, day: date) -> str:
    """Return the view of all keys as both sides would have them if nothing were wrong, with what is planted.

    Nothing is charged after 20:59 but what is to be in transit: at 23:40.
    """
    return f"""create view lines as select k.place,
        'P{day:%Y%m%d}' || lpad(cast(k.place // {LINES} as varchar), 9, '0') as bill,
        cast(k.place % {LINES} + 1 as varchar) as line,
        cast(((k.place * 7919 + {seed} * 104729) % 98077 + 135) as decimal(18,2)) * 0.01 as exact,
        (k.place * 31 + {seed}) % 20 = 0 as refunded,
        '{day.isoformat()}' as day, p.fault,
        case when p.fault = 'in_transit' then '{day.isoformat()} 23:40:00' else
          '{day.isoformat()} ' || lpad(cast(8 + k.place % 13 as varchar), 2, '0') || ':' ||
          lpad(cast(k.place % 60 as varchar), 2, '0') || ':' ||
          lpad(cast(k.place * 7 % 60 as varchar), 2, '0') end as moment,
        ['内科', '外科', '儿科', '急诊科', '骨科', '检验科'][1 + k.place % 6] as dept
      from (select {_scattered("i", keys, seed)} as place from range({keys}) as r(i)) as k
      left join plants as p on p.place = k.place"""


_AMOUNTS = {
    "a": "cast(exact as decimal(18,2))",
    "b": "cast(exact + case fault when 'amount' then 1.00 when 'cents' then 0.01 else 0 end as decimal(18,2))",
}
_REFUNDED = {
    "a": "refunded and fault is distinct from 'unclassified'",
    "b": "refunded <> (fault is not distinct from 'state')",
}
_STATES = {
    "a": f"case when fault = 'unclassified' then '?' when {_REFUNDED['a']} then '1' else '0' end",
    "b": f"case when {_REFUNDED['b']} then 'T' else 'N' end",
}


def _side(side: str) -> str:
    """Return the view of a side; side B has its duplicates at the end, as when something is sent again."""
    values = ("bill", "line", _AMOUNTS[side], _STATES[side], "day", "moment", "dept")
    named = ", ".join(f"{value} as {name}" for value, name in zip(values, NAMES[side], strict=True))
    columns = (
        f"select {named}, ({_AMOUNTS[side]}) * case when {_REFUNDED[side]} then -1 else 1 end as signed from lines"
    )
    absent = ", ".join(f"'{fault}'" for fault in ABSENT[side])
    again = f" union all {columns} where fault = 'duplicate'" if side == "b" else ""
    return f"create view side_{side} as {columns} where fault is null or fault not in ({absent}){again}"


def _write(db: Any, query: str, path: Path, kind: str) -> None:
    options = "format csv, header" if kind == "csv" else "format parquet"
    db.execute(f"copy ({query}) to '{str(path).replace(chr(39), chr(39) * 2)}' ({options})")


_PLANTED = "select fault as class, bill, line from lines where fault is not null order by class, bill, line"


def _classes(keys: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the entries of each class: a duplicate stands beside a pair that is balanced."""
    return {"balanced": keys - sum(wanted.values()) + wanted["duplicate"], **wanted}


def _measured(db: Any) -> tuple[dict[str, int], dict[str, Decimal]]:
    found = {
        side: db.execute(f"select count(*), coalesce(sum(signed), 0) from side_{side}").fetchone()
        for side in ("a", "b")
    }
    cents = Decimal("0.01")
    return (
        {side: int(row[0]) for side, row in found.items()},
        {side: Decimal(row[1]).quantize(cents) for side, row in found.items()},
    )


def _document(truth: Truth) -> dict[str, Any]:
    return {
        "classes": dict(truth.classes),
        "rows": dict(truth.rows),
        "totals": {side: str(total) for side, total in truth.totals.items()},
    }


def main(folder: str, keys: str) -> None:
    """Write files of that many keys, a thousandth of them planted evenly with all classes."""
    truth = generate(Path(folder), int(keys), dict.fromkeys(FAULTS, int(keys) // 8000))
    print(json.dumps(_document(truth), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
