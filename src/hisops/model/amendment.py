"""Other definitions for a run that has begun: what may change, and whose two signatures it takes.

The operator signs the amendment; its headers are origin, run, plan, runbook, before and after (digests of the
definitions as a whole), reason, at, nonce, and its body is the difference. A second person, who does not carry the run
out, signs an approval of it. The engine asks these rules before it goes on, the verifier asks them again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hisops.canonical import digest_of
from hisops.model.approval import Wanted
from hisops.model.plan import Plan
from hisops.model.run import RunView
from hisops.model.statement import Signed

USUAL_ROLE = "dba_lead"
_OF_EXPANSION = {"scopes": ("version", "digest"), "groups": ("title",)}
MAY_CHANGE = frozenset({"version", "command", "chosen_by", "title", "purpose", "serves", "steps"})

Definitions = dict[str, Any]


def definitions_of(plan: Plan) -> Definitions:
    """Return the definitions that a plan carries, as plain documents."""
    return {"runbook": plan.runbook, "judges": plan.judges, "target_type": plan.target_type}


def changed_names(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the ids of the definitions that differ."""
    old, new = _by_name(before), _by_name(now)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def why_not_amendable(before: Mapping[str, Any], now: Mapping[str, Any], view: RunView) -> str | None:
    """Return why a run that stands as `view` cannot go on with the definitions `now`, in a sentence, or None."""
    old, new = before["runbook"], now["runbook"]
    heads = sorted(key for key in old.keys() | new.keys() if key not in MAY_CHANGE and _differs(key, old, new))
    if heads:
        return f"{', '.join(heads)} of the runbook changed; the plan was bound to what it was"
    if before.get("target_type") != now.get("target_type"):
        return "the target type changed; what was latched of the target could no longer be compared"
    started = {name for name, step in view.steps.items() if step.started}
    return _steps_unfit(old.get("steps", ()), new.get("steps", ()), started)


def approving_role(definitions: Mapping[str, Any]) -> str:
    """Return the role that has to sign: the one that approves the plan of this runbook, else the usual one."""
    gates = [(step.get("gate") or {}).get("approve") or {} for step in definitions["runbook"].get("steps", ())]
    return next((str(gate["role"]) for gate in gates if gate.get("of") == "plan"), USUAL_ROLE)


def wanted_approval(
    request: Signed,
    definitions: Mapping[str, Any],
    *,
    origin: str,
    plan: str,
    run: str,
    involved: Collection[str],
    simulation: bool,
) -> Wanted:
    """Return what the second signature has to be of; `definitions` are those that are to be replaced."""
    return Wanted(
        of="amendment", role=approving_role(definitions), origin=origin, plan=plan, involved=involved, run=run,
        step="-", evidence=request.sha256, simulation=simulation,
    )  # fmt: skip


def why_no_request(
    signed: Signed, before: Mapping[str, Any], now: Mapping[str, Any], *, plan: str, run: str, involved: Collection[str]
) -> str | None:
    """Return why a signed amendment does not lead from `before` to `now`, or None if it does."""
    get = signed.statement.get
    if signed.statement.kind != "amendment" or (get("run"), get("plan")) != (run, plan):
        return "it is no amendment of this run"
    if signed.principal not in involved:
        return f"{signed.principal} does not carry out this run"
    if get("before") != digest_of(before):
        return "it changes other definitions than those that the run goes by"
    return None if get("after") == digest_of(now) else "it is for other definitions than those that are there now"


def _differs(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Tell whether a part of the head is another one. Parts of an expansion may be added, and be of a newer text."""
    if key not in _OF_EXPANSION:
        return bool(old.get(key) != new.get(key))
    before, now = old.get(key) or {}, new.get(key) or {}
    return any(_without(part, _OF_EXPANSION[key]) != _without(now.get(name), _OF_EXPANSION[key])
               for name, part in before.items())  # fmt: skip


def _without(part: Mapping[str, Any] | None, names: Collection[str]) -> dict[str, Any] | None:
    return None if part is None else {key: value for key, value in part.items() if key not in names}


def _by_name(definitions: Mapping[str, Any]) -> dict[str, Any]:
    runbook, target_type = definitions["runbook"], definitions.get("target_type") or {}
    judges = {f"judges/{tool}": judge for tool, judge in definitions.get("judges", {}).items()}
    return {str(runbook.get("id")): runbook, f"targets/{target_type.get('id')}": target_type, **judges}


def _steps_unfit(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], started: Collection[str]
) -> str | None:
    """Steps that were there stay, in their order; what has begun stays word for word; new steps come after that."""
    names = [str(step["id"]) for step in new]
    kept = [str(step["id"]) for step in old]
    if gone := [name for name in kept if name not in names]:
        return f"step {gone[0]} is gone or was renamed"
    if [name for name in names if name in kept] != kept:
        return "steps stand in another order"
    texts = {str(step["id"]): step for step in new}
    for step in old:
        if step["id"] in started and texts[step["id"]] != step:
            return f"step {step['id']} has begun, and its text changed"
    last = max((names.index(name) for name in kept if name in started), default=-1)
    early = [name for name in names[: last + 1] if name not in kept]
    return f"the new step {early[0]} stands before {names[last]}, which has begun" if early else None
