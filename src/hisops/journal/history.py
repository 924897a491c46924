"""What earlier runs of a runbook took: from this site's own log, and only as far as it verifies."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

from hisops.errors import LogBroken
from hisops.journal.blobs import Blobs
from hisops.journal.findings import Findings, verdict_of
from hisops.journal.ledger import FILE
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.trust import Trust
from hisops.journal.verify_ledger import verify_ledger
from hisops.journal.verify_run import verify_run
from hisops.model.timing import Timed, Took, took

NEWEST = 20


def history(logs: Path, trust: Trust, runbook: str, *, simulation: bool, newest: int = NEWEST) -> list[Took]:
    """Return what the newest closed runs of `runbook` took; simulations count only where asked for, nothing else then.

    A run whose log is not `verified` counts for nothing, and so does everything if the ledger is false.
    """
    if not (logs / FILE).exists():
        return []
    findings = Findings()
    ledger = verify_ledger(logs, trust, findings)
    if verdict_of(findings) in {"failed", "untrusted"}:
        return []
    found = []
    for name, entries in closed_runs(logs, ledger, [runbook], simulation=simulation):
        facts = verify_run(logs / "runs" / name, entries, ledger, trust)
        if verdict_of(facts.findings) == "verified":
            found.append(took(Timed(segment=i.segment, boottime=i.stamp.boottime, record=i.record) for i in facts.seen))
        newest -= 1
        if not newest:
            break
    return found


def closed_runs(
    logs: Path, ledger: LedgerFacts, runbooks: Collection[str], *, simulation: bool
) -> Iterator[tuple[str, RunEntries]]:
    """Give the closed runs of `runbooks`, newest first."""
    known: dict[str, str | None] = {}
    for name, entries in reversed(ledger.runs.items()):
        if entries.closed is None or entries.abandoned_by or bool(entries.opening.get("simulation")) != simulation:
            continue
        digest = str(entries.opening.get("runbook"))
        if digest not in known:
            known[digest] = _runbook_id(logs / "runs" / name, digest)
        if known[digest] in runbooks:
            yield name, entries


def _runbook_id(folder: Path, digest: str) -> str | None:
    """Return the id in a runbook that a run keeps, None if it cannot be read: verifying will tell why."""
    try:
        return str(json.loads(Blobs(folder / "blobs").read(digest))["id"])
    except (LogBroken, OSError, ValueError, KeyError, TypeError):
        return None
