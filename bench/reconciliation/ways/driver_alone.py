"""python-oracledb alone: both tables fetched as Arrow from the listener at a port, and nothing done with them."""

from __future__ import annotations

import json
import sys

import oracledb
import pyarrow as pa

from bench.reconciliation.generate import NAMES

rows = {}
with oracledb.connect(user="hisops_read", password="bench", dsn=f"127.0.0.1:{sys.argv[2]}/his") as session:
    for side, names in NAMES.items():
        query = f"select {', '.join(names)} from his.charges_{side}"
        frames = session.fetch_df_batches(query, size=50_000, fetch_decimals=True)
        rows[side] = sum(pa.table(frame).num_rows for frame in frames)
print(json.dumps(rows))
