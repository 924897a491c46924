"""Find the results of earlier runs that a runbook requires: by logs that verify, here and now, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from hisops.errors import CheckFailed
from hisops.expressions import evaluate
from hisops.journal.blobs import Blobs
from hisops.journal.findings import Findings, verdict_of
from hisops.journal.history import closed_runs
from hisops.journal.ledger import FILE
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.trust import Trust
from hisops.journal.verify_ledger import verify_ledger
from hisops.journal.verify_run import RunFacts, verify_run
from hisops.model.evidence import Evidence, Latched, other_identity, seen_by_terms
from hisops.model.plan import Plan
from hisops.model.required import Required
from hisops.model.run import RunView
from hisops.model.site import Site, TargetType
from hisops.model.window import stamp
from hisops.ports import Clock

_NO_RESULT = frozenset({"CANCELLED", "ABANDONED"})
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Ground:
    """On which target, told apart by what, in which ledger a result is looked for."""

    target: str
    target_type: TargetType
    identity: Latched
    ledger: LedgerFacts


@dataclass(frozen=True, slots=True)
class _Found:
    """A run whose log verifies: what was planned, what the ledger says, what the log says."""

    plan: Mapping[str, Any]
    entries: RunEntries
    facts: RunFacts
    view: RunView

    @property
    def runbook(self) -> str:
        """The id of its runbook."""
        return str(self.plan["runbook"]["id"])

    def holds(self, term: str | None) -> bool:
        """Tell whether a term of the requirement holds of the run. Raises CheckFailed if it cannot be told."""
        return term is None or evaluate(term, seen_by_terms(self.plan, self.view))


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
        ground = _Ground(target, target_type, identity, ledger)
        for required in requires:
            one = self._newest(required, ground) if sound else "the ledger does not verify"
            if isinstance(one, Evidence):
                found.append(one)
            else:
                missing.append(f"{' or '.join(required.runbooks)} is required: {one}")
        return found, missing

    def _newest(self, required: Required, ground: _Ground) -> Evidence | str:
        """Return the newest result on the target of those that are meant, or why there is none that counts."""
        runs = closed_runs(self._logs, ground.ledger, required.runbooks, simulation=self._site.simulation)
        for name, entries in runs:
            if dict(entries.opening.get("target", {})).get("name") != ground.target:
                continue
            facts = verify_run(self._logs / "runs" / name, entries, ground.ledger, self._trust)
            verdict = verdict_of(facts.findings)
            if verdict != "verified" or facts.view is None:
                return f"the log of its newest run, {name}, does not verify ({verdict})"
            if facts.view.state in _NO_RESULT:
                continue
            found = _Found(self._plan_of(name, entries), entries, facts, facts.view)
            try:
                if found.holds(required.of):
                    return self._judged(required, ground, found)
            except CheckFailed as error:
                return f"of its newest run, {name}, it cannot be told whether it counts: {error}"
        meant = f" for which {required.of}" if required.of else ""
        return f"no run of it on {ground.target}{meant} has ended here"

    def _plan_of(self, name: str, entries: RunEntries) -> dict[str, Any]:
        plan: dict[str, Any] = json.loads(
            Blobs(self._logs / "runs" / name / "blobs").read(entries.opening["plan_blob"])
        )
        return plan

    def _judged(self, required: Required, ground: _Ground, found: _Found) -> Evidence | str:
        """Return the result if it is good, of this database and new enough. Raises CheckFailed if nobody can tell."""
        facts, entries = found.facts, found.entries
        run = facts.run_id if required.any is None else f"{facts.run_id} ({found.runbook})"
        if found.view.state != "SUCCEEDED" or facts.to_time is None or entries.closed is None:
            return f"its newest run, {run}, ended {found.view.state}"
        then = {name: values for name, values in entries.opening["target"].items() if name != "name"}
        entry = self._site.databases[ground.target]
        if differs := other_identity(ground.target_type, entry, then, ground.identity):
            return f"its newest run, {run}, was on another database: {differs}"
        if not found.holds(required.where):
            return f"of its newest run, {run}, this does not hold: {required.where}"
        age = self._clock.now() - facts.to_time
        if age > timedelta(seconds=required.max_age):
            return f"its newest run, {run}, ended {stamp(facts.to_time)}, longer ago than is allowed"
        if age < -_AHEAD:
            return f"its newest run, {run}, ended {stamp(facts.to_time)}, after now: a clock is wrong"
        return Evidence(
            runbook=found.runbook, run=facts.run_id, head=str(entries.closed["head"]), ended=stamp(facts.to_time)
        )
