"""Plan: bind, latch, run every read-only check live, and say what is known, what is not, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from hisops import expressions
from hisops.engine.actions import ACTIONS, Attempt, Hands, action_of
from hisops.engine.applying import asked_steps, unmet_condition
from hisops.engine.blaming import is_told
from hisops.engine.checking import outputs_of, verify
from hisops.engine.conditions import holds
from hisops.engine.fanning import carry
from hisops.engine.latching import latch, not_the_inventory
from hisops.engine.playing import order_of
from hisops.engine.values import Bound, Folders, Values
from hisops.errors import HisopsError, Refused, Unreachable, UsageProblem
from hisops.model.expansion import ExpandedRunbook, ExpandedStep
from hisops.model.plan import PlannedStep
from hisops.model.runbook import ChildRun, Step
from hisops.model.spot import Viewpoint

NOT_PLANNED = (UsageProblem, Unreachable, Refused)  # why a plan of a child run may not come about


@dataclass(frozen=True, slots=True)
class Finding:
    """What a live check found against the step: its id and the reason."""

    step: str
    reason: str


@dataclass(slots=True)
class Survey:
    """What planning found out. With `refusals` the plan may be shown, but neither approved nor carried out."""

    identity: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: list[PlannedStep] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)


def survey(bound: Bound, hands: Hands, own: Folders) -> Survey:
    """Look at the target, read-only, and return what was found."""
    found = Survey(refusals=list(_of_another_engine(bound)))
    if found.refusals:
        return found  # nothing is known of how such a target is asked
    values = Values(bound, own=own)
    found.identity = values.identity = latch(hands, bound.target_type.identity, values, "identity")
    found.refusals += _unfit(bound, values)
    if found.refusals:
        return found
    found.state = values.state = latch(hands, bound.target_type.state, values, "state")
    steps = _Steps(bound, hands, values, found)
    for run in bound.runbook.runs():
        found.steps += steps.look_at_all(run)
    return found


def _of_another_engine(bound: Bound) -> Iterator[Finding]:
    wanted, engine = bound.runbook.target.engine, bound.database.engine
    if wanted != engine:
        yield Finding("target", f"the runbook is for {wanted}, the target is {engine}")


def _unfit(bound: Bound, values: Values) -> list[Finding]:
    """Return why the target is not one that the runbook is for."""
    wants = bound.runbook.target
    role, version = (values.scope()["target"][name] for name in ("role", "version"))
    reasons = [*not_the_inventory(bound.database, values.identity), *_no_login(bound)]
    if wants.role and role != wants.role:
        reasons.append(f"the runbook is for the role {wants.role}, the target's role is {role}")
    if wants.version and not expressions.satisfies(str(version), wants.version):
        reasons.append(f"the runbook is for version {wants.version}, the target has {version}")
    reasons += [rule.because.en for rule in bound.runbook.refuse if holds(rule.when, values)]
    for scope in bound.runbook.scopes:
        reasons += _unfit_part(bound.runbook, scope, values)
    return [Finding("target", reason) for reason in dict.fromkeys(reasons)]


def _no_login(bound: Bound) -> Iterator[str]:
    """Give why statements cannot be carried out: the inventory knows of no login to the database that they are for."""
    for step in bound.runbook.steps:
        asked = {step.on} if step.sql is not None else set()
        asked |= {step.place_of(call) for call in step.calls.values() if call.sql is not None}
        for name in {bound.at(step.spot).database_name(place) for place in asked}:
            if bound.site.databases[name].connect is None:
                yield f"{name} takes no logins (no `connect:` in site.yaml), but {step.id} has SQL"


def _unfit_part(runbook: ExpandedRunbook, scope: str, values: Values) -> Iterator[str]:
    """Give why a sub-runbook is not for the target. Of the peer only the sub-runbook's own checks can tell."""
    part = runbook.scopes[scope]
    here = values.seen_from(Viewpoint(scope=scope))
    role, version = (here.scope(names=())["target"][name] for name in ("role", "version"))
    if part.parent.over != "databases":
        if part.target.role and role != part.target.role:
            yield f"{part.runbook} is for the role {part.target.role}, the target's role is {role}"
        if part.target.version and not expressions.satisfies(str(version), part.target.version):
            yield f"{part.runbook} is for version {part.target.version}, the target has {version}"
    yield from (rule.because.en for rule in part.refuse if holds(rule.when, here))


class _Steps:
    """Looks at the steps in order, knowing what the ones before came to."""

    def __init__(self, bound: Bound, hands: Hands, values: Values, found: Survey) -> None:
        self._bound = bound
        self._hands = hands
        self._values = values
        self._found = found
        self._waits: dict[str, str] = {}
        self._failed: set[str] = set()

    def look_at_all(self, steps: Sequence[ExpandedStep]) -> list[PlannedStep]:
        """Return what is known of a step, or of each item of a repeated one: looked at at once if it allows that."""
        if steps[0].spot.parallel == 1:
            return [self.look_at(step) for step in steps]
        looked: dict[str, PlannedStep] = {}

        def lane(steps: Sequence[Step]) -> None:
            for step in steps:
                looked[step.id] = self.look_at(step)

        lanes = [list(each) for _, each in groupby(steps, key=lambda step: step.spot.item)]
        if faults := carry(lanes, steps[0].spot.parallel, lane):
            raise faults[0]
        order = [step.id for step in self._bound.runbook.steps]
        for findings in (self._found.warnings, self._found.refusals):
            findings.sort(key=lambda finding: order.index(finding.step))
        return [looked[step.id] for step in steps]

    def look_at(self, step: Step) -> PlannedStep:
        """Return what is known of `step` now."""
        bound = self._bound.at(step.spot)
        run_as = bound.run_as(step.on, step.as_)
        known: dict[str, Any] = {
            "id": step.id,
            "host": bound.host_name(step.on),
            "user": run_as.user if run_as else None,
        }
        applies = self._applies(step)
        known["applies"] = applies
        if applies == "no":
            self._values.states[step.id] = "SKIPPED"
            return PlannedStep(**known, note=unmet_condition(step, self._values))
        if step.child is not None:
            return self._child(step, step.child, known)
        if until := self._waits_for(step, applies):
            self._waits[step.id] = until
            return PlannedStep(**known, unknown_until=None if step.writes or step.manual or step.reconcile else until)
        if broken := [name for name in step.needs if name in self._failed]:
            self._failed.add(step.id)
            return PlannedStep(**known, verdict="not checked", note=f"needs {broken[0]}, which failed")
        return PlannedStep(**known, **self._live(step))

    def _child(self, step: Step, child: ChildRun, known: dict[str, Any]) -> PlannedStep:
        """Return what is known of a run: its own plan, unless it needs what an earlier one writes."""
        known = {**known, "host": child.target}
        playing = self._hands.playing
        until = next((self._waits[name] for name in step.needs if name in self._waits), None)
        if until is None and known["applies"] == "unknown":
            until = "it applies"
        if step.writes or until:
            self._waits[step.id] = step.id
        if until or playing is None:
            return PlannedStep(**known, unknown_until=until)
        if broken := [name for name in step.needs if name in self._failed]:
            self._failed.add(step.id)
            return PlannedStep(**known, verdict="not checked", note=f"needs {broken[0]}, which failed")
        try:
            look = playing.children.look(order_of(step, self._values))
        except NOT_PLANNED as error:
            return PlannedStep(**known, **self._bad(step, str(error), {}))
        if look.refusals:
            return PlannedStep(**known, **self._bad(step, "; ".join(look.refusals), {}))
        self._found.warnings += [Finding(step.id, warning) for warning in look.warnings]
        verdict = "warn" if look.warnings else "ok"
        return PlannedStep(**known, verdict=verdict, out={"checked": look.checked, "steps": look.steps})

    def _applies(self, step: Step) -> str:
        if asked_steps(step, self._bound.runbook) & {*self._waits, *self._failed}:
            return "unknown"
        return "yes" if unmet_condition(step, self._values) is None else "no"

    def _waits_for(self, step: Step, applies: str) -> str | None:
        """Return the step (a write, or one that people answer) which must be past before `step` can be looked at."""
        if (
            step.writes
            or step.manual is not None
            or step.reconcile is not None
            or step.gate is not None
            or applies == "unknown"
        ):
            return step.id
        return next((self._waits[name] for name in step.needs if name in self._waits), None)

    def _live(self, step: Step) -> dict[str, Any]:
        attempt = Attempt(step=step, values=self._values, number=1, answers={})
        try:
            result = ACTIONS[action_of(step)](self._hands, attempt)
            if not result.good:
                return self._bad(step, result.reason or result.verdict, result.out)
            checked = verify(self._hands, step, step.verify, self._values, result.out, 1)
            if checked.verdict != "ok":
                return self._bad(step, checked.reason or checked.verdict, result.out)
            out = outputs_of(step, result.out)
        except Unreachable as error:
            if step.failure_policy != "continue":
                raise
            return self._bad(step, str(error), {})
        except (UsageProblem, Refused):
            raise
        except HisopsError as error:
            return self._bad(step, str(error), {})
        self._values.outs[step.id], self._values.states[step.id] = out, "SUCCEEDED"
        if result.verdict == "warn":
            self._found.warnings.append(Finding(step.id, ", ".join(result.matched)))
        return {"verdict": result.verdict, "out": out}

    def _bad(self, step: Step, reason: str, out: dict[str, Any]) -> dict[str, Any]:
        self._failed.add(step.id)
        self._values.states[step.id] = "FAILED"
        finding = Finding(step.id, _with_captures(reason, out))
        (self._found.warnings if step.failure_policy == "continue" else self._found.refusals).append(finding)
        return {"verdict": "failed", "note": finding.reason}


def _with_captures(reason: str, out: dict[str, Any]) -> str:
    """Return the reason with what the judge captured, so that a refusal names the patch or the size."""
    told = [
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in out.items()
        if name not in {"code", "json", "rows", "first", "count"}
        and value not in (None, [], "")
        and f"out.{name} =" not in reason
        and not is_told(name, reason)
    ]
    return f"{reason} ({'; '.join(told)})" if told else reason
