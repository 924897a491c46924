"""Verify what a step has come to, ask its probe, take its outputs. Read-only, the same in a plan and in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hisops.engine.actions import Hands
from hisops.engine.conditions import holds, told, unmet
from hisops.engine.results import Result
from hisops.engine.values import Values
from hisops.errors import CheckFailed, HisopsError
from hisops.model.closed import is_fit
from hisops.model.records import CallKind
from hisops.model.runbook import Requirement, Step

Answer = Literal["done", "not_done", "unknown"]


@dataclass(frozen=True, slots=True)
class Checked:
    """ok, failed or unknown, with the reason."""

    verdict: Literal["ok", "failed", "unknown"]
    reason: str | None = None


def verify(
    hands: Hands,
    step: Step,
    requirements: tuple[Requirement, ...],
    values: Values,
    own: dict[str, Any],
    attempt: int,
    kind: CallKind = "verify",
) -> Checked:
    """Return whether every postcondition holds now; the first one that does not decides."""
    values = values.at(step)
    for index, requirement in enumerate(requirements):
        out = own
        if requirement.sh is not None or requirement.sql is not None:
            call = hands.binder.call(requirement, step, kind, values, index=index)
            result = hands.caller.perform(call, attempt)
            if not result.good:
                verdict: Literal["failed", "unknown"] = "failed" if result.verdict == "failed" else "unknown"
                return Checked(verdict, f"{told(requirement)}: {result.reason}")
            out = result.out
        try:
            reason = unmet(requirement, values, out)
        except HisopsError as error:
            return Checked("unknown", f"{told(requirement)}: {error}")
        if reason:
            return Checked("failed", reason)
    return Checked("ok")


def ask_probe(hands: Hands, step: Step, values: Values, attempt: int) -> tuple[Answer, str | None]:
    """Return what the step's probe says, and why if it could not tell."""
    if step.probe is None:
        return "unknown", "the step has no probe"
    result: Result = hands.caller.perform(hands.binder.call(step.probe, step, "probe", values), attempt)
    if not result.good:
        return "unknown", result.reason
    try:
        return ("done" if holds(step.probe.done, values.at(step), result.out) else "not_done"), None
    except HisopsError as error:
        return "unknown", str(error)


def outputs_of(step: Step, out: dict[str, Any]) -> dict[str, Any]:
    """Return the declared outputs of a step; HisopsError for one that is missing."""
    taken: dict[str, Any] = {}
    for name, output in step.outputs.items():
        key = output.key or name
        source = {"judge": out, "json": out.get("json", {}), "rows": out.get("first", {})}[output.from_]
        if output.from_ == "rows" and output.type == "list":
            taken[name] = [str(row.get(key)) for row in out.get("rows", [])]
        elif key in source:
            taken[name] = source[key]
        else:
            raise CheckFailed("HIS-6111", "The output {name} is not in what the step gave.", "", name=name)
        if output.type == "identifier" and not is_fit("identifier", taken[name]):
            raise CheckFailed(
                "HIS-6114", "The output {name} is no identifier: {value}.", "", name=name, value=taken[name]
            )
    return taken
