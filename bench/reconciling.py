"""Two reports of 1e6 and 1e7 rows a side, CSV and parquet: hisops beside DuckDB's SQL written by hand, and polars.

Whole processes: wall, CPU, peak memory, and whether the counts are exact. The SQL by hand pairs by key and row
number, so that a doubled key multiplies nothing; it neither checks cells, nor sums, nor takes digests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEFINITION = """
hisops: reconcile/v1
id: bench
version: 1.0.0
title: {zh: 测速, en: Bench}
purpose: {zh: 测速, en: Bench}
columns:
  visit: {type: text, title: {zh: 就诊号, en: Visit}}
  line: {type: text, title: {zh: 行, en: Line}}
  amount: {type: money, title: {zh: 金额, en: Amount}}
  department: {type: text, title: {zh: 科室, en: Department}}
key: [visit, line]
compare: [amount]
group: department
tolerance: {row: {amount: '0.01'}}
causes: [CAUSES]
a: {title: {zh: 甲, en: A}, columns: {visit: visit, line: line, amount: amount, department: dept}}
b: {title: {zh: 乙, en: B}, columns: {visit: visit, line: line, amount: amount, department: dept}}
"""
FAULTS = ("only_a", "only_b", "amount", "state", "in_transit", "duplicate", "cents", "unclassified")
OURS = """
import json, sys
from pathlib import Path
from hisops.documents.load import load
from hisops.model.reconciliation import Reconciliation
from hisops.reconcile.comparing import FileSource, Order, reconcile
here, ending = Path(sys.argv[1]), sys.argv[2]
made = load(here / "bench.yaml", Reconciliation).model
sides = {name: FileSource(here / f"{name}.{ending}") for name in "ab"}
found = reconcile(Order(definition=made, day=None, **sides, scratch=here / "scratch"))
print(json.dumps({each["class"]: each["entries"] for each in found["classes"]}))
"""
BY_HAND = """
import json, sys
import duckdb
here, ending = sys.argv[1:3]
def side(name):
    kinds = "{visit: 'VARCHAR', line: 'INTEGER', dept: 'VARCHAR', amount: 'DECIMAL(12,2)'}"
    read = f"read_csv('{here}/{name}.csv', header=true, auto_detect=false, delim=',', quote='\\"', columns={kinds})"
    read = read if ending == "csv" else f"'{here}/{name}.parquet'"
    number = "row_number() over (partition by visit, line order by amount) rn"
    return f"(select visit, line, amount, {number} from {read})"
db = duckdb.connect()
db.execute("set enable_progress_bar = false")
db.execute("create temp table t as select visit, line, a.amount x, b.amount y "
           f"from {side('a')} a full join {side('b')} b using (visit, line, rn) "
           "where a.amount is distinct from b.amount")
rows = db.execute("select count(*) filter (y is null), count(*) filter (x is null), "
                  "count(*) filter (abs(x - y) > 0.01), count(*) filter (abs(x - y) <= 0.01) from t").fetchone()
print(json.dumps(dict(zip(("a", "b", "amount", "cents"), rows))))
"""
POLARS = """
import json, sys
import polars as pl
here, ending = sys.argv[1:3]
kinds = {"visit": pl.String, "line": pl.Int32, "dept": pl.String, "amount": pl.Decimal(12, 2)}
def side(name):
    path = f"{here}/{name}.{ending}"
    read = pl.scan_csv(path, schema=kinds) if ending == "csv" else pl.scan_parquet(path)
    return read.select("visit", "line", "amount")
joined = side("a").join(side("b").rename({"amount": "y"}), on=["visit", "line"], how="full", coalesce=True)
differ = joined.filter(pl.col("amount").ne_missing(pl.col("y"))).collect(engine="streaming")
both = differ.drop_nulls()
cents = both.filter((pl.col("amount") - pl.col("y")).abs() <= pl.lit("0.01").cast(pl.Decimal(12, 2))).height
alone = {"a": differ["y"].null_count(), "b": differ["amount"].null_count()}
print(json.dumps({**alone, "amount": both.height - cents, "cents": cents}))
"""


def main(folder: Path) -> None:
    """Print a line for each way, at both sizes."""
    (folder / "bench.yaml").write_text(_definition(), encoding="utf-8")
    ways = [("hisops", OURS), ("duckdb by hand", BY_HAND)]
    if find_spec("polars") is not None:
        ways.append(("polars", POLARS))
    for rows in (1_000_000, 10_000_000):
        truth = generate(folder, rows)
        print(f"\nreconciling {rows:,} rows a side; truth: {truth}")
        for ending in ("csv", "parquet"):
            for name, script in ways:
                runs = sorted(_measured(script, folder, ending) for _ in range(3 if rows <= 1_000_000 else 1))
                wall, cpu, peak, said = runs[len(runs) // 2]
                exact = "exact" if _counts(json.loads(said)) == truth else f"WRONG {said}"
                print(f"  {ending:8}{name:16}{wall:8.2f} s  cpu {cpu:7.2f} s  {peak:6.0f} MiB  {exact}", flush=True)


def generate(folder: Path, rows: int, seed: int = 7) -> dict[str, int]:
    """Write a.csv, a.parquet, b.csv, b.parquet (b shuffled); return how many of each class are in them."""
    import duckdb

    db = duckdb.connect()
    db.execute("set enable_progress_bar = false")
    step = 2000  # of so many rows one of each kind is another
    base = (
        "select lpad((i // 10)::varchar, 10, '0') as visit, (i % 10)::integer as line, "
        "['内科', '外科', '儿科', '急诊科'][1 + (hash(i) % 4)::integer] as dept, "
        f"((hash(i + {seed}) % 1000000)::bigint / 100)::decimal(12,2) as amount, i from range({rows}) t(i)"
    )
    change = f"case i % {step} when 3 then 5.00 when 4 then 0.01 else 0 end"
    sides = {
        "a": f"select visit, line, dept, amount from ({base}) where i % {step} <> 2 "
        f"union all select visit, line, dept, amount from ({base}) where i < {rows} and i % {step * 50} = 5",
        "b": f"select visit, line, dept, (amount + {change})::decimal(12,2) as amount "
        f"from ({base}) where i % {step} <> 1 "
        "order by hash(i)",
    }
    for name, select in sides.items():
        db.execute(f"copy ({select}) to '{folder / name}.parquet'")
        db.execute(f"copy (from '{folder / name}.parquet') to '{folder / name}.csv' (header)")
    db.close()
    each = rows // step
    return {"alone": 2 * each + rows // (step * 50), "amount": each, "cents": each}


def _counts(said: dict[str, int]) -> dict[str, int]:
    """Return what all ways can tell: rows without a partner (a surplus copy is one), and pairs that differ."""
    alone = sum(said.get(name, 0) for name in ("a", "b", "only_a", "only_b", "duplicate"))
    return {"alone": alone, "amount": said["amount"], "cents": said["cents"]}


def _measured(script: str, folder: Path, ending: str) -> tuple[float, float, float, str]:
    """Return wall and CPU seconds, peak MiB and what was said."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder), ending], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if status:
        raise SystemExit(f"it failed: {said}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def _definition() -> str:
    causes = ", ".join(
        f"{{id: {each.replace('_', '-')}, class: {each}, owner: it, text: {{zh: x, en: x}}}}" for each in FAULTS
    )
    return DEFINITION.replace("[CAUSES]", f"[{causes}]")
