"""Write, check, sign and lay down the statements of people. What would be refused at the gate is refused here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from hisops.canonical import digest
from hisops.cli import wiring
from hisops.cli.approving import go_on
from hisops.cli.matter import evidence_of, waiting_step
from hisops.cli.wiring import Desk, open_desk
from hisops.console.remarks import remark
from hisops.console.theme import Screen
from hisops.engine.gates import Part, parts_of, why_wrong
from hisops.engine.values import Values
from hisops.errors import IdentityRefused, UsageProblem
from hisops.journal.reader import LoadedRun
from hisops.model.approval import STAMP
from hisops.model.plan import Plan
from hisops.model.run import fold
from hisops.model.runbook import Step
from hisops.model.statement import NAMESPACE, Signed, Statement, StatementKind

__all__ = ["answer_gate", "open_desk", "resolve_step"]

EVIDENCE_LIMIT = 256 * 1024


def answer_gate(desk: Desk, name: str, step_id: str, given: Sequence[str]) -> int:
    """Answer the open parts of a gate, in their order."""
    run, plan = wiring.loaded_run(desk, name)
    view = fold(run.records)
    _check_involved(desk, plan, run)
    bound, _ = wiring.bound_of(desk, plan)
    step = waiting_step(bound.runbook, view, step_id)
    decided = view.step(step.id).decided
    evidence = evidence_of(view, step)
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
    go_on(screen, run)
    return 0


def _answers_of(desk: Desk, run: LoadedRun) -> list[Statement]:
    """Return the answers that have arrived and not opened a gate before, when its step was undone since."""
    spent = {decision.statement for decision in fold(run.records).spent}
    found = [item for item in desk.statements.for_run(run.run_id) if isinstance(item, Signed)]
    return [item.statement for item in found if item.statement.kind == "answer" and item.sha256 not in spent]


def _check_answer(step: Step, part: Part, value: str) -> None:
    reason = why_wrong(step, part, value)
    if reason or "\n" in value:
        raise UsageProblem(
            "HIS-4202",
            "{value} does not answer the gate of {step}: {reason}.",
            "{text}.",
            value=value, step=step.id, reason=reason or "an answer is one line", text=part.text,
        )  # fmt: skip


def resolve_step(desk: Desk, name: str, step_id: str, as_: str, evidence: Path) -> int:
    """Decide what became of a step."""
    run, plan = wiring.loaded_run(desk, name)
    view = fold(run.records)
    if view.step(step_id).state not in {"UNKNOWN", "FAILED", "UNDO_FAILED"} or view.sealed:
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
    state = view.step(step_id).state  # as it stays until the run takes what was decided
    screen.data({"run": run.run_id, "step": step_id, "resolved": as_, "state": state, "live": run.live})
    remark(screen, "Decided and signed. The step is still {state}: the run takes it when it is resumed.", state=state)
    go_on(screen, run)
    return 0


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
