"""Gates: what must be answered before a step. Four kinds in one table; every part that is given must pass.

An answer comes from the terminal or, signed, from elsewhere: the two are checked alike. Nothing is asked without a
terminal: the gate is written to the log, and the run waits (exit 10) for the commands that answer it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from hisops.canonical import digest_of
from hisops.engine.approving import PART, Approvals
from hisops.engine.arrivals import Arrivals
from hisops.engine.conditions import look_up
from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.engine.steering import Steering
from hisops.engine.values import Values
from hisops.model import records as r
from hisops.model.plan import Plan
from hisops.model.rejection import told
from hisops.model.run import BREAK_GLASS, evidence_line
from hisops.model.runbook import Approve, Gate, Step
from hisops.ports import Ports, Question


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a gate: its name, what it asks, the only answer that passes (None: any)."""

    name: str
    text: str
    expected: str | None = None
    role: str | None = None
    of: str | None = None


def _confirm(gate: Gate, values: Values) -> list[Part]:
    return [Part("confirm", "Go on with this step? Type yes", "yes")] if gate.confirm else []


def _type_target(gate: Gate, values: Values) -> list[Part]:
    name = values.bound.target
    return [Part("type_target", "Type the target's name to go on", name)] if gate.type_target else []


def _read_back(gate: Gate, values: Values) -> list[Part]:
    if not gate.read_back:
        return []
    expected = str(look_up(gate.read_back, values.scope()))
    return [Part("read_back", f"Read back {gate.read_back} from the evidence", expected, of=gate.read_back)]


def _approve(gate: Gate, values: Values) -> list[Part]:
    if not gate.approve:
        return []
    wanted = gate.approve
    numbers = range(1, wanted.quorum + 1)
    return [Part(f"{PART}{number}", f"{wanted.role} approves the {wanted.of}", role=wanted.role) for number in numbers]


PARTS: tuple[Callable[[Gate, Values], list[Part]], ...] = (_confirm, _type_target, _read_back, _approve)


def parts_of(step: Step, values: Values) -> list[Part]:
    """Return what must be answered before `step`, a manual result included, in the order of asking."""
    asked = values.seen_from(step.spot.gated_by or step.spot.viewpoint)
    found = [part for kind in PARTS for part in kind(step.gate, asked)] if step.gate else []
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
    # What was answered before the definitions were amended was an answer to another gate.
    amended = {"definitions": recorder.view.amended.digest} if recorder.view.amended else {}
    return digest_of({"step": step.id, "plan": plan.digest, "shown": shown, **amended})


class Gatekeeper:
    """Passes the gates of one run. With a `break_glass` reason its operator does without approvals, on the record."""

    def __init__(
        self, ports: Ports, recorder: Recorder, plan: Plan, run_id: str, operator: str, involved: Collection[str],
        break_glass: str | None, steering: Steering,
    ) -> None:  # fmt: skip
        self._ports = ports
        self._recorder = recorder
        self._plan = plan
        self._run_id = run_id
        self._operator = operator
        self._involved = involved
        self._break_glass = break_glass
        self._steering = steering
        self._arrivals = Arrivals(ports.statements, recorder, run_id, plan.digest)
        self._approvals = Approvals(ports.statements, ports.clock, self._arrivals, recorder, plan, run_id, involved)

    def pass_gate(self, step: Step, values: Values) -> dict[str, str]:
        """Return the answers by part once every part has passed; Leave if one is missing or somebody said no."""
        parts = parts_of(step, values)
        if not parts:
            return {}
        shown = evidence_of(step, values, self._recorder)
        evidence = evidence_digest(step, self._plan, self._recorder)
        self._reopen(step, parts, evidence)
        self._heed(step, evidence, parts)
        for part in self._open(step, parts):
            if decision := self._arrived(step, part, evidence):
                self._recorder.commit(decision)
        self._announce(step, parts, evidence)
        while waiting := self._open(step, parts):
            for part in waiting:
                self._recorder.commit(self._decide(step, part, evidence, shown))
            self._reopen(step, parts, evidence)
            self._heed(step, evidence)
        return {name: decision.value or "" for name, decision in self._decided(step).items()}

    def _open(self, step: Step, parts: Sequence[Part]) -> list[Part]:
        return [part for part in parts if part.name not in self._decided(step)]

    def _decided(self, step: Step) -> dict[str, r.GateDecided]:
        return self._recorder.view.step(step.id).decided

    def _reopen(self, step: Step, parts: list[Part], evidence: str) -> None:
        """Ask again for approvals that were given and do not hold any more."""
        if rule := _rule(step):
            void = self._approvals.void(step, rule, evidence)
            names = [part.name for part in parts if part.name in void or part.name not in self._decided(step)]
            if void:
                self._say_open(step, names, evidence)

    def _announce(self, step: Step, parts: Sequence[Part], evidence: str) -> None:
        names = [part.name for part in self._open(step, parts)]
        opened = self._recorder.view.step(step.id).opened
        if names and (opened is None or opened.parts != names or opened.evidence != evidence):
            self._say_open(step, names, evidence)

    def _say_open(self, step: Step, names: list[str], evidence: str) -> None:
        self._recorder.commit(
            r.GateOpened(step=step.id, parts=names, evidence=evidence), r.StepChanged(step=step.id, state="WAITING")
        )

    def _heed(self, step: Step, evidence: str, parts: Sequence[Part] = ()) -> None:
        """Hold the run at its gate if somebody who could approve has said no."""
        rule = _rule(step)
        if rule and (found := self._approvals.rejections(step, rule, evidence)):
            self._announce(step, parts, evidence)
            raise Leave("HELD", f"{step.id}: {'; '.join(map(told, found))}")

    def _decide(self, step: Step, part: Part, evidence: str, shown: dict[str, str]) -> r.GateDecided:
        if decision := self._arrived(step, part, evidence):
            return decision
        if part.role is not None and self._break_glass:
            self._recorder.write(
                r.Deviation(kind=BREAK_GLASS, step=step.id, reason=self._break_glass, by=self._operator)
            )
            return r.GateDecided(step=step.id, part=part.name, by=self._operator, value=BREAK_GLASS)
        operator = self._ports.operator
        if not operator.interactive:
            raise Leave("WAITING", f"{step.id}: {part.text}")
        while True:
            question = Question(
                step=step.id, part=_kind(part), text=part.text, expected=part.expected, of=part.of, role=part.role,
                evidence=shown,
            )  # fmt: skip
            typed = operator.ask(question, lambda: self._steering.waits() or self._answered(step, part, evidence))
            self._steering.heed()
            self._heed(step, evidence)
            if decision := self._arrived(step, part, evidence):
                return decision
            if typed is None:
                raise Leave("WAITING", f"{step.id}: {part.text}")
            if part.role is None and why_wrong(step, part, typed) is None:
                return r.GateDecided(step=step.id, part=part.name, by=self._operator, value=typed)

    def _answered(self, step: Step, part: Part, evidence: str) -> bool:
        """Tell whether the waiting is over: an answer has arrived, or a no."""
        rule = _rule(step) if part.role is not None else None
        if rule and self._approvals.rejections(step, rule, evidence):
            return True
        return self._arrived(step, part, evidence) is not None

    def _arrived(self, step: Step, part: Part, evidence: str) -> r.GateDecided | None:
        rule = _rule(step)
        if part.role is not None and rule:
            return self._approvals.arrived(step, rule, part.name, evidence)
        for signed in self._arrivals.signed():
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
                self._arrivals.take(signed, step.id)
                return r.GateDecided(
                    step=step.id, part=part.name, by=signed.principal, value=value, statement=signed.sha256
                )
            self._arrivals.refuse(signed.sha256, reason, signed.principal)
        return None


def _rule(step: Step) -> Approve | None:
    return step.gate.approve if step.gate else None


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
    return "approve" if part.name.startswith(PART) else part.name
