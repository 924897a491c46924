"""Undo: the failed step after its probe, then finished steps in reverse, then the proof that the state holds again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from hisops.engine.actions import Hands
from hisops.engine.calling import StillRunning
from hisops.engine.checking import ask_probe, verify
from hisops.engine.latching import latch, moved
from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.engine.results import Result
from hisops.engine.values import Values
from hisops.errors import HisopsError
from hisops.model import records as r
from hisops.model.run import CallView, StepView
from hisops.model.runbook import Runbook, Step
from hisops.model.statement import Signed


class Running(Protocol):
    """What resuming and undoing need of the run."""

    hands: Hands
    recorder: Recorder
    involved: Collection[str]

    @property
    def runbook(self) -> Runbook:
        """The runbook."""

    def values(self) -> Values:
        """What is known now."""

    def statements_of_run(self) -> list[Signed]:
        """Signed statements that have arrived for the run."""

    def keep(self, signed: Signed) -> None:
        """Keep an accepted statement beside the log."""


def undo_run(run: Running, failed: Step) -> Leave:
    """Undo from `failed` backwards; return how the run leaves. Carries on an undo that was interrupted."""
    if run.recorder.view.state != "UNDOING":
        run.recorder.commit(r.RunChanged(state="UNDOING", reason=f"{failed.id} failed"))
    for step in _in_order(run, failed):
        _undo_step(run, step, first=step.id == failed.id)
    return _proof(run)


def _in_order(run: Running, failed: Step) -> Iterator[Step]:
    steps = list(run.runbook.steps)
    before = reversed(steps[: steps.index(failed)])
    for step in [failed, *before]:
        view = run.recorder.view.step(step.id)
        if view.state == "UNDONE" or not step.writes or (step.id != failed.id and view.state not in _TO_UNDO):
            continue
        if step.id != failed.id and (step.point_of_no_return or step.undo is None or step.undo.none is not None):
            return
        yield step


_TO_UNDO = {"SUCCEEDED", "UNDOING", "UNDO_FAILED"}


def _undo_step(run: Running, step: Step, *, first: bool) -> None:
    view = run.recorder.view.step(step.id)
    result = _begun(run, step, view)
    if result is None and first and _nothing_to_undo(run, step, view):
        run.recorder.commit(r.StepChanged(step=step.id, state="UNDONE", reason="the probe says that it did not happen"))
        return
    undo = step.undo
    if undo is None or undo.none is not None:
        raise _undo_failed(run, step, "there is no undo for it")
    if result is None:
        run.recorder.write(r.StepChanged(step=step.id, state="UNDOING"))
        bound = run.hands.binder.call(undo, step, "undo", run.values(), timeout=undo.timeout, effect=step.effect)
        result = _performed(step, lambda: run.hands.caller.perform(bound, view.attempt + 1))
    if not result.good:
        raise _undo_failed(run, step, result.reason or result.verdict)
    checked = verify(run.hands, step, undo.verify, run.values(), result.out, view.attempt, "undo-verify")
    if checked.verdict != "ok":
        raise _undo_failed(run, step, checked.reason or checked.verdict)
    run.recorder.commit(r.StepChanged(step=step.id, state="UNDONE"))


def _begun(run: Running, step: Step, view: StepView) -> Result | None:
    """Return the result of an undo of `step` that an earlier process began, or None."""
    call: CallView | None = view.last("undo")
    if call is None or view.state != "UNDOING" or step.undo is None:
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
    """Return ROLLED_BACK only if the state latched at the plan holds again, else HELD naming what differs."""
    values = run.values()
    try:
        now = latch(run.hands, values.bound.target_type.state, values, "state")
    except HisopsError as error:
        return Leave("HELD", f"undone, but it cannot be proven: {error}")
    differs = moved(values.state, now)
    if differs:
        return Leave("HELD", "undone, but the state is not as latched: " + "; ".join(differs))
    return Leave("ROLLED_BACK", "undone; the latched state holds again")
