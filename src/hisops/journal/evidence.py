"""Find the results of earlier runs that a runbook requires: by logs that verify, here and now, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hisops.journal.findings import Findings, verdict_of
from hisops.journal.history import closed_runs
from hisops.journal.ledger import FILE
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.trust import Trust
from hisops.journal.verify_ledger import verify_ledger
from hisops.journal.verify_run import RunFacts, verify_run
from hisops.model.evidence import Evidence, Latched, other_identity
from hisops.model.plan import Plan
from hisops.model.runbook import Required
from hisops.model.site import Site, TargetType
from hisops.model.window import stamp
from hisops.ports import Clock

_NO_RESULT = frozenset({"CANCELLED", "ABANDONED"})
_AHEAD = timedelta(minutes=5)


class LoggedEvidence:
    """Satisfies `ports.EvidenceBook` from the log of the site."""

    def __init__(self, logs: Path, trust: Trust, site: Site, clock: Clock) -> None:
        self._logs = logs
        self._trust = trust
        self._site = site
        self._clock = clock

    def missing(self, plan: Plan) -> list[str]:
        """Return what of the evidence that the plan's runbook requires is not there now, and why."""
        kind = TargetType.model_validate(plan.target_type)
        return self.find(plan.procedure.requires, plan.target, kind, plan.identity)[1]

    def find(
        self, requires: Sequence[Required], target: str, target_type: TargetType, identity: Latched
    ) -> tuple[list[Evidence], list[str]]:
        """Return the evidence that is there, and a sentence on each that is not."""
        found: list[Evidence] = []
        missing: list[str] = []
        if not requires:
            return found, missing
        findings = Findings()
        ledger = verify_ledger(self._logs, self._trust, findings) if (self._logs / FILE).exists() else LedgerFacts()
        sound = verdict_of(findings) not in {"failed", "untrusted"}
        for required in requires:
            one: Evidence | str = "the ledger does not verify"
            if sound:
                one = self._newest(required, target, target_type, identity, ledger)
            if isinstance(one, Evidence):
                found.append(one)
            else:
                missing.append(f"{required.runbook} is required: {one}")
        return found, missing

    def _newest(
        self, required: Required, target: str, target_type: TargetType, identity: Latched, ledger: LedgerFacts
    ) -> Evidence | str:
        """Return the newest result of a runbook on the target, or why there is none that counts."""
        runs = closed_runs(self._logs, ledger, required.runbook, simulation=self._site.simulation)
        for name, entries in runs:
            if dict(entries.opening.get("target", {})).get("name") != target:
                continue
            facts = verify_run(self._logs / "runs" / name, entries, ledger, self._trust)
            verdict = verdict_of(facts.findings)
            if verdict != "verified":
                return f"the log of its newest run, {name}, does not verify ({verdict})"
            if facts.view is not None and facts.view.state in _NO_RESULT:
                continue
            return self._judged(required, target, target_type, identity, entries, facts)
        return f"no run of it on {target} has ended here"

    def _judged(
        self, required: Required, target: str, target_type: TargetType, identity: Latched, entries: RunEntries,
        facts: RunFacts,
    ) -> Evidence | str:  # fmt: skip
        state = facts.view.state if facts.view else "unknown"
        if state != "SUCCEEDED" or facts.to_time is None or entries.closed is None:
            return f"its newest run, {facts.run_id}, ended {state}"
        then = {name: values for name, values in entries.opening["target"].items() if name != "name"}
        if differs := other_identity(target_type, self._site.databases[target], then, identity):
            return f"its newest run, {facts.run_id}, was on another database: {differs}"
        age = self._clock.now() - facts.to_time
        if age > timedelta(seconds=required.max_age):
            return f"its newest run, {facts.run_id}, ended {stamp(facts.to_time)}, longer ago than is allowed"
        if age < -_AHEAD:
            return f"its newest run, {facts.run_id}, ended {stamp(facts.to_time)}, after now: a clock is wrong"
        return Evidence(
            runbook=required.runbook, run=facts.run_id, head=str(entries.closed["head"]), ended=stamp(facts.to_time)
        )
