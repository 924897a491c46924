"""Results of other runs that a runbook requires: what was found of them, and what makes a database the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hisops.model.run import RunView
from hisops.model.site import Database, TargetType

Latched = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The run that serves as evidence: its log's HEAD by digest, and when it ended."""

    runbook: str
    run: str
    head: str
    ended: str

    def document(self) -> dict[str, Any]:
        """Return it for canonical JSON."""
        return asdict(self)


def seen_by_terms(plan: Mapping[str, Any], view: RunView) -> dict[str, Any]:
    """Return what the terms of a requirement can name of a run: its parameters, its steps by their names in the log."""
    steps = {step.id.replace("-", "_"): {"state": step.state, "out": step.out} for step in view.steps.values()}
    return {"params": plan["parameters"], "steps": steps}


def other_identity(target_type: TargetType, database: Database, then: Latched, now: Latched) -> str | None:
    """Return what shows that two latched identities are of different databases, or None.

    Compared is what tells databases apart: what their lock is named by, and what the inventory says of the target.
    """
    path = target_type.locks.get("database", "")
    fact, _, value = path.removeprefix("identity.").partition(".")
    names = [(fact, value)] if path.startswith("identity.") else []
    names += [(fact, name) for fact, values in now.items() for name in values if name in database.identity]
    for fact, name in dict.fromkeys(names):
        was, is_ = then.get(fact, {}).get(name), now.get(fact, {}).get(name)
        if str(was) != str(is_):
            return f"{name} was {was}, is {is_}"
    return None
