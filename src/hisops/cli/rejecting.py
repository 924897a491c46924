"""`hisops reject`: a person who could approve says no, signed, with the reason."""

from __future__ import annotations

import secrets
from pathlib import Path

from hisops.cli import wiring
from hisops.cli.approving import look_back, sign_here
from hisops.cli.matter import Matter, evidence_of, matter_of_plan
from hisops.cli.wiring import Desk
from hisops.console.remarks import remark
from hisops.console.theme import Screen
from hisops.errors import IdentityRefused, UsageProblem
from hisops.journal.ledger import Ledger
from hisops.journal.plan_rejections import enter_plan_rejection
from hisops.model.approval import STAMP
from hisops.model.rejection import why_ignored
from hisops.model.run import fold
from hisops.model.statement import Signed, Statement


def reject(desk: Desk, what: str, step: str | None, reason: str) -> int:
    """Reject a saved plan, or a run at one of its gates or at all of them."""
    if not reason.strip() or "\n" in reason:
        raise UsageProblem("HIS-4231", "The reason is empty, or longer than a line.", "Say in a line what you found.")
    path = Path(what)
    matter = matter_of_plan(desk, path) if path.is_file() else _matter_of_run(desk, what, step)
    statement, key = _text(desk, matter, reason.strip()), desk.key()
    would = Signed(statement=statement, sha256="", principal=key.principal, fingerprint=key.fingerprint)
    reasons = [why_ignored(would, matter.wanted(gate), desk.statements) for gate in matter.gates]
    if None not in reasons:
        raise IdentityRefused(
            "HIS-4234", "You cannot reject this: {reason}.",
            "Who carries a run out can end it: hisops cancel RUN --reason TEXT",
            reason="; ".join(dict.fromkeys(filter(None, reasons))),
        )  # fmt: skip
    look_back(desk)
    signed = sign_here(desk, matter.run, statement)
    if matter.run is None:
        enter_plan_rejection(desk.logs, signed, key, desk.clock, wiring.machine().host)
    screen = Screen.of(desk.call)
    document = {"run": matter.run.run_id, "step": matter.step} if matter.run else {"plan": matter.plan.digest}
    screen.data({**document, "rejection": signed.sha256, "by": signed.principal})
    remark(screen, "Rejected by {who}; it stands until {who} approves.", who=signed.principal)
    return 0


def _matter_of_run(desk: Desk, name: str, step_id: str | None) -> Matter:
    """Return a run's gates that are still to come: that of `step_id`, of the step that waits, or all."""
    run, plan = wiring.loaded_run(desk, name)
    view, runbook = fold(run.records), plan.procedure
    if run.sealed:
        raise UsageProblem("HIS-4208", "The run {run} has ended.", "", run=run.run_id)
    ahead = [step for step in runbook.steps if step.gate and step.gate.approve]
    ahead = [step for step in ahead if view.step(step.id).state in {"PENDING", "WAITING"}]
    named = step_id or next((step.id for step in ahead if view.step(step.id).state == "WAITING"), None)
    chosen = [step for step in ahead if named in {None, step.id}]
    if not chosen:
        raise UsageProblem(
            "HIS-4235", "Run {run} has no approval ahead of it{where}.", "`hisops status` tells where it stands.",
            run=run.run_id, where=f" at step {step_id}" if step_id else "",
        )  # fmt: skip
    gates = tuple(step.gate.approve for step in chosen if step.gate and step.gate.approve)
    evidence = evidence_of(view, chosen[0]) if named else "-"
    return Matter(plan=plan, gates=gates, body="", run=run, step=named or "-", evidence=evidence, view=view)


def _text(desk: Desk, matter: Matter, reason: str) -> Statement:
    plan, run = matter.plan, matter.run
    size, root = Ledger(desk.logs, desk.clock).head()
    mine = desk.statements.roles_of(desk.key().principal)
    return Statement(
        kind="rejection",
        fields={
            "of": matter.of,
            "origin": plan.site["origin"],
            "plan": plan.digest,
            "runbook": f"{plan.runbook['id']} {plan.runbook['version']} {plan.runbook_digest}",
            "requester": plan.requester,
            "role": " ".join([role for role in matter.roles if role in mine] or matter.roles),
            "run": run.run_id if run else "-",
            "step": matter.step,
            "ledger": f"{size} {root}",
            "reason": reason,
            "at": desk.clock.now().strftime(STAMP),
            "nonce": secrets.token_hex(16),
        },
    )
