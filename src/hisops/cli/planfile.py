"""Saved plans: written whole or not at all, read back only as they were saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hisops.canonical import canonical
from hisops.engine.assembly import Definitions
from hisops.errors import Refused, UsageProblem, told
from hisops.model.plan import Plan


def write_plan(path: Path, plan: Plan) -> None:
    """Save a plan together with its digest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(canonical({**plan.document(), "digest": plan.digest}) + b"\n")
    part.replace(path)


def read_plan(path: Path) -> Plan:
    """Return the plan saved in `path`; UsageProblem if it is none, Refused if it was changed since it was saved."""
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        named = document.pop("digest")
        plan = Plan.from_document(document)
        now = plan.digest
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise _no_plan(path, error) from error
    if named != now:
        raise Refused(
            "HIS-6305",
            "The plan in {path} was changed after it was saved.",
            "Make a new plan, and have that one approved.",
            path=path,
        )
    try:
        Definitions.of_plan(plan)
    except ValueError as error:
        raise _no_plan(path, error) from error
    return plan


def _no_plan(path: Path, why: Exception) -> UsageProblem:
    return UsageProblem(
        "HIS-2203", "{path} is no saved plan: {why}.", "`hisops plan … -o FILE` saves one.", path=path, why=told(why)
    )
