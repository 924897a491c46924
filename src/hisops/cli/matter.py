"""What an approval is asked for, and the exact text that says so: a saved plan, or the evidence before a step."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hisops.cli import wiring
from hisops.cli.amending import open_request, shown_difference
from hisops.cli.planfile import read_plan
from hisops.cli.wiring import Desk
from hisops.console.progress import short_id
from hisops.console.written import plan_text, step_text
from hisops.errors import UsageProblem
from hisops.journal.begun import open_run_of
from hisops.journal.ledger import Ledger
from hisops.journal.plan_rejections import plan_rejections
from hisops.journal.reader import LoadedRun
from hisops.model.amendment import approving_role, definitions_of
from hisops.model.approval import STAMP, Wanted, why_refused
from hisops.model.plan import Plan
from hisops.model.rejection import standing
from hisops.model.run import RunView, fold
from hisops.model.runbook import Approve, Runbook, Step
from hisops.model.statement import Signed, Statement

MAGIC = b"hisops-approval/1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is to be approved or rejected. Without `run` it is the plan before it is carried out."""

    plan: Plan
    gates: tuple[Approve, ...]
    body: str
    run: LoadedRun | None = None
    step: str = "-"
    evidence: str = "-"
    view: RunView = field(default_factory=RunView)
    amendment: Signed | None = None

    @property
    def of(self) -> str:
        """What the statement says it is of."""
        if self.amendment:
            return "amendment"
        return "evidence" if self.run else "plan"

    @property
    def roles(self) -> list[str]:
        """The roles that are asked for, each once."""
        return list(dict.fromkeys(gate.role for gate in self.gates))

    def wanted(self, gate: Approve, *more: str) -> Wanted:
        """Return what an approval for `gate` has to be of; `more` are others who take part."""
        return Wanted(
            of="amendment" if self.amendment else gate.of,
            role=gate.role, origin=self.plan.site["origin"], plan=self.plan.digest,
            involved=wiring.everybody(self.plan, self.run, *more), run=self.run.run_id if self.run else None,
            step=self.step, evidence=self.evidence, simulation=bool(self.plan.site.get("simulation")),
        )  # fmt: skip


def matter_of_plan(desk: Desk, path: Path) -> Matter:
    """Return what a saved plan asks to be approved."""
    plan = read_plan(path)
    gates = tuple(plan_gates(wiring.bound_of(desk, plan)[0].runbook))
    if not gates:
        raise UsageProblem("HIS-4203", "The plan asks for no approval.", "Carry it out with `hisops run`.")
    return Matter(plan=plan, gates=gates, body=plan_text(plan))


def matter_of_run(desk: Desk, name: str, step_id: str | None) -> Matter:
    """Return what a run asks to be approved: an amendment, else what stands at the gate where it waits."""
    run, plan = wiring.loaded_run(desk, name)
    view = fold(run.records)
    if step_id is None and (request := open_request(desk, run, plan)):
        body = shown_difference(desk, plan, request)
        role = approving_role(definitions_of(plan))
        return Matter(plan=plan, gates=(Approve(role=role),), body=body, run=run, evidence=request.sha256, view=view,
                      amendment=request)  # fmt: skip
    step = waiting_step(wiring.bound_of(desk, plan)[0].runbook, view, step_id)
    if step.gate is None or step.gate.approve is None:
        raise UsageProblem("HIS-4204", "Step {step} asks for no approval.", "See `hisops status`.", step=step.id)
    return Matter(
        plan=plan, gates=(step.gate.approve,), body=step_text(plan, step, view), run=run, step=step.id,
        evidence=evidence_of(view, step), view=view,
    )  # fmt: skip


def plan_gates(runbook: Runbook) -> list[Approve]:
    """Return the gates that an approval of the plan passes."""
    gates = [step.gate.approve for step in runbook.steps if step.gate and step.gate.approve]
    return [gate for gate in gates if gate.of == "plan"]


def waiting_step(runbook: Runbook, view: RunView, step_id: str | None) -> Step:
    """Return the step at whose gate the run waits."""
    waiting = [step for step in runbook.steps if view.step(step.id).state == "WAITING"]
    if not waiting:
        raise UsageProblem("HIS-4210", "The run waits at no gate.", "`hisops status` tells where it stands.")
    if step_id is not None and step_id != waiting[0].id:
        raise UsageProblem(
            "HIS-4211", "The run waits at {waiting}, not at {step}.", "Answer that one first.",
            waiting=waiting[0].id, step=step_id,
        )  # fmt: skip
    return waiting[0]


def evidence_of(view: RunView, step: Step) -> str:
    """Return the digest of what the gate of `step` shows."""
    opened = view.step(step.id).opened
    return opened.evidence if opened else "-"


def request_text(desk: Desk, matter: Matter, roles: Sequence[str], hours: int) -> Statement:
    """Return the text that an approver reads and signs; no two of them are alike."""
    plan, run = matter.plan, matter.run
    size, root = Ledger(desk.logs, desk.clock).head()
    now = desk.clock.now()
    identity = ", ".join(f"{name} {value}" for facts in plan.identity.values() for name, value in facts.items())
    withdraws = dict.fromkeys(signed.sha256 for signed in rejections_of(desk, matter))
    withdraws |= dict.fromkeys(entry.statement for entry in plan_rejections(desk.logs, plan.digest))
    return Statement(
        kind="approval",
        fields={
            "of": matter.of,
            "origin": plan.site["origin"],
            "plan": plan.digest,
            "runbook": f"{plan.runbook['id']} {plan.runbook['version']} {plan.runbook_digest}",
            "target": f"{plan.target} ({_line(identity)})",
            "requester": plan.requester,
            "role": " ".join(roles),
            "run": run.run_id if run else "-",
            "step": matter.step,
            "certificate": run.certificate if run else "-",
            "evidence": matter.evidence,
            "ledger": f"{size} {root}",
            "at": now.strftime(STAMP),
            "not-after": (now + timedelta(hours=hours)).strftime(STAMP),
            "nonce": secrets.token_hex(16) if run else plan.nonce,
            "request": secrets.token_hex(8),
            **({"simulation": "yes"} if plan.site.get("simulation") else {}),
            **({"withdraws": " ".join(withdraws)} if withdraws else {}),
        },
        body=matter.body,
    )


def why_not(desk: Desk, matter: Matter, signed: Signed) -> str | None:
    """Return why an approval would pass none of the gates, or None if it passes one."""
    statements, now = desk.statements, desk.clock.now()
    used = statements.used_nonces() if matter.run is None else ()
    wanted = [matter.wanted(gate) for gate in matter.gates]
    reasons = [why_refused(signed, each, statements, now=now, used_nonces=used) for each in wanted]
    if None in reasons:
        return too_late(desk, matter.plan.digest) if matter.run is None else None
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def too_late(desk: Desk, plan: str) -> str | None:
    """Return why nobody can approve a plan any more that a run has begun, or None."""
    run = open_run_of(desk.logs, plan)
    return f"its run {short_id(run)} has begun without it, and takes approvals of its gates only" if run else None


def rejections_of(desk: Desk, matter: Matter) -> list[Signed]:
    """Return who has said no to the matter, and not yes since."""
    found = [*desk.statements.for_plan(matter.plan.digest)]
    if matter.run:
        found += desk.statements.for_run(matter.run.run_id)
    arrived = [item for item in found if isinstance(item, Signed)]
    stands = {
        item.sha256: item for gate in matter.gates for item in standing(arrived, matter.wanted(gate), desk.statements)
    }
    return list(stands.values())


def _line(text: str) -> str:
    return " ".join(text.split())
