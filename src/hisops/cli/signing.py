"""Write, check, sign and lay down the statements of people. What would be refused at the gate is refused here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from hisops.canonical import digest
from hisops.cli import wiring
from hisops.cli.amending import approve_amendment, open_request
from hisops.cli.carrying import read_plan, resume_run
from hisops.cli.planning import approve_gates
from hisops.cli.wiring import Desk, open_desk
from hisops.console.plan import digest_lines, plan_lines
from hisops.console.remarks import SIGN, command, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.console.written import plan_text, step_text
from hisops.engine.gates import Part, parts_of, why_wrong
from hisops.engine.values import Values
from hisops.errors import IdentityRefused, UsageProblem
from hisops.journal.ledger import Ledger
from hisops.journal.reader import LoadedRun
from hisops.model.approval import STAMP, Wanted, why_refused
from hisops.model.plan import Plan
from hisops.model.run import RunView, fold
from hisops.model.runbook import Approve, Step
from hisops.model.statement import NAMESPACE, Signed, Statement, StatementKind

__all__ = ["answer_gate", "approve_plan", "approve_step", "cancel_run", "open_desk", "resolve_step"]

EVIDENCE_LIMIT = 256 * 1024


def answer_gate(desk: Desk, name: str, step_id: str, given: Sequence[str]) -> int:
    """Answer the open parts of a gate, in their order."""
    run, plan = wiring.loaded_run(desk, name)
    view = fold(run.records)
    _check_involved(desk, plan, run)
    step = _waiting_step(desk, plan, view, step_id)
    bound, _ = wiring.bound_of(desk, plan)
    decided = view.step(step.id).decided
    evidence = _evidence(view, step)
    mine = [item for item in _answers_of(desk, run) if item.get("evidence") == evidence]
    arrived = {(item.get("step"), item.get("part")) for item in mine}
    parts = [part for part in parts_of(step, Values.of_run(bound, plan, view, {})) if part.role is None]
    parts = [part for part in parts if part.name not in decided and (step.id, part.name) not in arrived]
    if len(given) != len(parts):
        wanted = "; ".join(part.text for part in parts) or "nothing"
        raise UsageProblem(
            "HIS-4201",
            "Step {step} asks for {count} answers, {given} were given: {wanted}.",
            "Give one value for each, in this order.",
            step=step.id, count=len(parts), given=len(given), wanted=wanted,
        )  # fmt: skip
    for part, value in zip(parts, given, strict=True):
        _check_answer(step, part, value)
    for part, value in zip(parts, given, strict=True):
        fields = {"part": part.name, "value": value.strip(), "evidence": evidence}
        _lay_down(desk, run, plan, "answer", step.id, fields, part.text)
    screen = Screen.of(desk.call)
    screen.data({"run": run.run_id, "step": step.id, "answered": [part.name for part in parts]})
    _go_on(screen, run)
    return 0


def _answers_of(desk: Desk, run: LoadedRun) -> list[Statement]:
    found = desk.statements.for_run(run.run_id)
    return [item.statement for item in found if isinstance(item, Signed) and item.statement.kind == "answer"]


def _check_answer(step: Step, part: Part, value: str) -> None:
    reason = why_wrong(step, part, value)
    if reason or "\n" in value:
        raise UsageProblem(
            "HIS-4202",
            "{value} does not answer the gate of {step}: {reason}.",
            "{text}.",
            value=value, step=step.id, reason=reason or "an answer is one line", text=part.text,
        )  # fmt: skip


def approve_plan(desk: Desk, path: Path, hours: int) -> int:
    """Approve a saved plan before it is carried out."""
    plan = read_plan(path)
    wanted = approve_gates(wiring.bound_of(desk, plan)[0].runbook)
    if not wanted:
        raise UsageProblem("HIS-4203", "The plan asks for no approval.", "Carry it out with `hisops run`.")
    screen = Screen.of(desk.call)
    screen.show(plan_lines(plan, screen.page()))
    screen.show(digest_lines(plan, screen.page()))
    if has_terminal(screen) and not type_target(screen, plan.target, SIGN):
        return 0
    fields = {"of": "plan", "run": "-", "step": "-", "certificate": "-", "evidence": "-"}
    signed = _approve(desk, plan, None, wanted, fields, hours, plan_text(plan))
    screen.data({"plan": plan.digest, "approval": signed.sha256, "by": signed.principal})
    remark(screen, "Approved by {who}.", who=signed.principal)
    return 0


def approve_step(desk: Desk, name: str, step_id: str | None, hours: int) -> int:
    """Approve the evidence before the step at which a run waits."""
    run, plan = wiring.loaded_run(desk, name)
    if step_id is None and (request := open_request(desk, run, plan)):
        return approve_amendment(desk, run, plan, request, hours)
    view = fold(run.records)
    step = _waiting_step(desk, plan, view, step_id)
    if step.gate is None or step.gate.approve is None:
        raise UsageProblem("HIS-4204", "Step {step} asks for no approval.", "See `hisops status`.", step=step.id)
    certificate = run.certificate
    screen = Screen.of(desk.call)
    body = step_text(plan, step, view)
    if not screen.json_wanted:
        screen.raw(body.split("\n\n", 1)[0])
    if has_terminal(screen) and not type_target(screen, plan.target, SIGN):
        return 0
    fields = {
        "of": "evidence", "run": run.run_id, "step": step.id, "certificate": certificate,
        "evidence": _evidence(view, step),
    }  # fmt: skip
    signed = _approve(desk, plan, run, [step.gate.approve], fields, hours, body)
    screen.data({"run": run.run_id, "step": step.id, "approval": signed.sha256, "by": signed.principal})
    remark(screen, "Approved by {who}.", who=signed.principal)
    _go_on(screen, run)
    return 0


def _approve(
    desk: Desk, plan: Plan, run: LoadedRun | None, gates: Sequence[Approve], fields: Mapping[str, str], hours: int,
    body: str,
) -> Signed:  # fmt: skip
    """Sign an approval for one of `gates`; IdentityRefused at once for who would be refused at the gate."""
    key = desk.key()
    size, root = Ledger(desk.logs, desk.clock).head()
    reasons = []
    for gate in gates:
        headers = {
            **fields,
            "origin": plan.site["origin"],
            "plan": plan.digest,
            "runbook": f"{plan.runbook['id']} {plan.runbook['version']} {plan.runbook_digest}",
            "target": f"{plan.target} {plan.identity.get('database', {})}",
            "requester": plan.requester,
            "role": gate.role,
            "ledger": f"{size} {root}",
            "not-after": (desk.clock.now() + timedelta(hours=hours)).strftime(STAMP),
            "nonce": plan.nonce if run is None else secrets.token_hex(16),
        }
        statement = Statement(kind="approval", fields=headers, body=body)
        wanted = Wanted(
            of=gate.of, role=gate.role, origin=plan.site["origin"], plan=plan.digest,
            involved=wiring.everybody(plan, run), run=fields["run"], step=fields["step"], evidence=fields["evidence"],
        )  # fmt: skip
        would = Signed(statement=statement, sha256="", principal=key.principal, fingerprint=key.fingerprint)
        reason = why_refused(would, wanted, desk.statements, now=desk.clock.now())
        if reason is None:
            return _store(desk, run, statement)
        reasons.append(reason)
    raise IdentityRefused(
        "HIS-4205", "You cannot approve this: {reason}.", "Another person with the role has to.",
        reason="; ".join(dict.fromkeys(reasons)),
    )  # fmt: skip


def resolve_step(desk: Desk, name: str, step_id: str, as_: str, evidence: Path) -> int:
    """Decide what became of a step."""
    run, plan = wiring.loaded_run(desk, name)
    view = fold(run.records)
    if view.step(step_id).state not in {"UNKNOWN", "FAILED"} or view.sealed:
        raise UsageProblem(
            "HIS-4206", "Step {step} is {state}: there is nothing to decide.", "`hisops status` tells what is open.",
            step=step_id, state=view.step(step_id).state,
        )  # fmt: skip
    _check_involved(desk, plan, run)
    data = evidence.read_bytes()
    if not data or len(data) > EVIDENCE_LIMIT:
        raise UsageProblem(
            "HIS-4207", "{file} is empty or larger than 256 KiB.", "Give a short text that shows it.", file=evidence
        )
    fields = {"as": as_, "evidence": digest(data), "file": evidence.name}
    _lay_down(desk, run, plan, "resolution", step_id, fields, data.decode("utf-8", "replace"))
    screen = Screen.of(desk.call)
    screen.data({"run": run.run_id, "step": step_id, "resolved": as_})
    _go_on(screen, run)
    return 0


def cancel_run(desk: Desk, name: str, reason: str) -> int:
    """Ask a run to end at its next boundary; one that nobody carries on ends now."""
    run, plan = wiring.loaded_run(desk, name)
    if run.sealed:
        raise UsageProblem("HIS-4208", "The run {run} has ended.", "", run=run.run_id)
    _lay_down(desk, run, plan, "cancellation", "-", {"reason": reason}, "")
    if run.live:
        remark(Screen.of(desk.call), "Asked for; the run ends at its next boundary.")
        return 0
    return resume_run(desk, run.run_id, ending=True)


def _lay_down(
    desk: Desk, run: LoadedRun, plan: Plan, kind: StatementKind, step: str, fields: Mapping[str, str], body: str
) -> Signed:
    headers = {
        "origin": plan.site["origin"], "run": run.run_id, "plan": plan.digest, "step": step, **fields,
        "at": desk.clock.now().strftime(STAMP), "nonce": secrets.token_hex(16),
    }  # fmt: skip
    return _store(desk, run, Statement(kind=kind, fields=headers, body=body))


def _store(desk: Desk, run: LoadedRun | None, statement: Statement) -> Signed:
    armored = desk.key().sign(NAMESPACE, statement.text())
    try:
        return desk.statements.store(run.run_id if run else None, statement, armored)
    except ValueError as error:
        raise IdentityRefused(
            "HIS-4209", "Your signature does not hold here: {why}.", "See the trust folder of the site.", why=error
        ) from error


def _check_involved(desk: Desk, plan: Plan, run: LoadedRun) -> None:
    who = desk.key().principal
    if who not in wiring.everybody(plan, run):
        raise IdentityRefused(
            "HIS-4212",
            "{who} does not carry out this run and cannot answer for it.",
            "Who carries it out answers; `hisops resume` makes you one of them.",
            who=who,
        )


def _waiting_step(desk: Desk, plan: Plan, view: RunView, step_id: str | None) -> Step:
    steps = wiring.bound_of(desk, plan)[0].runbook.steps
    waiting = [step for step in steps if view.step(step.id).state == "WAITING"]
    if not waiting:
        raise UsageProblem("HIS-4210", "The run waits at no gate.", "`hisops status` tells where it stands.")
    if step_id is not None and step_id != waiting[0].id:
        raise UsageProblem(
            "HIS-4211", "The run waits at {waiting}, not at {step}.", "Answer that one first.",
            waiting=waiting[0].id, step=step_id,
        )  # fmt: skip
    return waiting[0]


def _evidence(view: RunView, step: Step) -> str:
    opened = view.step(step.id).opened
    return opened.evidence if opened else "-"


def _go_on(screen: Screen, run: LoadedRun) -> None:
    if run.live:
        remark(screen, "The run that waits for it goes on by itself.")
    else:
        command(screen, "Then:", f"hisops resume {run.run_id.rpartition('-')[2]}")
