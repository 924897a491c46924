"""Latch who the target is and the state that an undo must restore; compare both later, naming what moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hisops.engine.actions import Hands
from hisops.engine.conditions import holds
from hisops.engine.values import Values
from hisops.errors import Refused
from hisops.model.records import CallKind
from hisops.model.runbook import Step
from hisops.model.site import Database, Fact

Latched = dict[str, dict[str, Any]]
RUN_STEP = Step.model_validate({"id": "run", "title": {"zh": "运行", "en": "The run"}, "effect": "read", "sh": "true"})


def latch(hands: Hands, facts: Iterable[Fact], values: Values, kind: CallKind, attempt: int = 1) -> Latched:
    """Read `facts` now. Refused if one cannot be read; those that do not apply here are what they say themselves."""
    latched: Latched = {}
    for index, fact in enumerate(facts):
        if fact.when is not None and not _applies(fact, values, kind, latched):
            latched[fact.id] = dict(fact.otherwise)
            continue
        result = hands.caller.perform(hands.binder.call(fact, RUN_STEP, kind, values, index=index), attempt)
        if not result.good:
            raise Refused(
                "HIS-6301",
                "{title} cannot be read: {reason}.",
                "Mend the access, then plan again.",
                title=fact.title.en,
                reason=result.reason or result.verdict,
            )
        source = result.out.get("first") or result.out
        latched[fact.id] = {name: plain(source.get(name)) for name in fact.values}
    return latched


def _applies(fact: Fact, values: Values, kind: CallKind, latched: Latched) -> bool:
    """Ask the condition of a fact over what is latched before it."""
    return holds(str(fact.when), replace(values, identity=latched) if kind == "identity" else values)


def plain(value: Any) -> Any:
    """Return a value as it is compared and written: lists sorted, so that an order does not look like a change."""
    return sorted(value) if isinstance(value, list) else value


def moved(before: Latched, now: Latched) -> list[str]:
    """Return what is not as it was, one line each."""
    lines = []
    for fact, values in before.items():
        for name, old in values.items():
            new = now.get(fact, {}).get(name)
            if new != old:
                lines.append(f"{fact}.{name} was {told(old)}, is {told(new)}")
    return lines


def not_the_inventory(database: Database, latched: Latched) -> list[str]:
    """Return where the target is not what the inventory says it is."""
    flat = {name: value for values in latched.values() for name, value in values.items()}
    return [
        f"{name} is {told(flat.get(name))}, the inventory says {told(expected)}"
        for name, expected in database.identity.items()
        if str(flat.get(name)) != str(expected)
    ]


def told(value: Any) -> str:
    """Return a value as it is named in a refusal."""
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
