"""Resume: find out what became of the step that the log left open, without starting anything twice.

The log tells how far it came, the host tells whether the tool still runs or how it ended, the probe tells whether it
happened. Only a step that may be repeated, or that provably never started, is attempted again.
"""

from __future__ import annotations

from dataclasses import dataclass

from hisops.engine.actions import Attempt, action_of, upload_call
from hisops.engine.calling import StillRunning
from hisops.engine.checking import ask_probe
from hisops.engine.leaving import Leave
from hisops.engine.playing import result_of
from hisops.engine.resolving import resolved
from hisops.engine.results import Result
from hisops.engine.running import Running
from hisops.engine.undoing import undo_failed_step
from hisops.model import records as r
from hisops.model.run import CallView, StepView
from hisops.model.runbook import Step


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: a result to settle, or that the step is to be attempted again."""

    result: Result
    again: bool = False


AGAIN = Found(Result("unknown"), again=True)


def find_out(run: Running, step: Step) -> Found:
    """Return what became of `step`; Leave if people must decide."""
    view = run.recorder.view.step(step.id)
    if step.child is not None:
        return _found_child(run, step, view)
    if view.state == "FAILED":
        return AGAIN if _repeatable(step) else by_probe(run, step)
    if view.state == "UNKNOWN":
        return by_probe(run, step)
    call = view.last("action")
    if call is None or call.intent.attempt < _attempt_of(view):
        return AGAIN
    if call.ended is None:
        return _recovered(run, step, call)
    ended = call.ended
    if view.state == "VERIFYING" and ended.verdict not in {"ok", "warn"}:  # a probe or a person knew better
        return by_probe(run, step)
    return Found(Result(ended.verdict, ended.code, ended.out, tuple(ended.matched), ended.reason))


def _found_child(run: Running, step: Step, view: StepView) -> Found:
    """Find the run that a step stands for by its recorded id; one that failed is begun anew unless a person decides."""
    playing = run.hands.playing
    if view.state in {"FAILED", "UNKNOWN"}:
        decided = resolved(run, step)
        return Found(Result("ok", reason=decided.reason)) if decided and decided.done else AGAIN
    if view.child is None or view.child.attempt < view.attempt or playing is None:
        return AGAIN
    if view.child_ended is not None:
        return Found(result_of(view.child_ended))
    if not playing.children.known(view.child.run):
        return AGAIN
    if run.steering.cancelled():  # nothing is carried on for a run that is to end; its open run has to end first
        return Found(playing.adopt(step, view.child))
    return Found(playing.go_on(step, run.values(), view.child))


def _repeatable(step: Step) -> bool:
    return step.idempotent or not step.writes


def _attempt_of(view: StepView) -> int:
    return max((call.intent.attempt for call in view.calls if call.intent.kind == "action"), default=view.attempt)


def _recovered(run: Running, step: Step, call: CallView) -> Found:
    """Settle a call that the log has the intent of and no end."""
    if not step.writes:
        return AGAIN
    values = run.values()
    attempt = Attempt(step=step, values=values, number=call.intent.attempt, answers={})
    bound = upload_call(run.hands, attempt) if action_of(step) == "upload" else run.hands.binder.action(step, values)
    try:
        result = run.hands.caller.recover(bound, call)
    except StillRunning as still:
        raise Leave("HELD", f"{step.id}: {still}") from still
    if result.killed:
        run.recorder.commit(r.StepChanged(step=step.id, state="UNKNOWN", reason=result.reason))
        return by_probe(run, step)
    return Found(result)


def by_probe(run: Running, step: Step) -> Found:
    """Let a person's signed resolution decide, else the probe; neither: stay held."""
    if decided := resolved(run, step):
        return Found(Result("ok", reason=decided.reason)) if decided.done else AGAIN
    answer, why = ask_probe(run.hands, step, run.values(), run.recorder.view.step(step.id).attempt)
    if answer == "done":
        return Found(Result("ok", reason="done, says the probe"))
    if answer == "not_done":
        return _not_done(run, step)
    if _repeatable(step):
        return AGAIN
    reason = f"{step.id}: the probe could not tell: {why}"
    run.recorder.commit(r.StepChanged(step=step.id, state="UNKNOWN", reason=reason))
    raise Leave("HELD", reason)


def _not_done(run: Running, step: Step) -> Found:
    reason = "not done, says the probe"
    if step.idempotent:
        return AGAIN
    run.recorder.write(r.StepChanged(step=step.id, state="FAILED", reason=reason))
    if step.failure_policy == "undo":
        raise undo_failed_step(run, step)
    raise Leave("HELD", f"{step.id}: {reason}; it is not started again on its own")
