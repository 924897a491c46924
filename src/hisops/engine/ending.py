"""How a run ends, or leaves before its end: what is written down, what is given back, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hisops.engine import locking
from hisops.engine.fencing import Fences
from hisops.engine.guarding import Guard
from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import HisopsError, LockHeld
from hisops.model import records as r
from hisops.model.plan import Plan
from hisops.model.run import EXIT_OF, NOT_REACHED, RUN_ENDED
from hisops.ports import Ports


@dataclass(frozen=True, slots=True)
class Ended:
    """How the run left: its state, why, and the exit code that goes with it."""

    state: str
    reason: str | None
    exit_code: int


class Ending:
    """Ends one run."""

    def __init__(
        self, ports: Ports, plan: Plan, recorder: Recorder, guard: Guard, fences: Fences, values: Callable[[], Values]
    ) -> None:
        self._ports = ports
        self._plan = plan
        self._recorder = recorder
        self._guard = guard
        self._fences = fences
        self._values = values

    def finish(self) -> Ended:
        """Every step is past: the run has succeeded, as far as nothing was odd."""
        self._guard.boundary(self._values())
        failed = [step for step in self._recorder.view.steps.values() if step.state == "FAILED"]
        # That a site replaced a shipped definition is named everywhere, but it is no exception of this run.
        odd = [item for item in self._recorder.view.deviations if item.kind != "override"]
        state = "SUCCEEDED_WITH_EXCEPTIONS" if failed or odd else "SUCCEEDED"
        reason = "; ".join(f"{step.id}: {step.reason}" for step in failed) or None
        return self._seal(state, reason, EXIT_OF[state])

    def leave(self, leave: Leave) -> Ended:
        """Take down where the run stands; an end state seals it."""
        if leave.state not in RUN_ENDED:
            self._recorder.commit(r.RunChanged(state=leave.state, reason=leave.reason))
            return Ended(leave.state, leave.reason, leave.exit_code or EXIT_OF[leave.state])
        refused = leave.state == "FAILED" and not self._recorder.view.wrote
        code = leave.exit_code or (3 if refused else EXIT_OF[leave.state])
        return self._seal(leave.state, leave.reason or None, code)

    def kept_out(self, error: LockHeld) -> Ended:
        """Leave because another holds the target; a run that had begun before is not ended by that."""
        view, here = self._recorder.view, self._ports.locks.here.copy
        begun = view.state != "PLANNED" or view.keeper != here or "taken" in view.locks.values()
        reason = f"{error} {error.advice}"
        return self.leave(Leave("HELD" if begun else "FAILED", reason, exit_code=error.exit_code))

    def _seal(self, state: str, reason: str | None, code: int) -> Ended:
        self._guard.boundary(self._values())
        if (lost := self._fences.lost()) is not None:  # somebody else carries the run on: it is not ours to end
            return self.leave(Leave("HELD", f"{lost} {lost.advice}"))
        for step in self._values().bound.runbook.steps:
            if self._recorder.view.step(step.id).state in {"PENDING", "WAITING"}:
                self._recorder.write(r.StepChanged(step=step.id, state="SKIPPED", reason=NOT_REACHED))
        self._recorder.commit(r.RunChanged(state=state, reason=reason))
        try:
            run_id = self._ports.journal.run_id
            locking.release(self._ports, self._recorder, self._values(), self._plan, run_id, self._fences)
        except HisopsError as error:  # the run has ended all the same; its marker on the host is there to be found
            self._recorder.write(r.Deviation(kind="lock-left", reason=str(error)))
        self._ports.journal.seal(state, code)
        return Ended(state, reason, code)
