"""Gates: what must be answered before a step. Four kinds in one table; every part that is given must pass.

An answer comes from the terminal or, signed, from elsewhere: the two are checked alike. Nothing is asked without a
terminal: the gate is written to the log, and the run waits (exit 10) for the commands that answer it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from hisops.canonical import digest_of
from hisops.engine.conditions import look_up
from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.model import records as r
from hisops.model.approval import Wanted, why_refused
from hisops.model.plan import Plan
from hisops.model.run import evidence_line
from hisops.model.runbook import Gate, Step
from hisops.model.statement import Signed
from hisops.ports import Ports, Question, Rejected


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a gate: its name, what it asks, the only answer that passes (None: any)."""

    name: str
    text: str
    expected: str | None = None
    role: str | None = None


def _confirm(gate: Gate, values: Values) -> list[Part]:
    return [Part("confirm", "Go on with this step? Type yes", "yes")] if gate.confirm else []


def _type_target(gate: Gate, values: Values) -> list[Part]:
    name = values.bound.target
    return [Part("type_target", "Type the target's name to go on", name)] if gate.type_target else []


def _read_back(gate: Gate, values: Values) -> list[Part]:
    if not gate.read_back:
        return []
    expected = str(look_up(gate.read_back, values.scope()))
    return [Part("read_back", f"Read back {gate.read_back} from the evidence", expected)]


def _approve(gate: Gate, values: Values) -> list[Part]:
    if not gate.approve:
        return []
    wanted = gate.approve
    numbers = range(1, wanted.quorum + 1)
    return [
        Part(f"approve-{number}", f"{wanted.role} approves the {wanted.of}", role=wanted.role) for number in numbers
    ]


PARTS: tuple[Callable[[Gate, Values], list[Part]], ...] = (_confirm, _type_target, _read_back, _approve)


def parts_of(step: Step, values: Values) -> list[Part]:
    """Return what must be answered before `step`, a manual result included, in the order of asking."""
    found = [part for kind in PARTS for part in kind(step.gate, values)] if step.gate else []
    if step.manual:
        found.append(Part("manual", step.manual.instruct.en))
    return found


def evidence_of(step: Step, values: Values, recorder: Recorder) -> dict[str, str]:
    """Return what a gate shows: a line for each step named by `show`."""
    return {name: evidence_line(recorder.view.step(name)) for name in (step.gate.show if step.gate else ())}


def evidence_digest(step: Step, plan: Plan, recorder: Recorder) -> str:
    """Return the digest of all that stands behind what a gate shows; answers and approvals are bound to it."""
    views = [recorder.view.step(name) for name in (step.gate.show if step.gate else ())]
    shown = [{"step": view.id, "state": view.state, "out": view.out, "reason": view.reason} for view in views]
    return digest_of({"step": step.id, "plan": plan.digest, "shown": shown})


class Gatekeeper:
    """Passes the gates of one run."""

    def __init__(
        self, ports: Ports, recorder: Recorder, plan: Plan, run_id: str, operator: str, involved: Collection[str]
    ) -> None:
        self._ports = ports
        self._recorder = recorder
        self._plan = plan
        self._run_id = run_id
        self._operator = operator
        self._involved = involved

    def pass_gate(self, step: Step, values: Values) -> dict[str, str]:
        """Return the answers by part once every part has passed; Leave(WAITING) if one is still missing."""
        parts = parts_of(step, values)
        if not parts:
            return {}
        shown = evidence_of(step, values, self._recorder)
        evidence = evidence_digest(step, self._plan, self._recorder)
        for part in self._open(step, parts):
            if decision := self._arrived(step, part, evidence):
                self._recorder.commit(decision)
        self._announce(step, parts, evidence)
        for part in self._open(step, parts):
            self._recorder.commit(self._decide(step, part, evidence, shown))
        return {name: decision.value or "" for name, decision in self._decided(step).items()}

    def _open(self, step: Step, parts: list[Part]) -> list[Part]:
        return [part for part in parts if part.name not in self._decided(step)]

    def _decided(self, step: Step) -> dict[str, r.GateDecided]:
        return self._recorder.view.step(step.id).decided

    def _announce(self, step: Step, parts: list[Part], evidence: str) -> None:
        open_parts = [part.name for part in self._open(step, parts)]
        opened = self._recorder.view.step(step.id).opened
        if open_parts and (opened is None or opened.parts != open_parts or opened.evidence != evidence):
            self._recorder.commit(
                r.GateOpened(step=step.id, parts=open_parts, evidence=evidence),
                r.StepChanged(step=step.id, state="WAITING"),
            )

    def _decide(self, step: Step, part: Part, evidence: str, shown: dict[str, str]) -> r.GateDecided:
        if decision := self._arrived(step, part, evidence):
            return decision
        operator = self._ports.operator
        if not operator.interactive:
            raise Leave("WAITING", f"{step.id}: {part.text}")
        while True:
            question = Question(
                step=step.id, part=_kind(part), text=part.text, expected=part.expected, role=part.role, evidence=shown
            )
            typed = operator.ask(question, lambda: self._arrived(step, part, evidence) is not None)
            if decision := self._arrived(step, part, evidence):
                return decision
            if typed is None:
                raise Leave("WAITING", f"{step.id}: {part.text}")
            if part.role is None and why_wrong(step, part, typed) is None:
                return r.GateDecided(step=step.id, part=part.name, by=self._operator, value=typed)

    def _arrived(self, step: Step, part: Part, evidence: str) -> r.GateDecided | None:
        if part.role is not None:
            return self._approval(step, part, evidence)
        for signed in self._signed():
            get = signed.statement.get
            mine = (signed.statement.kind, get("run"), get("step"), get("part")) == (
                "answer",
                self._run_id,
                step.id,
                part.name,
            )
            if not mine:
                continue
            value = get("value") or ""
            reason = why_wrong(step, part, value)
            if get("evidence") != evidence:
                reason = "it was given over other evidence than is shown now"
            if signed.principal not in self._involved:
                reason = f"{signed.principal} does not carry out this run"
            if reason is None:
                self._take(signed, step)
                return r.GateDecided(
                    step=step.id, part=part.name, by=signed.principal, value=value, statement=signed.sha256
                )
            self._refuse(signed.sha256, reason)
        return None

    def _approval(self, step: Step, part: Part, evidence: str) -> r.GateDecided | None:
        gate = step.gate
        if gate is None or gate.approve is None:
            return None
        people = self._ports.statements
        used = {people.person_of(d.by) for d in self._decided(step).values() if d.part.startswith("approve-")}
        wanted = Wanted(
            of=gate.approve.of,
            role=gate.approve.role,
            origin=self._plan.site["origin"],
            plan=self._plan.digest,
            involved=self._involved,
            run=self._run_id,
            step=step.id,
            evidence=evidence,
        )
        for signed in self._signed():
            if signed.statement.kind != "approval":
                continue
            if people.person_of(signed.principal) in used:
                continue
            reason = why_refused(signed, wanted, people, now=self._ports.clock.now())
            if reason is None:
                self._take(signed, step)
                return r.GateDecided(step=step.id, part=part.name, by=signed.principal, statement=signed.sha256)
            if signed.statement.get("step") in {step.id, "-"}:
                self._refuse(signed.sha256, reason)
        return None

    def _signed(self) -> list[Signed]:
        found = []
        for item in self._ports.statements.for_run(self._run_id):
            if isinstance(item, Rejected):
                self._refuse(item.sha256, item.reason)
            else:
                found.append(item)
        return found

    def _take(self, signed: Signed, step: Step) -> None:
        taken = {item.statement for item in self._recorder.view.statements}
        if signed.sha256 not in taken:
            self._ports.statements.keep(self._run_id, signed)
            kind = signed.statement.kind
            self._recorder.write(
                r.StatementTaken(statement=signed.sha256, kind=kind, by=signed.principal, step=step.id)
            )

    def _refuse(self, sha256: str, reason: str) -> None:
        known = {item.statement for item in self._recorder.view.refused}
        if sha256 not in known:
            self._recorder.write(r.StatementRefused(statement=sha256, reason=reason))


def why_wrong(step: Step, part: Part, value: str) -> str | None:
    """Return why `value` does not answer `part`, or None if it does."""
    if part.expected is not None:
        return None if value.strip() == part.expected else "the answer is not what the gate asks for"
    manual = step.manual
    if manual is None:
        return None
    if not value.strip():
        return "the evidence is empty"
    if manual.evidence == "integer" and not re.fullmatch(r"-?\d+", value.strip()):
        return "the evidence must be a whole number"
    if manual.evidence == "boolean" and value.strip() not in {"yes", "no"}:
        return "the evidence must be yes or no"
    if manual.pattern and not re.fullmatch(manual.pattern, value.strip()):
        return "the evidence does not have the form that the step asks for"
    return None


def _kind(part: Part) -> Any:
    return "approve" if part.name.startswith("approve-") else part.name
