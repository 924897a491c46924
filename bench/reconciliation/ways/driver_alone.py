"""python-oracledb alone: both sides fetched as Arrow from the listener at a port, and nothing done with them."""

from __future__ import annotations

import json
import sys

import oracledb
import pyarrow as pa

from bench.reconciliation.listener import query

rows = {}
with oracledb.connect(user="hisops_read", password="bench", dsn=f"127.0.0.1:{sys.argv[2]}/his") as session:
    for side in ("a", "b"):
        frames = session.fetch_df_batches(query(side), size=50_000, fetch_decimals=True)
        rows[side] = sum(pa.table(frame).num_rows for frame in frames)
print(json.dumps(rows))
