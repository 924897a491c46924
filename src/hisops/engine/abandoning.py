"""End a run for which nothing more will be done. What is open stays as it is, and the log says so."""

from __future__ import annotations

from hisops.engine import locking
from hisops.engine.ending import Ended
from hisops.engine.leftover import open_steps
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import HisopsError
from hisops.model import records as r
from hisops.model.plan import Plan
from hisops.model.run import EXIT_OF, NOT_REACHED
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
            recorder.write(r.StepChanged(step=each.id, state="SKIPPED", reason=NOT_REACHED))
    recorder.commit(r.Deviation(kind="abandoned", reason=reason, by=by), r.RunChanged(state=STATE, reason=reason))
    if why := busy or _release(ports, recorder, values, plan):
        recorder.write(r.Deviation(kind="lock-left", reason=why, by=by))
    ports.journal.seal(STATE, EXIT_OF[STATE])
    return Ended(STATE, reason, EXIT_OF[STATE])


def _release(ports: Ports, recorder: Recorder, values: Values, plan: Plan) -> str | None:
    """Give the locks back; return why they could not be."""
    try:
        locking.release(ports, recorder, values, plan, ports.journal.run_id)
    except HisopsError as error:
        return str(error)
    return None
