"""Does the log tell a possible story? The engine's own rules, asked again of its records by a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hisops.journal.findings import Findings
from hisops.journal.verify_segment import Seen
from hisops.model import records as r
from hisops.model.run import STEP_DONE, STEP_OPEN, RunView, fold

WRITES = frozenset({"write", "destructive"})
CallKey = tuple[str, str, int]


def check_story(seen: Sequence[Seen], plan: dict[str, Any], findings: Findings) -> RunView:
    """Return the state that the records lead to; take down what cannot have happened that way."""
    _check_calls(seen, findings)
    _check_cuts(seen, findings)
    view = fold(item.record for item in seen)
    if view.sealed and view.sealed.state != "ABANDONED":
        _check_end(seen, view, plan, findings)
    return view


def _check_calls(seen: Sequence[Seen], findings: Findings) -> None:
    """No effect without an intent that was signed and on the disk before it."""
    intents: dict[CallKey, Seen] = {}
    undecided: dict[str, bool] = {}
    for item in seen:
        record = item.record
        if isinstance(record, r.CallIntent):
            _check_repetition(record, undecided, findings)
            intents[record.step, record.kind, record.attempt] = item
        elif isinstance(record, r.CallStarted | r.CallOutput | r.CallEnded):
            intent = intents.get((record.step, record.kind, record.attempt))
            if intent is None or intent.barrier == item.barrier:
                fact = "Step {step}, attempt {attempt}: {what} was not preceded by a signed intent."
                what = f"{record.TYPE} of its {record.kind}"
                findings.failed("integrity", fact, step=record.step, attempt=record.attempt, what=what)
        elif isinstance(record, r.Deviation) and record.step:
            undecided.pop(record.step, None)


def _check_repetition(intent: r.CallIntent, undecided: dict[str, bool], findings: Findings) -> None:
    """What is not idempotent is started again only after its probe was asked, or a person has decided."""
    if intent.kind == "probe":
        undecided.pop(intent.step, None)
    if intent.kind != "action" or intent.effect not in WRITES or intent.idempotent:
        return
    if undecided.get(intent.step):
        fact = "Step {step} is not idempotent and was started again (attempt {attempt}) without asking its probe."
        findings.failed("integrity", fact, step=intent.step, attempt=intent.attempt)
    undecided[intent.step] = True


def _check_cuts(seen: Sequence[Seen], findings: Findings) -> None:
    """Where a segment ends and another begins, whatever was writing must have been settled afterwards."""
    for cut in [index for index in range(1, len(seen)) if seen[index].segment != seen[index - 1].segment]:
        open_calls = _open_calls(seen[:cut])
        settled = {key: how for key in open_calls if (how := _how_settled(key, seen[cut:]))}
        when = f"{seen[cut - 1].stamp.time:%Y-%m-%d %H:%M:%SZ}"
        for step, _, attempt in open_calls - settled.keys():
            fact = "Step {step} (attempt {attempt}) ran when the run was interrupted at {when}, and was never settled."
            findings.incomplete("completeness", fact, when=when, step=step, attempt=attempt)
        told = [(step, text) for (step, _, _), text in settled.items()]
        told += [
            (step, f"it stands for the run {run}, which is a log of its own") for step, run in _open_runs(seen[:cut])
        ]
        how = "; ".join(f"{step}: {text}" for step, text in sorted(told))
        left = _left_as(seen[:cut])
        if left and not open_calls:
            findings.note("completeness", "The run was left {state} at {when} and resumed.", state=left, when=when)
            continue
        fact = "The run was interrupted at {when} and resumed; {how}."
        findings.note("completeness", fact, when=when, how=how or "no step that writes was open")


def _open_runs(seen: Sequence[Seen]) -> list[tuple[str, str]]:
    """Return step and id of each run that a playbook has begun and not seen the end of."""
    found: dict[str, str] = {}
    for item in seen:
        if isinstance(item.record, r.ChildIntended):
            found[item.record.step] = item.record.run
        elif isinstance(item.record, r.ChildEnded):
            found.pop(item.record.step, None)
    return list(found.items())


def _left_as(seen: Sequence[Seen]) -> str | None:
    """Return the state in which a process left the run in good order, or None if it was cut off."""
    last = seen[-1].record
    return last.state if isinstance(last, r.RunChanged) and last.state in {"WAITING", "PAUSED", "HELD"} else None


def _open_calls(seen: Sequence[Seen]) -> set[CallKey]:
    calls: set[CallKey] = set()
    for item in seen:
        record = item.record
        if isinstance(record, r.CallIntent) and record.effect in WRITES:
            calls.add((record.step, record.kind, record.attempt))
        elif isinstance(record, r.CallEnded):
            calls.discard((record.step, record.kind, record.attempt))
    return calls


def _how_settled(key: CallKey, later: Sequence[Seen]) -> str | None:
    for item in later:
        record = item.record
        if isinstance(record, r.CallEnded) and record.step == key[0]:
            if (record.step, record.kind, record.attempt) == key and record.verdict != "unknown":
                return "settled by the tool's own end" if record.recovered else "carried out afterwards"
            if record.kind == "probe":
                return "settled by its probe"
            if record.kind == key[1] and record.attempt > key[2] and record.verdict in {"ok", "warn"}:
                return "carried out again"
        if isinstance(record, r.Deviation) and record.step == key[0]:
            return "settled by a person"
    return None


def _check_end(seen: Sequence[Seen], view: RunView, plan: dict[str, Any], findings: Findings) -> None:
    """The sealed state must be the one that the records lead to."""
    sealed = view.sealed
    last = next((item.record for item in reversed(seen) if isinstance(item.record, r.RunChanged)), None)
    if sealed is None or (isinstance(last, r.RunChanged) and last.state != sealed.state):
        state = last.state if isinstance(last, r.RunChanged) else None
        findings.failed(
            "integrity", "The run is sealed {sealed}, its records say {state}.", sealed=view.state, state=state
        )
    for step in view.steps.values():
        if step.state in STEP_OPEN:
            findings.failed(
                "integrity", "The run has ended, but its step {step} is {state}.", step=step.id, state=step.state
            )
    if sealed and (sealed.state == "SUCCEEDED") != (sealed.exit == 0):
        findings.failed("integrity", "The run is {state} with exit code {exit}.", state=sealed.state, exit=sealed.exit)
    if sealed and sealed.state == "SUCCEEDED":
        for name in [step["id"] for step in plan.get("runbook", {}).get("steps", ())]:
            state = view.steps[name].state if name in view.steps else "PENDING"
            if state not in STEP_DONE:
                findings.failed(
                    "integrity", "The run is SUCCEEDED, but its step {step} is {state}.", step=name, state=state
                )
