"""What a plan says that it rests on must be what the ledger says: earlier runs, by the digest of their HEAD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hisops.journal.findings import Findings
from hisops.journal.ledger_facts import LedgerFacts


def check_evidence(run: str, plan: Mapping[str, Any], ledger: LedgerFacts, findings: Findings) -> None:
    """Take down every result that the plan names and the ledger does not have so, or not before."""
    before = list(ledger.runs)[: list(ledger.runs).index(run)]
    named = {str(each["runbook"]) for each in plan.get("evidence", ())}
    for each in plan.get("evidence", ()):
        name = str(each["run"])
        entries = ledger.runs.get(name)
        if entries is None or name not in before:
            fact = "The plan rests on the run {run}, which the ledger does not have before it."
            findings.failed("authorisation", fact, run=name)
        elif entries.closed is None or entries.closed.get("head") != each["head"]:
            fact = "The plan rests on the run {run}, but names another log of it than the ledger does."
            findings.failed("authorisation", fact, run=name)
    for required in plan.get("runbook", {}).get("requires", ()):
        runbooks = required.get("any") or [required["runbook"]]
        if named.isdisjoint(runbooks):
            fact = "The plan names no result of {runbook}, which its runbook requires."
            findings.failed("authorisation", fact, runbook=" or ".join(runbooks))
