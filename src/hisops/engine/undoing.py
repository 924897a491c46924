"""Undo: what is doubtful after its probe, then finished steps in reverse, then the proof that the state holds again.

A failed step begins it, or a person. Where it goes is in the log, so it is carried on after a kill at any point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hisops.engine.calling import StillRunning
from hisops.engine.checking import ask_probe, verify
from hisops.engine.course import UndoOrder
from hisops.engine.latching import latch, moved
from hisops.engine.leaving import Leave
from hisops.engine.resolving import resolved
from hisops.engine.results import Result
from hisops.engine.running import Running
from hisops.engine.way_back import DOUBTFUL, OPEN, TO_UNDO, first_to_redo, no_way_back, way_back
from hisops.errors import HisopsError
from hisops.model import records as r
from hisops.model.run import CallView, StepView
from hisops.model.runbook import Step


def undo_failed_step(run: Running, failed: Step) -> Leave:
    """Undo from `failed` backwards, as far as there is a way back; return how the run leaves."""
    run.recorder.commit(r.UndoBegun(first=failed.id), r.RunChanged(state="UNDOING", reason=f"{failed.id} failed"))
    return carry_on_undo(run)


def undo_as_ordered(run: Running, order: UndoOrder) -> Leave:
    """Undo what a person wants undone; return how the run leaves."""
    steps = way_back(run.runbook, run.recorder.view, order.to)
    for step in steps:
        _settle(run, step)
    how = f"undone back to {order.to}" if order.to else "undone"
    run.recorder.commit(
        r.UndoBegun(first=steps[0].id, to=order.to, by=order.by),
        r.Deviation(kind="undo", step=order.to, reason=f"{how}, as asked", by=order.by),
        r.RunChanged(state="UNDOING", reason=f"asked for by {order.by}"),
    )
    return carry_on_undo(run)


def undo_is_open(run: Running) -> bool:
    """Tell whether the log holds an undo that has not come to its end."""
    begun = run.recorder.view.undo
    return begun is not None and (begun.to is None or bool(list(_in_order(run, begun))))


def carry_on_undo(run: Running) -> Leave:
    """Carry out the undo that the log says has begun, from wherever it is."""
    begun = run.recorder.view.undo
    assert begun is not None  # noqa: S101  the callers have written it, or found it
    if run.recorder.view.state != "UNDOING":
        run.recorder.commit(r.RunChanged(state="UNDOING", reason=f"the undo from {begun.first} is carried on"))
    for step in _in_order(run, begun):
        run.steering.rest()
        _undo_step(run, step, begun)
    if begun.to is not None:
        return Leave("PAUSED", f"undone back to {begun.to}, as asked")
    return _proof(run)


def go_forward_again(run: Running) -> list[r.StepChanged]:
    """Return what makes the steps that were undone, and all behind them, be carried out anew."""
    first = first_to_redo(run.runbook, run.recorder.view)
    if first is None:
        return []
    steps = run.runbook.steps[run.runbook.steps.index(first) :]
    again = [step for step in steps if run.recorder.view.step(step.id).state != "PENDING"]
    return [r.StepChanged(step=step.id, state="PENDING", reason="undone; to be done again") for step in again]


def _settle(run: Running, step: Step) -> None:
    """Find the end of a step that was open when its process was cut off, without starting or ending anything."""
    view = run.recorder.view.step(step.id)
    if view.state not in OPEN:
        return
    call = view.last("action")
    if call is not None and call.ended is None:
        bound = run.hands.binder.action(step, run.values())
        if call.intent.op and run.hands.caller.runs(bound, call.intent.op):
            raise Leave("HELD", f"{step.id}: its tool still runs; nothing was undone")
        run.hands.caller.recover(bound, call, start=False)
    reason = "an undo was asked for before it was judged"
    run.recorder.commit(r.StepChanged(step=step.id, state="UNKNOWN", reason=reason))


def _in_order(run: Running, begun: r.UndoBegun) -> Iterator[Step]:
    """Give the steps that are still to undo. One that failed ends where the way back ends; an order was checked."""
    first = next((n for n, step in enumerate(run.runbook.steps) if step.id == begun.first), -1)
    states = TO_UNDO | DOUBTFUL if begun.by else TO_UNDO
    for step in reversed(run.runbook.steps[: first + 1]):
        state = run.recorder.view.step(step.id).state
        is_first = step.id == begun.first
        if step.writes and state != "UNDONE" and (state in states or (is_first and not begun.by)):
            if not begun.by and not is_first and no_way_back(step):
                return
            yield step
        if step.id == begun.to:
            return


def _doubtful(step: Step, begun: r.UndoBegun, view: StepView) -> bool:
    """Tell whether `step`, or an undo of it that came to nothing, may or may not have happened: its probe knows."""
    return view.state in {*DOUBTFUL, "UNDO_FAILED"} or (begun.by is None and step.id == begun.first)


def _undo_step(run: Running, step: Step, begun: r.UndoBegun) -> None:
    view = run.recorder.view.step(step.id)
    decided = resolved(run, step) if view.state == "UNDO_FAILED" else None
    if decided and decided.done:
        run.recorder.commit(r.StepChanged(step=step.id, state="UNDONE", reason=decided.reason))
        return
    result = _begun(run, step, view)
    asked = decided is None and _doubtful(step, begun, view)  # a person's word counts more than a probe's
    if result is None and asked and _nothing_to_undo(run, step, view):
        run.recorder.commit(r.StepChanged(step=step.id, state="UNDONE", reason="the probe says that it did not happen"))
        return
    undo = step.undo
    if undo is None or undo.none is not None or (begun.by and step.point_of_no_return):
        raise _undo_failed(run, step, "there is no undo for it")
    if result is None:
        number = view.attempt + 1
        run.recorder.write(r.StepChanged(step=step.id, state="UNDOING", attempt=number))
        bound = run.hands.binder.call(undo, step, "undo", run.values(), timeout=undo.timeout, effect=step.effect)
        result = _performed(step, lambda: run.hands.caller.perform(bound, number))
    if not result.good:
        raise _undo_failed(run, step, result.reason or result.verdict)
    checked = verify(run.hands, step, undo.verify, run.values(), result.out, view.attempt, "undo-verify")
    if checked.verdict != "ok":
        raise _undo_failed(run, step, checked.reason or checked.verdict)
    run.recorder.commit(r.StepChanged(step=step.id, state="UNDONE"))


def _begun(run: Running, step: Step, view: StepView) -> Result | None:
    """Return the result of the newest undo of `step` if an earlier process began it, or None."""
    call: CallView | None = view.last("undo")
    if call is None or view.state != "UNDOING" or step.undo is None or call.intent.attempt < view.attempt:
        return None
    if call.ended is not None:
        return Result(call.ended.verdict, call.ended.code, call.ended.out, tuple(call.ended.matched), call.ended.reason)
    undo = step.undo
    bound = run.hands.binder.call(undo, step, "undo", run.values(), timeout=undo.timeout, effect=step.effect)
    return _performed(step, lambda: run.hands.caller.recover(bound, call))


def _performed(step: Step, action: Callable[[], Result]) -> Result:
    try:
        return action()
    except StillRunning as still:
        raise Leave("HELD", f"undo of {step.id}: {still}") from still


def _nothing_to_undo(run: Running, step: Step, view: StepView) -> bool:
    """Ask the probe of the step that failed. True: it did not happen. Leave(HELD) if the probe cannot tell."""
    if step.probe is None:
        return False
    answer, why = ask_probe(run.hands, step, run.values(), view.attempt)
    if answer == "unknown":
        raise _undo_failed(run, step, f"its probe could not tell whether it happened: {why}")
    return answer == "not_done"


def _undo_failed(run: Running, step: Step, reason: str) -> Leave:
    run.recorder.commit(r.StepChanged(step=step.id, state="UNDO_FAILED", reason=reason))
    return Leave("HELD", f"undo of {step.id} failed: {reason}")


def _proof(run: Running) -> Leave:
    """Return ROLLED_BACK only if identity and state latched at the plan hold again, else HELD naming what differs."""
    values = run.values()
    try:
        facts = values.bound.target_type
        differs = moved(values.identity, latch(run.hands, facts.identity, values, "identity"))
        differs += moved(values.state, latch(run.hands, facts.state, values, "state"))
    except HisopsError as error:
        return Leave("HELD", f"undone, but it cannot be proven: {error}")
    if differs:
        return Leave("HELD", "undone, but the state is not as latched: " + "; ".join(differs))
    return Leave("ROLLED_BACK", "undone; the latched state holds again")
