"""Runs that were carried out without an approval, and the second person who looks at them afterwards."""

from __future__ import annotations

from collections.abc import Callable

from hisops.canonical import digest
from hisops.cli import wiring
from hisops.cli.wiring import Desk
from hisops.console.approvals import debt_lines
from hisops.console.remarks import SIGN, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.errors import IdentityRefused, UsageProblem
from hisops.journal.chain import read_regular
from hisops.journal.reader import LoadedRun
from hisops.journal.reviews import aftermath_of, enter_review
from hisops.model.plan import Plan
from hisops.model.review import Debt, Review, closing, why_no_review
from hisops.model.run import BREAK_GLASS, fold


def debts_of(desk: Desk, run: LoadedRun, plan: Plan) -> list[tuple[Debt, Review | None]]:
    """Return what the run did without approval, each with the review that closes it."""
    view = fold(run.records)
    if not view.broken_glass:
        return []
    reasons = {item.step: item.reason for item in view.deviations if item.kind == BREAK_GLASS}
    runbook, found = plan.procedure, aftermath_of(desk.logs, run.run_id)
    involved = wiring.everybody(plan, run)
    debts = []
    for decision in view.broken_glass:
        gate = runbook.step(decision.step).gate
        role = gate.approve.role if gate and gate.approve else "-"
        debt = Debt(step=decision.step, role=role, by=decision.by, reason=reasons.get(decision.step, "-"))
        debts.append((debt, closing(debt, found.reviews, found.head, desk.loaded.roster, involved)))
    return debts


def open_debts(desk: Desk, run: LoadedRun) -> list[Debt]:
    """Return what nobody has reviewed yet."""
    return [debt for debt, review in debts_of(desk, run, wiring.plan_of(run)) if review is None]


def review_run(desk: Desk, name: str, reason: str, look_back: Callable[[], None]) -> int:
    """Close what a run did without approval, as a person who could have approved it and took no part."""
    run, plan = wiring.loaded_run(desk, name)
    debts, who = [debt for debt, review in debts_of(desk, run, plan) if review is None], desk.key()
    _check_reviewable(run, debts, reason)
    refused = [why_no_review(who.principal, debt, desk.loaded.roster, wiring.everybody(plan, run)) for debt in debts]
    if any(refused):
        raise IdentityRefused(
            "HIS-4230", "You cannot review this: {reason}.", "Another person with the role has to.",
            reason="; ".join(dict.fromkeys(filter(None, refused))),
        )  # fmt: skip
    look_back()
    screen = Screen.of(desk.call)
    screen.show(debt_lines(run.run_id, [(debt, None) for debt in debts], screen.page()))
    if has_terminal(screen) and not type_target(screen, plan.target, SIGN):
        return 0
    head = digest(read_regular(run.folder / "HEAD"))
    enter_review(desk.logs, desk.loaded.site.origin, run.run_id, head, reason.strip(), who, desk.clock)
    screen.data({"run": run.run_id, "reviewed": [debt.step for debt in debts], "by": who.principal})
    remark(screen, "Reviewed by {who}.", who=who.principal)
    return 0


def _check_reviewable(run: LoadedRun, debts: list[Debt], reason: str) -> None:
    if not reason.strip() or "\n" in reason:
        raise UsageProblem("HIS-4231", "The reason is empty, or longer than a line.", "Say in a line what you found.")
    if not debts:
        raise UsageProblem(
            "HIS-4232", "The run {run} has done nothing without approval that is not reviewed.",
            "`hisops approvals` lists what waits.", run=run.run_id,
        )  # fmt: skip
    if not run.closed:
        raise UsageProblem(
            "HIS-4233", "The run {run} has not ended; only a whole run can be reviewed.",
            "`hisops status` tells how it can end.", run=run.run_id,
        )  # fmt: skip
