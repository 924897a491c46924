"""hisops, without the run around it: sums, digests, every difference with class and cause."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.reconciliation.generate import DAY, DEFINITION
from hisops.documents.load import load
from hisops.model.reconciliation import Reconciliation
from hisops.reconcile.comparing import FileSource, Order, reconcile

folder, ending = Path(sys.argv[1]), sys.argv[2]
sides = {side: FileSource(folder / f"{side}.{ending}") for side in ("a", "b")}
order = Order(definition=load(DEFINITION, Reconciliation).model, day=DAY, **sides, scratch=folder / "scratch")
found = {each["class"]: each["entries"] for each in reconcile(order)["classes"]}
print(json.dumps({
    "only_a": found["only_a"] + found["in_transit"] + found["unclassified"],
    "only_b": found["only_b"] + found["duplicate"],
    "state": found["state"], "amount": found["amount"], "cents": found["cents"],
}))  # fmt: skip
