"""A playbook's log names the HEAD of every run that it stands for: each must be there, be that one, and hold itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hisops.errors import LogBroken
from hisops.journal.blobs import Blobs
from hisops.journal.chain import read_regular
from hisops.journal.findings import Finding, Findings, verdict_of
from hisops.journal.heads import parse_head
from hisops.journal.ledger_facts import LedgerFacts
from hisops.journal.verify_segment import Seen
from hisops.model import records as r
from hisops.model.run import RunView

REFUSED = "REFUSED"
GOOD = frozenset({"SUCCEEDED", "SUCCEEDED_WITH_EXCEPTIONS"})


class Facts(Protocol):
    """What was found of a run (`verify_run.RunFacts`)."""

    findings: Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """Checks the child runs of one run. `verify` verifies another run of the same ledger."""

    runs: Path
    ledger: LedgerFacts
    findings: Findings
    verify: Callable[[str], Facts]

    def check(self, seen: Sequence[Seen], view: RunView, steps: Collection[str]) -> None:
        """Take down every child run that is missing, is another one, or does not hold; `steps` stand for one each."""
        records = [item.record for item in seen]
        ended = {record.run: record for record in records if isinstance(record, r.ChildEnded)}
        intended = {record.run: record for record in records if isinstance(record, r.ChildIntended)}
        for run, end in ended.items():
            if run not in intended:
                fact = "Step {step} ends the run {run}, which it never began."
                self._failed(fact, step=end.step, run=run)
            self._child(end, intended.get(run))
        for run, intent in intended.items():
            if run not in ended and run in self.ledger.runs:
                self._left_open(intent, view)
        self._check_steps(view, {record.step for record in intended.values()} | {*steps}, list(ended.values()))

    def _child(self, end: r.ChildEnded, intent: r.ChildIntended | None) -> None:
        values = {"step": end.step, "run": end.run}
        entries = self.ledger.runs.get(end.run)
        if end.head is None and end.state == REFUSED:
            if entries is not None:
                fact = "Step {step} says that the run {run} was never opened; the ledger has it."
                self._failed(fact, **values)
            return
        if entries is None:
            fact = "The run {run} that step {step} stands for is not in the ledger."
            self._failed(fact, **values)
        elif entries.closed is None or entries.closed["head"] != end.head:
            fact = "The run {run} is not the one whose end step {step} names: its HEAD is another."
            self._failed(fact, **values)
        elif why := self._why_not(end) or self._why_other(intent, entries.opening):
            fact = "The run {run} that step {step} stands for does not hold: {why}"
            self.findings.add("integrity", why[0], fact, **values, why=why[1])
        else:
            fact = "Step {step} stands for the run {run}, which ended {state}; its HEAD is the one named here."
            self.findings.note("integrity", fact, **values, state=end.state)

    def _why_not(self, end: r.ChildEnded) -> tuple[Any, str] | None:
        found: list[Finding] = [each for each in self.verify(end.run).findings if each.level != "note"]
        if found:
            level = verdict_of(found)
            return level, next(str(each) for each in found if each.level == level)
        try:
            head = parse_head(read_regular(self.runs / end.run / "HEAD"))
        except (LogBroken, ValueError) as error:
            return "failed", str(error)
        if (head.state, head.exit) != (end.state, end.exit):
            return "failed", f"it ended {head.state}, not {end.state}."
        return None

    def _why_other(self, intent: r.ChildIntended | None, opening: Mapping[str, Any]) -> tuple[Any, str] | None:
        """Return that the run is not of the runbook, or not on the database, that it was begun for."""
        if intent is None:
            return None
        plan = json.loads(Blobs(self.runs / intent.run / "blobs").read(opening["plan_blob"]))
        was, wanted = (plan["runbook"]["id"], plan["target"]), (intent.runbook, intent.target)
        return None if was == wanted else ("failed", f"it is {' on '.join(was)}, not {' on '.join(wanted)}.")

    def _left_open(self, intent: r.ChildIntended, view: RunView) -> None:
        values = {"step": intent.step, "run": intent.run}
        if view.sealed and view.sealed.state != "ABANDONED":
            fact = "The run {run} was opened for step {step}, and its end is not told."
            self._failed(fact, **values)
        else:
            self.findings.note("completeness", "The run {run} of step {step} has not ended here yet.", **values)

    def _check_steps(self, view: RunView, steps: set[str], ended: Sequence[r.ChildEnded]) -> None:
        """A step that succeeded stands for a run that did, or for a person who decided so."""
        by_step = {record.step: record.state for record in ended}
        decided = {item.step for item in view.deviations if item.kind == "resolved"}
        for name in sorted(steps - decided):
            if view.step(name).state == "SUCCEEDED" and by_step.get(name) not in GOOD:
                fact = "Step {step} is SUCCEEDED, the run that it stands for is {state}."
                self._failed(fact, step=name, state=by_step.get(name, "unknown"))

    def _failed(self, fact: str, **values: object) -> None:
        self.findings.failed("integrity", fact, **values)
