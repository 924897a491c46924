"""Is what a read finds now still what the plan showed of it?

What would be done must be what the plan says: the same steps apply, no check came out worse, and every value that a
writing step is rendered with is the same. Other values may move: ages, free space, counters. See docs/plans.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hisops.engine.latching import plain, told
from hisops.model.plan import Plan, PlannedStep
from hisops.model.runbook import Call, Runbook, Step

_RANK = {"ok": 0, "warn": 1, "failed": 2}


class Expected:
    """What a plan showed of its reads."""

    def __init__(self, plan: Plan, runbook: Runbook) -> None:
        self._planned = {planned.id: planned for planned in plan.steps}
        self._runbook = runbook

    def applies_differs(self, step: Step, applies: bool) -> str | None:
        """Return that the step is done though it was to be left out, or the reverse; None if it is as planned."""
        planned = self._planned.get(step.id)
        if planned is None or planned.applies == "unknown" or (planned.applies == "yes") == applies:
            return None
        words = {True: "carried out", False: "left out"}
        return f"step {step.id} was to be {words[not applies]}, and would be {words[applies]} now ({step.when})"

    def outcome_differs(self, step: Step, verdict: str, out: Mapping[str, Any]) -> list[str]:
        """Return in which of its outcomes a read is worse, or another, than the plan showed."""
        planned = self._planned.get(step.id)
        if planned is None or planned.verdict not in _RANK:
            return []
        if _RANK.get(verdict, 2) > _RANK[planned.verdict]:
            return [f"step {step.id} was {planned.verdict}, is {verdict}"]
        return [] if planned.verdict == "failed" else self._values_differ(step, planned, out)

    def _values_differ(self, step: Step, planned: PlannedStep, out: Mapping[str, Any]) -> list[str]:
        differs = []
        for name in step.outputs:
            old, new = plain(planned.out.get(name)), plain(out.get(name))
            if old != new and self._counts(step, name):
                differs.append(f"step {step.id}: {name} was {told(old)}, is {told(new)}")
        return differs

    def _counts(self, step: Step, name: str) -> bool:
        drifts = step.outputs[name].drifts
        return is_rendered(self._runbook, step, name) if drifts is None else not drifts


def is_rendered(runbook: Runbook, step: Step, name: str) -> bool:
    """Return whether a step that writes, or the undo of one, is rendered with the output `name` of `step`."""
    word = re.compile(rf"(?<![A-Za-z0-9])(?:HISOPS_)?{step.id.replace('-', '_')}_{name}(?![A-Za-z0-9_])", re.IGNORECASE)
    return any(word.search(text) for other in runbook.steps if other.writes for text in _texts(other))


def _texts(step: Step) -> Iterator[str]:
    """Give every text that is rendered when the step is carried out or undone."""
    yield from filter(None, (step.sh, step.sql, step.stdin))
    calls: tuple[Call | None, ...] = (step.wait, step.undo)
    for call in filter(None, calls):
        yield from filter(None, (call.sh, call.sql, call.stdin))
