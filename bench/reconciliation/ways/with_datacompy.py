"""datacompy over pandas, as its documentation shows it: keys, a tolerance of a cent, states compared as they are."""

from __future__ import annotations

import json
import sys
from typing import Any

import datacompy
import pandas as pd

from bench.reconciliation.generate import NAMES

folder, ending = sys.argv[1:3]
REFUNDED = {"a": {"0": 0, "1": 1}, "b": {"N": 0, "T": 1}}


def side(name: str) -> Any:
    bill, line, amount, state, *_ = NAMES[name]
    path, kinds = f"{folder}/{name}.{ending}", {bill: str, line: str, state: str}
    read = pd.read_csv(path, dtype=kinds) if ending == "csv" else pd.read_parquet(path)
    made = pd.DataFrame({"bill": read[bill], "line": read[line], "st": read[state].map(REFUNDED[name])})
    made["v"] = read[amount].astype(float) * (1 - 2 * made["st"].fillna(0))
    return made


compare = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
found = compare(side("a"), side("b"), join_columns=["bill", "line"], abs_tol=0.01)
both = found.intersect_rows
states = int((~both["st_match"]).sum())
near = both[both["v_match"] & (both["v_df1"] != both["v_df2"]) & both["st_match"]]
print(json.dumps({
    "only_a": len(found.df1_unq_rows), "only_b": len(found.df2_unq_rows), "state": states,
    "amount": int((~both["v_match"] & both["st_match"]).sum()), "cents": len(near),
}))  # fmt: skip
