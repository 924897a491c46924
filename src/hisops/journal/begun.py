"""Which run has begun a plan and not ended: an approval of the plan comes too late for it."""

from __future__ import annotations

from pathlib import Path

from hisops.journal.chain import Walk
from hisops.journal.ledger import FILE

_ENDS = frozenset({"run.close", "run.abandon"})


def open_run_of(logs: Path, plan: str) -> str | None:
    """Return the run of the plan that has not ended, None if there is none; the ledger is read, not verified."""
    found: dict[str, None] = {}
    for line in Walk(logs / FILE) if (logs / FILE).exists() else ():
        if line.kind == "run.open" and line.values.get("plan") == plan:
            found[str(line.values["run"])] = None
        elif line.kind in _ENDS:
            found.pop(str(line.values.get("run")), None)
    return next(iter(found), None)
