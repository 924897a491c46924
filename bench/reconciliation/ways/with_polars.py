"""polars, lazily and streaming; rows of a key are numbered, so that none is multiplied."""

from __future__ import annotations

import json
import sys
from typing import Any

import polars as pl

from bench.reconciliation.generate import NAMES

folder, ending = sys.argv[1:3]
REFUNDED = {"a": {"0": 0, "1": 1}, "b": {"N": 0, "T": 1}}


def side(name: str) -> Any:
    bill, line, amount, state, day, *_ = NAMES[name]
    kinds = {each: pl.Decimal(18, 2) if each == amount else pl.String for each in NAMES[name]}
    path = f"{folder}/{name}.{ending}"
    read = pl.scan_csv(path, schema=kinds) if ending == "csv" else pl.scan_parquet(path)
    refunded = pl.col(state).replace_strict(REFUNDED[name], default=None, return_dtype=pl.Int8)
    signed = pl.when(refunded == 1).then(-pl.col(amount)).otherwise(pl.col(amount))
    rows = read.filter(pl.col(day) == "2026-11-23").select(
        bill=pl.col(bill), line=pl.col(line), there=pl.lit(1), st=refunded, v=signed
    )
    return rows.sort("st", "v").with_columns(rn=pl.int_range(pl.len()).over("bill", "line"))


joined = side("a").join(side("b"), on=["bill", "line", "rn"], how="full", coalesce=True)
differ = joined.filter(pl.col("v").ne_missing(pl.col("v_right")) | pl.col("st").ne_missing(pl.col("st_right")))
found = differ.collect(engine="streaming")
both = found.filter(pl.col("there").is_not_null() & pl.col("there_right").is_not_null())
same = both.filter(pl.col("st") == pl.col("st_right"))
near = same.filter((pl.col("v") - pl.col("v_right")).abs() <= pl.lit("0.01").cast(pl.Decimal(18, 2))).height
print(json.dumps({
    "only_a": found["there_right"].null_count(), "only_b": found["there"].null_count(),
    "state": both.height - same.height, "amount": same.height - near, "cents": near,
}))  # fmt: skip
