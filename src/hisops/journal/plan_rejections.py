"""Rejections of plans in the ledger: before a run there is no other log, and a file could be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hisops.journal.chain import Walk
from hisops.journal.ledger import FILE, Ledger, person_sign
from hisops.model.rejection import PlanRejection
from hisops.model.statement import Signed
from hisops.ports import Certifier, Clock

KIND = "plan.reject"


def rejection_of(values: Mapping[str, Any]) -> PlanRejection:
    """Return the rejection in an entry of the ledger; KeyError if it lacks something."""
    return PlanRejection(by=str(values["actor"]), statement=str(values["statement"]), reason=str(values["reason"]))


def plan_rejections(logs: Path, plan: str) -> list[PlanRejection]:
    """Return who has rejected the plan; it is read, not verified."""
    lines = Walk(logs / FILE) if (logs / FILE).exists() else ()
    return [rejection_of(line.values) for line in lines if line.kind == KIND and line.values.get("plan") == plan]


def enter_plan_rejection(logs: Path, signed: Signed, person: Certifier, clock: Clock, host: str) -> None:
    """Enter that `person` has rejected a plan; the ledger begins with that if need be."""
    get, ledger = signed.statement.get, Ledger(logs, clock)
    logs.mkdir(parents=True, exist_ok=True)
    origin = get("origin") or "-"
    ledger.begin(origin, person, host)
    values = {"plan": get("plan"), "statement": signed.sha256, "reason": get("reason")}
    ledger.append(origin, person.principal, KIND, values, person_sign(person))
