"""End a run for which nothing more will be done. What is open stays as it is, and the log says so."""

from __future__ import annotations

from contextlib import suppress

from hisops.engine import locking
from hisops.engine.executor import Ended
from hisops.engine.fencing import Fences
from hisops.engine.leftover import held_locks, open_steps
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import HisopsError
from hisops.model import records as r
from hisops.model.plan import Plan
from hisops.model.run import EXIT_OF
from hisops.ports import Ports

STATE = "ABANDONED"


def abandon(
    ports: Ports, recorder: Recorder, values: Values, plan: Plan, *, by: str, reason: str, busy: str | None
) -> Ended:
    """Seal the run ABANDONED. Its locks are given back, unless it is `busy`: a tool of it may still run, and why."""
    runbook = values.bound.runbook
    for step, state in open_steps(runbook, recorder.view):
        recorder.write(r.Deviation(kind="left-open", step=step, reason=f"abandoned while {state}", by=by))
    for each in runbook.steps:
        if recorder.view.step(each.id).state in {"PENDING", "WAITING"}:
            recorder.write(r.StepChanged(step=each.id, state="SKIPPED", reason="not reached"))
    run_id, fences = ports.journal.run_id, Fences(ports.reach)
    why = busy or _why_not_ours(ports, recorder, values, plan, fences)
    if why:
        recorder.write(r.Deviation(kind="lock-left", reason=why, by=by))
    recorder.commit(r.Deviation(kind="abandoned", reason=reason, by=by), r.RunChanged(state=STATE, reason=reason))
    if not why:
        with suppress(HisopsError):  # they are there to be found
            locking.release(ports, recorder, values, plan, run_id, fences)
    ports.journal.seal(STATE, EXIT_OF[STATE])
    return Ended(STATE, reason, EXIT_OF[STATE])


def _why_not_ours(ports: Ports, recorder: Recorder, values: Values, plan: Plan, fences: Fences) -> str | None:
    """Make sure that the locks are still this run's, so that they can be given back; return why they are not."""
    if not held_locks(recorder.view):
        return None
    try:
        locking.take(ports, recorder, values, plan, ports.journal.run_id, fences)
    except HisopsError as error:
        return str(error)
    return None
