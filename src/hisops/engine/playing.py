"""Carry out a step of a playbook: the run that it stands for, found again by its recorded id after any cut.

The intent with the run's id is durable before that run is opened. A run that the ledger does not know was never opened:
a new one is begun under a new id. One that has ended is adopted, one in between goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hisops.engine.conditions import look_up
from hisops.engine.leaving import Leave
from hisops.engine.results import Result
from hisops.engine.values import Values, as_text
from hisops.errors import CheckFailed
from hisops.model import records as r
from hisops.model.run import RUN_ENDED
from hisops.model.runbook import From, Step
from hisops.ports import ChildLeft, ChildOrder, Children

REFUSED = "REFUSED"
GOOD = {"SUCCEEDED": "ok", "SUCCEEDED_WITH_EXCEPTIONS": "warn"}
_WAITING = {"WAITING": "WAITING", "HELD": "HELD"}


class Log(Protocol):
    """Where the records of child runs go."""

    def commit(self, *records: r.Record) -> None:
        """Append and make durable."""


@dataclass(frozen=True, slots=True)
class Playing:
    """Carries out the runs of one playbook."""

    children: Children
    log: Log

    def begin(self, step: Step, values: Values, attempt: int) -> Result:
        """Begin the run that `step` stands for."""
        order = order_of(step, values)
        run = self.children.new_id(order.target)
        intent = r.ChildIntended(step=step.id, attempt=attempt, run=run, runbook=order.runbook, target=order.target)
        self.log.commit(intent)
        return self.go_on(step, values, intent)

    def go_on(self, step: Step, values: Values, intent: r.ChildIntended) -> Result:
        """Bring the run of `intent` to its end; Leave if it waits for people."""
        return self._settled(step, intent, self.children.carry_on(order_of(step, values, intent.run)))

    def adopt(self, step: Step, intent: r.ChildIntended) -> Result:
        """Take the run as it stands, without going on with it; Leave if it has not ended."""
        return self._settled(step, intent, self.children.left(intent.run))

    def _settled(self, step: Step, intent: r.ChildIntended, left: ChildLeft) -> Result:
        if left.state not in {*RUN_ENDED, REFUSED}:
            reason = f"{step.id}: its run {intent.run} is {left.state}" + (f": {left.reason}" if left.reason else "")
            raise Leave(_WAITING.get(left.state, "PAUSED"), reason)
        ended = _ended(step, intent, left)
        odd = [r.Deviation(kind="child", step=step.id, reason=_told(ended))] if GOOD.get(ended.state) == "warn" else []
        self.log.commit(ended, *odd)
        return result_of(ended)


def order_of(step: Step, values: Values, run: str = "") -> ChildOrder:
    """Return the run that `step` asks for, with its values as the command line would give them."""
    child = step.child
    if child is None:
        raise ValueError(f"step {step.id} stands for no run")
    found = {name: _value(value, values) for name, value in child.values.items()}
    given = {name: text for name, text in found.items() if text is not None}
    return ChildOrder(run=run, runbook=child.runbook, digest=child.digest, target=child.target, values=given)


def result_of(ended: r.ChildEnded) -> Result:
    """Return what the end of a run is for the step that stands for it."""
    verdict = GOOD.get(ended.state, "failed")
    return Result(verdict, code=ended.exit, reason=_told(ended))


def _value(value: str | int | bool | From, values: Values) -> str | None:
    """Return a value as text; None for a parameter that was left out. A file goes by its full path."""
    if not isinstance(value, From):
        return as_text(value)
    name = value.from_.removeprefix("params.")
    if name in values.bound.files:
        return values.bound.files[name]
    try:
        return as_text(look_up(value.from_, values.scope()))
    except CheckFailed:
        return None


def _ended(step: Step, intent: r.ChildIntended, left: ChildLeft) -> r.ChildEnded:
    return r.ChildEnded(
        step=step.id, attempt=intent.attempt, run=intent.run, state=left.state, exit=left.exit_code, head=left.head,
        wrote=left.wrote, reason=left.reason,
    )  # fmt: skip


def _told(ended: r.ChildEnded) -> str:
    because = f": {ended.reason}" if ended.reason else ""
    if ended.state == REFUSED:
        return f"refused before it began{because}"
    return f"run {ended.run} {ended.state}{because}"
