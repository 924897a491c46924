"""Were the definitions that a plan carries edited since: in the library, or in the plan itself?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hisops.canonical import canonical, digest_of
from hisops.cli.composing import Composed, compose
from hisops.cli.wiring import Desk
from hisops.errors import Refused
from hisops.model.difference import HEAD, difference
from hisops.model.plan import Plan

_MOST = 3


def check_definitions(desk: Desk, plan: Plan) -> None:
    """Refuse a plan whose definitions are not those of the library, naming what differs."""
    library = desk.loaded.library
    runbook = compose(desk, str(plan.runbook["id"]), plan.target)
    target_type = library.target_type(runbook.model.target.engine)
    judges = library.judges_of(runbook.model)
    now = {**runbook.sources, "targets": target_type.digest}
    then = {**(plan.uses or {runbook.model.id: digest_of(plan.runbook)}), "targets": digest_of(plan.target_type)}
    now |= {f"judges/{name}": each.digest for name, each in judges.items()}
    then |= {f"judges/{name}": digest_of(document) for name, document in plan.judges.items()}
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    same = {plan.runbook_digest, digest_of(plan.runbook)} == {runbook.digest}
    if changed or (runbook.plain and not same):
        documents = {name: each.document for name, each in judges.items()}
        raise _edited(plan, runbook, changed, {"judges": documents, "target_type": target_type.document})
    if not same:
        raise Refused(
            "HIS-6310",
            "The plan is stale: with the inventory as it is now {runbook} has other steps or requirements than in it.",
            "Make a new plan and have it approved.",
            runbook=runbook.model.id,
        )


def _edited(plan: Plan, runbook: Composed, changed: list[str], others: Mapping[str, Any]) -> Refused:
    before = {"runbook": plan.runbook, "judges": plan.judges, "target_type": plan.target_type}
    after = {"runbook": runbook.document, **others}
    edits = list(_edits(difference(_in_order(before), _in_order(after))))
    more = [f"and {len(edits) - _MOST} more"] if len(edits) > _MOST else []
    return Refused(
        "HIS-6304",
        "The plan is stale: {names} is not what the library holds now ({edits}).",
        "Make a new plan and have it approved.",
        names=", ".join(changed) or runbook.model.id,
        edits="; ".join([*edits[:_MOST], *more]) or "its digest is another",
    )


def _in_order(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return them with their keys in one order: a plan does not keep that of the file."""
    ordered: dict[str, Any] = json.loads(canonical(definitions))
    return ordered


def _edits(lines: list[str]) -> Iterator[str]:
    """Give each part that differs, with the first line that it had and the first that it has."""
    part, was, now = "", "", ""
    for line in [*lines, HEAD]:
        if line.startswith(HEAD):
            if part:
                yield f"{part}: was {was or '-'}, is {now or '-'}"
            part, was, now = line.removeprefix(HEAD), "", ""
        elif line.startswith("-"):
            was = was or line[1:].strip()
        elif line.startswith("+"):
            now = now or line[1:].strip()
