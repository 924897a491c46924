"""What a log says of its gates, record by record, up to each moment at which a step behind one begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeGuard

from hisops.journal.verify_segment import Seen
from hisops.model import records as r

Rule = Mapping[str, Any]


@dataclass(slots=True)
class GateSeen:
    """A step's gate so far: the evidence, and by part what was decided, and when; `spent` before an undo."""

    evidence: str | None = None
    decided: dict[str, tuple[r.GateDecided, datetime]] = field(default_factory=dict)
    spent: set[str | None] = field(default_factory=set)

    def open(self, record: r.GateOpened) -> None:
        """What the gate waits for is not decided any more."""
        self.evidence = record.evidence
        for part in record.parts:
            self.decided.pop(part, None)

    def spend(self) -> None:
        """The step is to be done again: what was approved was approved for the first time."""
        self.spent |= {decision.statement for decision, _ in self.decided.values()}
        self.decided, self.evidence = {}, None


@dataclass(frozen=True, slots=True)
class Begun:
    """A step behind a gate begins, in a process whose first record stands at `since`.

    `first` unless it was begun before and not undone since: then its approvals have done their work.
    """

    step: str
    rule: Rule
    gate: GateSeen
    segment: int
    since: datetime
    first: bool

    @property
    def moment(self) -> datetime:
        """When its approvals must hold: at the last decision, or when the process began if that is later."""
        return max([self.since, *(at for _, at in self.gate.decided.values())])


class GateStory:
    """Folds the records of one run. `amended` holds the definitions that it went by from each of its amendments on."""

    def __init__(self, plan: Mapping[str, Any], amended: Mapping[str, Mapping[str, Any]]) -> None:
        self._plan = plan
        self._amended = amended
        self._rules = rules_of(plan)
        self._gates: dict[str, GateSeen] = {}
        self._since: dict[int, datetime] = {}
        self._left: set[str] = set()
        self._through: set[str] = set()

    def apply(self, item: Seen) -> Begun | None:
        """Take one more record into account; return what begins with it, if it is behind a gate."""
        record = item.record
        self._since.setdefault(item.segment, item.stamp.time)
        if isinstance(record, r.RunbookAmended):
            self._rules = rules_of(self._amended.get(record.digest) or self._plan)
            self._gates = {name: gate for name, gate in self._gates.items() if name in self._left}
        elif isinstance(record, r.StepChanged):
            self._change(record)
        elif isinstance(record, r.GateOpened):
            self._gate(record.step).open(record)
        elif isinstance(record, r.GateDecided) and record.part.startswith("approve"):
            self._gate(record.step).decided[record.part] = record, item.stamp.time
        elif _starts(record) and record.step in self._rules:
            return self._begin(record.step, item)
        return None

    def _gate(self, step: str) -> GateSeen:
        return self._gates.setdefault(step, GateSeen())

    def _change(self, record: r.StepChanged) -> None:
        if record.state == "PENDING":  # undone: its gate opens anew
            self._gate(record.step).spend()
            self._through.discard(record.step)
        elif record.state != "WAITING":
            self._left.add(record.step)

    def _begin(self, step: str, item: Seen) -> Begun:
        first = step not in self._through
        self._through.add(step)
        return Begun(step, self._rules[step], self._gate(step), item.segment, self._since[item.segment], first)


def rules_of(definitions: Mapping[str, Any]) -> dict[str, Rule]:
    """Return by step what its gate wants approved."""
    gates = {step["id"]: step.get("gate") or {} for step in definitions.get("runbook", {}).get("steps", ())}
    return {name: gate["approve"] for name, gate in gates.items() if gate.get("approve")}


def _starts(record: r.Record) -> TypeGuard[r.CallIntent | r.ChildIntended]:
    """True where a step, or the run that it stands for, is about to begin."""
    return isinstance(record, r.ChildIntended) or (isinstance(record, r.CallIntent) and record.kind == "action")
