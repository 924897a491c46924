"""What must hold before a run writes for the first time, however long it waited: window open, all as planned.

Once something is written the run goes on, since a patch half done is worse than one done late; that it left its window
is taken down as a deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hisops.engine.actions import Hands
from hisops.engine.latching import latch, moved
from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.engine.staleness import Expected
from hisops.engine.values import Values
from hisops.engine.windows import check_window
from hisops.errors import Refused, UsageProblem
from hisops.model import records as r
from hisops.model.expansion import ExpandedRunbook
from hisops.model.plan import Plan
from hisops.model.run import STEP_DONE
from hisops.model.runbook import Step
from hisops.model.timing import Forecast
from hisops.model.window import Look, parse, stamp, told
from hisops.ports import Ports


class Guard:
    """Guards one run."""

    def __init__(
        self, ports: Ports, plan: Plan, runbook: ExpandedRunbook, hands: Hands, recorder: Recorder
    ) -> None:  # fmt: skip
        self._ports = ports
        self._plan = plan
        self._expected = Expected(plan, runbook)
        self._hands = hands
        self._recorder = recorder
        self._forecast = Forecast.from_document(plan.timing) if plan.timing else None

    def begin(self) -> None:
        """Take down the window in which the run begins or goes on, for all who look at it."""
        try:
            self._seen(self._ports.windows.look(self._plan.target, self._ports.clock.now()))
        except UsageProblem:
            return  # whether it matters is found out before the first write

    def applies(self, step: Step, applies: bool) -> None:
        """Leave if, before the first write, a step is to be done that was to be left out, or the reverse."""
        if not self._recorder.view.wrote and (differs := self._expected.applies_differs(step, applies)):
            raise _stale([differs])

    def outcome(self, step: Step, verdict: str, out: Mapping[str, Any]) -> None:
        """Leave if a read before the first write finds something else than the plan showed."""
        if step.writes or self._recorder.view.wrote:
            return
        if differs := self._expected.outcome_differs(step, verdict, out):
            self._recorder.commit(r.StepChanged(step=step.id, state="FAILED", reason="; ".join(differs)))
            raise _stale(differs)

    def before_write(self, values: Values) -> None:
        """Leave if this would be the first write and the window is not open, or the target is not as planned."""
        if self._recorder.view.wrote:
            return
        self._check_window(values)
        self._check_evidence()
        self._check_target(values)

    def boundary(self, values: Values) -> None:
        """Take down, once, that a run which has written goes on outside of its window."""
        view = self._recorder.view
        if values.bound.runbook.window == "none" or not view.wrote or view.window is None or self._taken_down():
            return
        now = self._ports.clock.now()
        if view.window.closes and now < parse(view.window.closes):
            return
        self._left_the_window(view.window)

    def _taken_down(self) -> bool:
        return any(item.kind == "window" for item in self._recorder.view.deviations)

    def _left_the_window(self, seen: r.WindowSeen) -> None:
        now = self._ports.clock.now()
        try:
            look = self._ports.windows.look(self._plan.target, now)
        except UsageProblem:
            look = None  # a calendar that broke meanwhile opens nothing
        if look is not None and look.open is not None:
            self._seen(look)
            return
        window = told(parse(seen.opens), parse(seen.closes), seen.timezone) if seen.opens and seen.closes else "none"
        reason = f"work went on at {stamp(now)}, after the window had closed: {window}"
        self._recorder.commit(r.Deviation(kind="window", reason=reason))

    def _check_evidence(self) -> None:
        """Leave if a result that the runbook requires is missing, or has grown too old while the run waited."""
        if lacks := self._ports.evidence.missing(self._plan):
            raise Leave("PAUSED", "; ".join(lacks), exit_code=Refused.exit_code)

    def _check_window(self, values: Values) -> None:
        now = self._ports.clock.now()
        done = tuple(step.id for step in self._recorder.view.steps.values() if step.state in STEP_DONE)
        try:
            look = self._ports.windows.look(self._plan.target, now)
            self._seen(look)
            check_window(values.bound.runbook, self._plan.target, look, self._forecast, now, done)
        except (Refused, UsageProblem) as error:
            if isinstance(error, UsageProblem) and values.bound.runbook.window == "none":
                return
            raise Leave("PAUSED", str(error), exit_code=Refused.exit_code) from error

    def _seen(self, look: Look | None) -> None:
        if look is None:
            return
        span = look.open
        record = r.WindowSeen(
            calendar=look.calendar,
            file=look.sha256,
            timezone=look.timezone,
            cutoff=look.cutoff,
            opens=stamp(span.begin) if span else None,
            closes=stamp(span.end) if span else None,
        )
        if record != self._recorder.view.window:
            self._recorder.commit(record)

    def _check_target(self, values: Values) -> None:
        facts = values.bound.target_type
        attempt = self._recorder.view.step("run").attempt + 1
        try:
            differs = moved(self._plan.identity, latch(self._hands, facts.identity, values, "identity", attempt))
            differs += moved(self._plan.state, latch(self._hands, facts.state, values, "state", attempt))
        except Refused as error:
            raise Leave("PAUSED", str(error), exit_code=error.exit_code) from error
        if differs:
            raise _stale(differs)


def _stale(differs: list[str]) -> Leave:
    """Return how a run leaves that has written nothing and whose plan no longer fits."""
    return Leave("FAILED", f"the plan is stale: {'; '.join(differs)}", exit_code=Refused.exit_code)
