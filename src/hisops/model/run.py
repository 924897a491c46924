"""The state of a run and of its steps: a fold over the records of its log, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from hisops.model import records as r

STEP_OPEN = frozenset({"STARTING", "RUNNING", "VERIFYING", "WAITING", "UNKNOWN", "UNDOING"})
STEP_DONE = frozenset({"SUCCEEDED", "SKIPPED", "UNDONE"})
RUN_ENDED = frozenset({"SUCCEEDED", "SUCCEEDED_WITH_EXCEPTIONS", "FAILED", "ROLLED_BACK", "CANCELLED", "ABANDONED"})
EXIT_OF = {
    "SUCCEEDED": 0,
    "FAILED": 1,
    "CANCELLED": 1,
    "ABANDONED": 1,
    "WAITING": 10,
    "HELD": 11,
    "ROLLED_BACK": 12,
    "SUCCEEDED_WITH_EXCEPTIONS": 13,
    "PAUSED": 14,
    "INTERRUPTED": 14,
}

NOT_REACHED = "not reached"  # why a step was left out that its run had ended before
BREAK_GLASS = "break-glass"  # the value of a decision, and the kind of the deviation that gives its reason


@dataclass(slots=True)
class CallView:
    """The newest call of one kind of a step: its intent, and what followed."""

    intent: r.CallIntent
    pid: int | None = None
    output: r.CallOutput | None = None
    ended: r.CallEnded | None = None

    def apply(self, record: r.CallStarted | r.CallOutput | r.CallEnded) -> None:
        """Take down what followed."""
        match record:
            case r.CallStarted(pid=pid):
                self.pid = pid
            case r.CallOutput():
                self.output = record
            case r.CallEnded():
                self.ended = record


@dataclass(slots=True)
class StepView:
    """What the log says of one step."""

    id: str
    state: str = "PENDING"
    attempt: int = 0
    reason: str | None = None
    out: dict[str, Any] = field(default_factory=dict)
    calls: list[CallView] = field(default_factory=list)
    decided: dict[str, r.GateDecided] = field(default_factory=dict)
    opened: r.GateOpened | None = None
    child: r.ChildIntended | None = None
    child_ended: r.ChildEnded | None = None
    anew: int = 0

    @property
    def acted(self) -> bool:
        """True once its action was started; of a step to be done again, since then."""
        return any(call.intent.kind == "action" for call in self.calls[self.anew :])

    @property
    def started(self) -> bool:
        """True once the step has left the place before its gate."""
        return self.state not in {"PENDING", "WAITING"} or bool(self.calls) or self.child is not None

    def open_gate(self, record: r.GateOpened) -> None:
        """Take down what the gate waits for: what was decided of it before does not hold any more."""
        self.opened = record
        for part in record.parts:
            self.decided.pop(part, None)

    def last(self, kind: str) -> CallView | None:
        """Return the newest call of `kind`, or None."""
        return next((call for call in reversed(self.calls) if call.intent.kind == kind), None)

    def call_of(self, record: r.CallStarted | r.CallOutput | r.CallEnded) -> CallView | None:
        """Return the call that `record` tells of; several of a step may be open at once."""
        key = (record.kind, record.attempt)
        found = (call for call in reversed(self.calls) if (call.intent.kind, call.intent.attempt) == key)
        return next(found, None)


def common_state(states: Collection[str]) -> str:
    """Return the state of a step that stands for several."""
    found = set(states)
    if len(found) == 1:
        return found.pop()
    if "FAILED" in found:
        return "FAILED"
    return "SUCCEEDED" if found and found <= STEP_DONE else "PENDING"


def evidence_line(step: StepView) -> str:
    """Return what a gate shows of a step, in one line: its state, its outputs, the reason; long values cut."""
    told = [f"{name} = {_short(value)}" for name, value in step.out.items()]
    return " ".join(filter(None, [step.state, ", ".join(told), step.reason]))


def _short(value: Any) -> str:
    if isinstance(value, list):
        more = f" and {len(value) - 2} more" if len(value) > 3 else ""
        return ", ".join(_short(item) for item in (value[:2] if more else value)) + more
    text = str(value)
    return text if len(text) <= 64 else "…" + text[-63:]


@dataclass(slots=True)
class RunView:
    """What the log says of a run."""

    state: str = "PLANNED"
    reason: str | None = None
    steps: dict[str, StepView] = field(default_factory=dict)
    deviations: list[r.Deviation] = field(default_factory=list)
    handovers: list[r.Handover] = field(default_factory=list)
    statements: list[r.StatementTaken] = field(default_factory=list)
    refused: list[r.StatementRefused] = field(default_factory=list)
    locks: dict[tuple[str, str], str] = field(default_factory=dict)
    keeper: str | None = None
    links: list[r.LinkChanged] = field(default_factory=list)
    amended: r.RunbookAmended | None = None
    undo: r.UndoBegun | None = None
    spent: list[r.GateDecided] = field(default_factory=list)
    window: r.WindowSeen | None = None
    sealed: r.RunSealed | None = None
    wrote: bool = False

    @property
    def broken_glass(self) -> list[r.GateDecided]:
        """The approvals that the operator did without."""
        decided = [*self.spent, *(item for step in self.steps.values() for item in step.decided.values())]
        return [item for item in decided if item.value == BREAK_GLASS]

    def numbered_deviations(self) -> list[dict[str, Any]]:
        """Return what was not as the runbook has it, and who answers for it: what every summary opens with."""
        return [
            {"number": number, "kind": item.kind, "step": item.step, "reason": item.reason, "by": item.by}
            for number, item in enumerate(self.deviations, 1)
        ]

    def step(self, step_id: str) -> StepView:
        """Return the view of `step_id`, a fresh PENDING one if the log has not named it yet."""
        if (step := self.steps.get(step_id)) is None:
            step = self.steps[step_id] = StepView(step_id)
        return step

    def apply(self, record: r.Record) -> None:
        """Take one more record into account."""
        match record:
            case r.StepChanged():
                self._apply_to_step(record)
            case r.CallIntent(step=name, attempt=attempt, effect=effect):
                step = self.step(name)
                step.attempt = max(step.attempt, attempt)
                step.calls.append(CallView(record))
                self.wrote = self.wrote or effect in {"write", "destructive"}
            case r.CallStarted() | r.CallOutput() | r.CallEnded():
                if call := self.step(record.step).call_of(record):
                    call.apply(record)
            case r.GateOpened(step=name):
                self.step(name).open_gate(record)
            case r.GateDecided(step=name, part=part):
                self.step(name).decided[part] = record
            case r.ChildIntended(step=name, attempt=attempt):
                step = self.step(name)
                step.child, step.child_ended = record, None
                step.attempt = max(step.attempt, attempt)
            case r.ChildEnded(step=name, wrote=wrote):
                self.step(name).child_ended = record
                self.wrote = self.wrote or wrote
            case _:
                self._apply_to_run(record)

    def _apply_to_step(self, record: r.StepChanged) -> None:
        step = self.step(record.step)
        if record.state == "PENDING":  # to be done again: its gate opens anew, and what was answered once is spent
            self.spent += step.decided.values()
            step.decided, step.opened, step.out, step.anew = {}, None, {}, len(step.calls)
        step.state, step.reason = record.state, record.reason
        step.attempt = max(step.attempt, record.attempt)
        step.out = record.out or step.out

    def _keep(self, record: r.LockChanged | r.RunKept) -> None:
        self.keeper = record.control or self.keeper
        if isinstance(record, r.LockChanged):
            self.locks[record.name, record.where] = record.event

    def _apply_to_run(self, record: r.Record) -> None:
        match record:
            case r.RunChanged(state=state, reason=reason):
                self.state, self.reason = state, reason
                self.undo = None if state == "RUNNING" else self.undo
            case r.Deviation():
                self.deviations.append(record)
            case r.Handover():
                self.handovers.append(record)
            case r.StatementTaken():
                self.statements.append(record)
            case r.StatementRefused():
                self.refused.append(record)
            case r.LockChanged() | r.RunKept():
                self._keep(record)
            case r.UndoBegun():
                self.undo = record
            case r.WindowSeen():
                self.window = record
            case r.LinkChanged():
                self.links.append(record)
            case r.RunbookAmended():
                self._amend(record)
            case r.RunSealed(state=state):
                self.sealed, self.state = record, state
            case _:
                pass

    def _amend(self, record: r.RunbookAmended) -> None:
        """Take other definitions into account: gates that nobody has passed through yet are asked anew."""
        self.amended = record
        for step in self.steps.values():
            if not step.started:
                step.decided.clear()
                step.opened = None


def fold(records: Iterable[r.Record]) -> RunView:
    """Return the state that `records` lead to."""
    view = RunView()
    for record in records:
        view.apply(record)
    return view
