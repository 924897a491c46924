"""Were the definitions of a run changed on the way, and was that allowed? Asked with the reader's own trust."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.canonical import digest_of
from hisops.errors import LogBroken
from hisops.journal.blobs import Blobs
from hisops.journal.findings import Findings
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.statements import read_statement
from hisops.journal.trust import Trust
from hisops.journal.verify_segment import Seen
from hisops.model import records as r
from hisops.model.amendment import wanted_approval, why_no_request, why_not_amendable
from hisops.model.approval import why_refused
from hisops.model.run import RunView

Documents = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendments:
    """Checks the amendments of one run."""

    folder: Path
    plan: Mapping[str, Any]
    entries: RunEntries
    ledger: LedgerFacts
    trust: Trust
    findings: Findings

    def check(self, seen: Sequence[Seen]) -> dict[str, Documents]:
        """Return the definitions that hold from each amendment on, by their digest; take down what was not allowed."""
        found: dict[str, Documents] = {}
        if not any(isinstance(item.record, r.RunbookAmended) for item in seen):
            return found
        now = {name: self.plan.get(name) for name in ("runbook", "judges", "target_type")}
        view = RunView()
        for item in seen:
            if isinstance(item.record, r.RunbookAmended):
                now = found[item.record.digest] = self._one(item, item.record, now, view)
            view.apply(item.record)
        return found

    def _one(self, item: Seen, record: r.RunbookAmended, before: Documents, view: RunView) -> Documents:
        try:
            definitions: Documents = json.loads(Blobs(self.folder / "blobs").read(record.definitions))
            if digest_of(definitions) != record.digest:
                raise ValueError("its definitions are not those that it names")
        except (LogBroken, ValueError) as error:
            self.findings.failed("integrity", "The amendment of the runbook does not hold: {why}.", why=error)
            return before
        if why := why_not_amendable(before, definitions, view) or self._unsigned(item, record, before, definitions):
            fact = "The runbook was amended at {when}, which does not count: {why}."
            self.findings.failed("authorisation", fact, when=f"{item.stamp.time:%Y-%m-%d %H:%M:%SZ}", why=why)
        else:
            fact = "The runbook was amended at {when} by {by}, approved by {who}."
            when = f"{item.stamp.time:%Y-%m-%d %H:%M:%SZ}"
            self.findings.note("authorisation", fact, when=when, by=record.by, who=record.approved_by)
        return definitions

    def _unsigned(self, item: Seen, record: r.RunbookAmended, before: Documents, definitions: Documents) -> str | None:
        """Return why the two signatures do not carry the amendment, or None."""
        at, approvals = item.stamp.time, self.folder / "approvals"
        try:
            request = read_statement(approvals, record.request, self.trust, at)
            approval = read_statement(approvals, record.approval, self.trust, at)
        except ValueError as error:
            return str(error)
        if (request.principal, approval.principal) != (record.by, record.approved_by):
            return f"it was signed by {request.principal} and {approval.principal}"
        operators = [str(opened.values["actor"]) for opened in self.entries.opened[: item.segment]]
        involved = {str(self.plan.get("requester")), *operators}
        plan, run = str(self.entries.opening["plan"]), self.folder.name
        wanted = wanted_approval(
            request, before, origin=self.ledger.origin, plan=plan, run=run, involved=involved,
            simulation=self.entries.opening.get("simulation") is True,
        )  # fmt: skip
        return why_no_request(
            request, before, definitions, plan=plan, run=run, involved=involved
        ) or why_refused(approval, wanted, self.trust.roster, now=at)  # fmt: skip
