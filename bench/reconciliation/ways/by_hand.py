"""DuckDB's SQL as one would write it for these two files: rows of a key are numbered, so that none is multiplied.

It trusts every cell, takes no digest, and tells counts alone.
"""

from __future__ import annotations

import json
import sys

import duckdb

from bench.reconciliation.generate import NAMES

folder, ending = sys.argv[1:3]
REFUNDED = {"a": "case ZT when '0' then 0 when '1' then 1 end", "b": "case SKZT when 'N' then 0 when 'T' then 1 end"}


def side(name: str) -> str:
    bill, line, amount, _, day, *_ = NAMES[name]
    types = ", ".join(f"'{each}': '{'DECIMAL(18,2)' if each == amount else 'VARCHAR'}'" for each in NAMES[name])
    read = (
        f"read_csv('{folder}/{name}.csv', header=true, auto_detect=false, delim=',', quote='\"', columns={{{types}}})"
    )
    read = read if ending == "csv" else f"'{folder}/{name}.parquet'"
    signed = f"{amount} * case {REFUNDED[name]} when 1 then -1 else 1 end"
    rows = f"select {bill} bill, {line} line, {REFUNDED[name]} st, {signed} v from {read} where {day} = '2026-11-23'"
    return f"(select *, row_number() over (partition by bill, line order by st, v) rn from ({rows}))"


db = duckdb.connect()
db.execute("set enable_progress_bar = false")
db.execute(f"""create temp table t as select a.v x, b.v y, a.st s, b.st u
    from {side("a")} a full join {side("b")} b using (bill, line, rn)
    where a.v is distinct from b.v or a.st is distinct from b.st""")
row = db.execute("""select count(*) filter (y is null), count(*) filter (x is null), count(*) filter (s <> u),
    count(*) filter (s = u and abs(x - y) > 0.01), count(*) filter (s = u and abs(x - y) <= 0.01) from t""").fetchone()
assert row is not None
print(json.dumps(dict(zip(("only_a", "only_b", "state", "amount", "cents"), row, strict=True))))
