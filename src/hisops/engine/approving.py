"""The part of a gate that other people answer: whose approval counts, for how long, and who has said no."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hisops.engine.arrivals import Arrivals
from hisops.engine.recorder import Recorder
from hisops.model import records as r
from hisops.model.approval import SAME_TEXT, Wanted, why_refused
from hisops.model.plan import Plan
from hisops.model.rejection import standing
from hisops.model.run import BREAK_GLASS
from hisops.model.runbook import Approve, Step
from hisops.model.statement import Signed
from hisops.ports import Clock, Statements

PART = "approve-"


@dataclass(frozen=True, slots=True)
class Approvals:
    """Finds the approvals and rejections of one run."""

    people: Statements
    clock: Clock
    arrivals: Arrivals
    recorder: Recorder
    plan: Plan
    run_id: str
    involved: Collection[str]

    def arrived(self, step: Step, rule: Approve, part: str, evidence: str) -> r.GateDecided | None:
        """Return the decision for `part` by a person who has not decided another part of this gate."""
        given = {item.statement: item.by for item in self._decided(step) if item.statement}
        used = {self.people.person_of(who) for who in given.values()}
        wanted = self._wanted(step, rule, evidence)
        for signed in self.arrivals.signed():
            if signed.statement.kind != "approval" or self.people.person_of(signed.principal) in used:
                continue
            reason = why_refused(signed, wanted, self.people, now=self.clock.now())
            if signed.sha256 in given:
                reason = SAME_TEXT.format(who=given[signed.sha256])
            if reason is None:
                self.arrivals.take(signed, step.id)
                return r.GateDecided(step=step.id, part=part, by=signed.principal, statement=signed.sha256)
            if signed.statement.get("step") in {step.id, "-"} and not self._is_for_another(signed, rule):
                self.arrivals.refuse(signed.sha256, reason, signed.principal)
        return None

    def rejections(self, step: Step, rule: Approve, evidence: str) -> list[Signed]:
        """Return the rejections that stand, each taken down."""
        approvals = [item for item in self.arrivals.signed() if item.statement.kind == "approval"]
        wanted = self._wanted(step, rule, evidence)
        found = list(standing([*approvals, *self.arrivals.rejections()], wanted, self.people))
        for signed in found:
            self.arrivals.take(signed, step.id)
        return found

    def void(self, step: Step, rule: Approve, evidence: str) -> Mapping[str, str]:
        """Return the decided parts that do not hold any more, and why: expired, overtaken, rejected.

        Once the step has been started its approvals have done their work.
        """
        decided = self._decided(step)
        if decided and self.rejections(step, rule, evidence):
            return {item.part: "it was rejected since" for item in decided}
        if self.recorder.view.step(step.id).acted:
            return {}
        by_digest = {item.sha256: item for item in self.arrivals.signed()} if decided else {}
        wanted, now = self._wanted(step, rule, evidence), self.clock.now()
        found: dict[str, str] = {}
        for item in decided:
            if item.value == BREAK_GLASS:
                continue
            signed = by_digest.get(item.statement or "")
            reason = why_refused(signed, wanted, self.people, now=now) if signed else "its file is gone"
            if reason:
                found[item.part] = reason
                self.arrivals.refuse(item.statement or "-", reason, item.by)
        return found

    def _is_for_another(self, signed: Signed, rule: Approve) -> bool:
        """Tell whether an approval has its own use in this run, so that it is none of this gate's business."""
        of = signed.statement.get("of")
        taken = any(item.statement == signed.sha256 for item in self.recorder.view.statements)
        return of == "amendment" or (of == "plan" and rule.of == "evidence" and taken)

    def _decided(self, step: Step) -> list[r.GateDecided]:
        decided = self.recorder.view.step(step.id).decided
        return [item for name, item in decided.items() if name.startswith(PART)]

    def _wanted(self, step: Step, rule: Approve, evidence: str) -> Wanted:
        return Wanted(
            of=rule.of,
            role=rule.role,
            origin=self.plan.site["origin"],
            plan=self.plan.digest,
            involved=self.involved,
            run=self.run_id,
            step=step.id,
            evidence=evidence,
            simulation=bool(self.plan.site.get("simulation")),
        )
