"""The loop: steps in order, each through gate, probe, action, verify; what fails is settled as the runbook says.

Started and resumed by the same code: what is done is skipped, what is open is settled from the log and the target.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

from hisops.engine import locking
from hisops.engine.actions import ACTIONS, Attempt, Hands, action_of
from hisops.engine.applying import unmet_condition
from hisops.engine.calling import StillRunning
from hisops.engine.checking import ask_probe, outputs_of, verify
from hisops.engine.course import Course, Pace
from hisops.engine.ending import Ended, Ending
from hisops.engine.fanning import carry
from hisops.engine.gates import Gatekeeper
from hisops.engine.guarding import Guard
from hisops.engine.leaving import Leave, worst
from hisops.engine.recorder import Recorder
from hisops.engine.results import Result
from hisops.engine.resuming import Found, by_probe, find_out
from hisops.engine.steering import Steering
from hisops.engine.undoing import carry_on_undo, go_forward_again, undo_as_ordered, undo_failed_step, undo_is_open
from hisops.engine.values import Bound, Folders, Values
from hisops.errors import (
    CheckFailed,
    HisopsError,
    IdentityRefused,
    LockHeld,
    LockLost,
    NotScratch,
    Refused,
    StatementFailed,
    Unreachable,
    UsageProblem,
)
from hisops.model import records as r
from hisops.model.expansion import ExpandedStep
from hisops.model.plan import Plan
from hisops.model.run import RUN_ENDED, STEP_DONE
from hisops.model.runbook import Runbook, Step
from hisops.ports import Ports

# What can come up in the middle of a run and leaves it where it stands, for people to look at. A broken log does not:
# there is nowhere to write it down.
NEEDS_PEOPLE = (Unreachable, Refused, UsageProblem, CheckFailed, StatementFailed, IdentityRefused)


NEEDS = "needs "


class Run:
    """One execution of a plan, from wherever its log stands."""

    def __init__(
        self,
        ports: Ports,
        plan: Plan,
        bound: Bound,
        hands: Hands,
        recorder: Recorder,
        gates: Gatekeeper,
        own: Folders,
        involved: Collection[str],
        steering: Steering,
    ) -> None:
        self._ports = ports
        self._plan = plan
        self._bound = bound
        self._gates = gates
        self._own = own
        self._pace = Pace(ports.operator, Course())
        self.steering = steering
        self._guard = Guard(ports, plan, bound.runbook, hands, recorder)
        self._ending = Ending(ports, plan, recorder, self._guard, hands.caller.fences, self.values)
        self.hands = hands
        self.involved = involved
        self.recorder = recorder

    @property
    def runbook(self) -> Runbook:
        """The runbook of the plan."""
        return self._bound.runbook

    def values(self) -> Values:
        """Return what is known now."""
        with self.recorder.still:
            return Values.of_run(self._bound, self._plan, self.recorder.view, self._own)

    def pause(self) -> None:
        """Ask the run to leave at the next boundary."""
        self.steering.pause()

    def carry_out(self, course: Course | None = None) -> Ended:
        """Go on until the end of the `course`, or until people are needed."""
        course = course or Course()
        self._pace = Pace(self._ports.operator, course)
        view = self.recorder.view
        if view.state in RUN_ENDED:  # it was killed between its last word and the seal
            return self._ending.leave(Leave(view.state, view.reason or ""))
        try:
            self._begin(course)
            for steps in self._bound.runbook.runs():
                if steps[0].spot.parallel > 1:
                    self._at_once(steps)
                for step in steps:
                    self._step(step)
                    self._pace.after(step)
            return self._ending.finish()
        except Leave as leave:
            return self._ending.leave(leave)
        except LockLost as error:
            return self._ending.leave(Leave("HELD", f"{error} {error.advice}"))
        except LockHeld as error:
            return self._ending.kept_out(error)
        except NotScratch as error:
            return self._ending.leave(Leave("PAUSED", f"{error} {error.advice}", exit_code=error.exit_code))
        except NEEDS_PEOPLE as error:
            return self._ending.leave(Leave("HELD", str(error)))

    def _begin(self, course: Course) -> None:
        locking.keep(self._ports, self.recorder)
        self._guard.begin()
        with suppress(Unreachable):  # each call that changes something there asks again, with patience
            self.hands.isolation.begin(self._bound)
        if any(step.writes for step in self.runbook.steps):
            run_id, fences = self._ports.journal.run_id, self.hands.caller.fences
            locking.take(self._ports, self.recorder, self.values(), self._plan, run_id, fences)
        if course.undo:
            raise undo_as_ordered(self, course.undo)
        if undo_is_open(self):
            raise carry_on_undo(self)
        named = {item.reason for item in self.recorder.view.deviations if item.kind == "override"}
        for name in self._plan.overrides:
            if name not in named:
                self.recorder.write(r.Deviation(kind="override", reason=name, by=self._plan.requester))
        self.recorder.commit(*go_forward_again(self), r.RunChanged(state="RUNNING"))

    def _at_once(self, steps: Sequence[ExpandedStep]) -> None:
        """Carry out the items of a step at once, as many as it allows; what goes wrong on one stops no other."""
        open_steps = [step for step in steps if not self._is_done(step)]
        lanes = [list(lane) for _, lane in groupby(open_steps, key=lambda step: step.spot.item)]
        try:
            with self.recorder.crowded():
                faults = carry(lanes, steps[0].spot.parallel, self._lane, lambda lane: self._arrive(lane[0]))
        except BaseException:
            self.recorder.forsake()
            raise
        if faults:
            raise worst(faults)

    def _lane(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._advance(step)

    def _step(self, step: Step) -> None:
        if not self._is_done(step):
            self._arrive(step)
            self._advance(step)

    def _is_done(self, step: Step) -> bool:
        state = self.recorder.view.step(step.id).state
        return state in STEP_DONE or (state == "FAILED" and step.failure_policy == "continue")

    def _arrive(self, step: Step) -> None:
        """Stand at the boundary before a step: leave here if somebody asked for it."""
        state = self.recorder.view.step(step.id).state
        fresh = state in {"PENDING", "WAITING", "FAILED"}
        if fresh:
            self.steering.boundary()
        self._pace.before(step, fresh=fresh)
        if state in {"PENDING", "WAITING"} and self.recorder.view.wrote:
            self._guard.boundary(self.values())

    def _advance(self, step: Step) -> None:
        """Take a step as far as it goes; a host out of reach is a failure of a read that may fail."""
        try:
            self._take_up(step)
        except Unreachable as error:
            if step.writes or step.failure_policy != "continue":
                raise
            self._failed(step, str(error))

    def _take_up(self, step: Step) -> None:
        if self.recorder.view.step(step.id).state not in {"PENDING", "WAITING"}:
            self._settle(step, find_out(self, step))
            return
        if reason := self._why_skipped(step):
            if reason.startswith(NEEDS):
                self.recorder.write(r.Deviation(kind="skipped", step=step.id, reason=reason))
            self.recorder.commit(r.StepChanged(step=step.id, state="SKIPPED", reason=reason))
            return
        self._attempt(step)

    def _why_skipped(self, step: Step) -> str | None:
        broken = [name for name in step.needs if self.recorder.view.step(name).state == "FAILED"]
        if broken:
            return f"{NEEDS}{broken[0]}, which failed"
        try:
            unmet = unmet_condition(step, self.values())
        except HisopsError as error:
            raise Leave("HELD", f"{step.id}: it cannot be told whether it applies: {error}") from error
        self._guard.applies(step, unmet is None)
        return None if unmet is None else f"not so: {unmet}"

    def _attempt(self, step: Step) -> None:
        """Pass the gate and make a new attempt; a step that is done already is never started."""
        values = self.values()
        answers = self._gates.pass_gate(step, values)
        if step.writes:
            self._guard.before_write(values)
        number = self.recorder.view.step(step.id).attempt + 1
        probed = None
        if step.writes and step.probe is not None:
            self.recorder.write(r.StepChanged(step=step.id, state="STARTING", attempt=number))
            probed, _ = ask_probe(self.hands, step, values, number)
            number = self.recorder.view.step(step.id).attempt + 1
        if probed == "done" and not step.idempotent:
            self.recorder.commit(r.Deviation(kind="already-done", step=step.id, reason="it is done, says the probe"))
            self._settle(step, Found(Result("ok", reason="done before this run, says the probe")))
            return
        self.recorder.write(r.StepChanged(step=step.id, state="RUNNING", attempt=number))
        attempt = Attempt(step=step, values=values, number=number, answers=answers, probed=probed)
        try:
            result = ACTIONS[action_of(step)](self.hands, attempt)
        except StillRunning as still:
            raise Leave("HELD", f"{step.id}: {still}") from still
        self._settle(step, Found(result))

    def _settle(self, step: Step, found: Found) -> None:
        """Take a result to its end: verified and succeeded, failed, or unknown."""
        if found.result.verdict == "partial" and step.probe is not None:
            found = self._of_partial(step, found.result)
        if found.again:
            with self.recorder.still:  # several steps may come to this at once
                if self.steering.cancelled():
                    reason = "not done, and not started again: the run is cancelled"
                    self.recorder.commit(r.StepChanged(step=step.id, state="FAILED", reason=reason))
                self.steering.boundary()
            self._attempt(step)
            return
        result = found.result
        if result.verdict == "failed":
            self._failed(step, result.reason or "failed", result.exit_code)
            return
        if not result.good:
            self._unknown(step, result.reason or f"the output says {result.verdict}")
            return
        self.recorder.write(r.StepChanged(step=step.id, state="VERIFYING"))
        attempt = self.recorder.view.step(step.id).attempt
        checked = verify(self.hands, step, step.verify, self.values(), result.out, attempt)
        if checked.verdict == "failed":
            self._failed(step, checked.reason or "failed")
            return
        try:
            out = outputs_of(step, result.out)
        except HisopsError as error:
            self._unknown(step, str(error))
            return
        if checked.verdict == "unknown":
            self._unknown(step, checked.reason or "unknown")
            return
        self._guard.outcome(step, result.verdict, out)
        warned = ", ".join(result.matched) if result.verdict == "warn" else None
        # The success of a read may be lost: it is read again. It becomes durable with whatever is committed next.
        record = self.recorder.commit if step.writes or step.manual else self.recorder.write
        record(r.StepChanged(step=step.id, state="SUCCEEDED", reason=result.reason or warned, out=out))

    def _of_partial(self, step: Step, partial: Result) -> Found:
        """Ask the probe at once: what has happened in part is never begun again, and goes on from the state."""
        asked = by_probe(self, step)
        if asked.again:
            return asked
        return Found(replace(asked.result, out=partial.out, reason=f"{partial.reason}: {asked.result.reason}"))

    def _failed(self, step: Step, reason: str, exit_code: int | None = None) -> None:
        """Leave as the runbook says. One commit holds the failure and what follows: no kill comes between the two."""
        self.recorder.write(r.StepChanged(step=step.id, state="FAILED", reason=reason))
        policy = step.failure_policy
        if policy == "continue":
            self.recorder.commit()
            self._guard.outcome(step, "failed", {})
            return
        if policy == "undo":
            raise undo_failed_step(self, step)
        raise Leave("HELD" if policy == "hold" else "FAILED", f"{step.id}: {reason}", exit_code)

    def _unknown(self, step: Step, reason: str) -> None:
        if not step.writes:
            self._failed(step, f"it cannot be told: {reason}")
            return
        self.recorder.commit(r.StepChanged(step=step.id, state="UNKNOWN", reason=reason))
        raise Leave("HELD", f"{step.id}: {reason}")
