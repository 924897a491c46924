"""Is what a read finds now still what the plan showed of it?

What would be done must be what the plan says: the same steps apply, no check came out worse, and every value that a
writing step is rendered with is the same. Other values may move: ages, free space, counters. See docs/plans.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hisops.engine.latching import plain, told
from hisops.model.expansion import ExpandedRunbook, ExpandedStep
from hisops.model.plan import Plan, PlannedStep
from hisops.model.runbook import Call, From, Step

_RANK = {"ok": 0, "warn": 1, "failed": 2}


class Expected:
    """What a plan showed of its reads."""

    def __init__(self, plan: Plan, runbook: ExpandedRunbook) -> None:
        # What was amended since has been signed by two people who knew what they changed.
        self._planned = {} if plan.amended_from else {planned.id: planned for planned in plan.steps}
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
        if planned is None or planned.verdict not in _RANK or step.child is not None:
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
        if drifts is not None:
            return not drifts
        expanded = next((each for each in self._runbook.steps if each.id == step.id), None)
        return expanded is not None and is_rendered(self._runbook, expanded, name)


def is_rendered(runbook: ExpandedRunbook, step: ExpandedStep, name: str) -> bool:
    """Return whether a step that writes, or the undo of one, is rendered with the output `name` of `step`.

    What is handed to a sub-runbook counts as rendered: there it has another name.
    """
    known = {seen.scope: seen.name for seen in step.spot.seen} or {"": step.id}
    if any(f"steps.{_word(known_as)}.out.{name}" in _handed(runbook) for known_as in known.values()):
        return True
    return any(
        _names(known[other.spot.scope], name).search(text)
        for other in runbook.steps
        if other.writes and other.spot.scope in known
        for text in _texts(other)
    )


def _names(step: str, output: str) -> re.Pattern[str]:
    """Return a pattern for the name of an output in a shell, a statement or a slot."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:HISOPS_)?{_word(step)}_{output}(?![A-Za-z0-9_])", re.IGNORECASE)


def _word(step: str) -> str:
    return step.replace("-", "_")


def _handed(runbook: ExpandedRunbook) -> set[str]:
    values = (value for scope in runbook.scopes.values() for value in scope.values.values())
    return {value.from_ for value in values if isinstance(value, From)}


def _texts(step: Step) -> Iterator[str]:
    """Give every text that is rendered when the step is carried out or undone."""
    yield from filter(None, (step.sh, step.sql, step.stdin))
    calls: tuple[Call | None, ...] = (step.wait, step.undo)
    for call in filter(None, calls):
        yield from filter(None, (call.sh, call.sql, call.stdin))
