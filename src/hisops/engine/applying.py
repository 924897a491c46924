"""Does a step apply? Its own condition and those of the steps in whose place it came, asked where they were written."""

from __future__ import annotations

from collections.abc import Iterator

from hisops import expressions
from hisops.engine.conditions import holds
from hisops.engine.values import Values
from hisops.model.expansion import ExpandedRunbook
from hisops.model.runbook import From, Step
from hisops.model.spot import Viewpoint


def conditions_of(step: Step) -> Iterator[tuple[Viewpoint, str]]:
    """Give every condition of a step, the outermost first."""
    for condition in step.spot.conditions:
        yield condition.at, condition.when
    if step.when is not None:
        yield step.spot.viewpoint, step.when


def unmet_condition(step: Step, values: Values) -> str | None:
    """Return the condition that is false, None if all hold; HisopsError when it cannot be told."""
    for at, when in conditions_of(step):
        if not holds(when, values.seen_from(at)):
            return when
    return None


def asked_steps(step: Step, runbook: ExpandedRunbook) -> set[str]:
    """Return the ids of the steps that the conditions of `step` ask about."""
    names = ((at, name) for at, when in conditions_of(step) for name in expressions.names_in(when))
    return {found for at, name in names for found in _meant(at, name, runbook)}


def _meant(at: Viewpoint, name: str, runbook: ExpandedRunbook) -> Iterator[str]:
    """Give the steps behind one name, also behind a parameter that was given an output."""
    kind, _, rest = name.partition(".")
    if kind == "steps":
        word = rest.partition(".")[0]
        known = {key: known.steps for key, known in runbook.known_in(at.scope).items()} | runbook.written_in(at.scope)
        for key, steps in known.items():
            if key.replace("-", "_") == word:
                yield from (step.id for step in steps if at.item is None or step.spot.item in {None, at.item})
    elif kind == "params" and at.scope:
        scope = runbook.scopes[at.scope]
        given = scope.values.get(rest)
        if isinstance(given, From):
            yield from _meant(scope.parent, given.from_, runbook)
