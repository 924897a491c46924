"""hisops with both sides from the listener at a port: read in one transaction, spooled, compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.reconciliation.generate import DAY, DEFINITION
from bench.reconciliation.listener import query
from hisops.adapters.oracle_tables import OracleTables
from hisops.documents.load import load
from hisops.model.reconciliation import Reconciliation
from hisops.model.site import Connect
from hisops.reconcile.comparing import Order, RowsSource, reconcile
from hisops.secret import Secret

folder, port = Path(sys.argv[1]), sys.argv[2]
vault: Any = SimpleNamespace(get=lambda name: Secret(name, "bench"))
tables = OracleTables("his", Connect(dsn=f"127.0.0.1:{port}/his", user="hisops_read", password="read"), vault)


def side(name: str) -> RowsSource:
    text = query(name)
    return RowsSource(name="his", query=text, batches=tables.stream(text, {}), session=tables)


definition = load(DEFINITION, Reconciliation).model
order = Order(definition=definition, day=DAY, a=side("a"), b=side("b"), scratch=folder / "scratch")
found = {each["class"]: each["entries"] for each in reconcile(order)["classes"]}
tables.close()
print(json.dumps(found))
