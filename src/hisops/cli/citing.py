"""The approvals that a new run cites and so uses up, what lies beside them and does not count, and who said no."""

from __future__ import annotations

from dataclasses import dataclass

from hisops.cli.matter import plan_gates
from hisops.cli.wiring import Desk, bound_of
from hisops.errors import IdentityRefused
from hisops.journal.plan_rejections import plan_rejections
from hisops.model.approval import SAME_TEXT, Wanted, why_refused
from hisops.model.plan import Plan
from hisops.model.rejection import standing, told
from hisops.model.statement import Signed
from hisops.ports import Rejected


@dataclass(frozen=True, slots=True)
class Cited:
    """What has arrived for a plan: the approvals that count for one of its gates, and the others with the reason."""

    approvals: tuple[Signed, ...]
    refused: tuple[Rejected, ...]


def cite(desk: Desk, plan: Plan) -> Cited:
    """Return the approvals of the plan. IdentityRefused if a person who could approve it has rejected it."""
    statements, now = desk.statements, desk.clock.now()
    arrived = list(statements.for_plan(plan.digest))
    signed = [item for item in arrived if isinstance(item, Signed)]
    wanted = _wanted(desk, plan)
    _heed(desk, plan, signed, wanted)
    used = statements.used_nonces()
    approvals: list[Signed] = []
    refused = [item for item in arrived if isinstance(item, Rejected)]
    for item in [item for item in signed if item.statement.kind == "approval"]:
        reasons = [why_refused(item, each, statements, now=now, used_nonces=used) for each in wanted]
        first = next((other for other in approvals if other.sha256 == item.sha256), None)
        if first is not None and None in reasons:
            reasons = [SAME_TEXT.format(who=first.principal)]
        if None in reasons:
            statements.settle(item)
            approvals.append(item)
        else:
            refused += [Rejected(sha256=item.sha256, reason=why, by=item.principal) for why in reasons[:1] if why]
    return Cited(tuple(approvals), tuple(refused))


def _heed(desk: Desk, plan: Plan, signed: list[Signed], wanted: list[Wanted]) -> None:
    """Refuse a plan that somebody rejected, by a file that lies there or by an entry in the ledger."""
    people = desk.statements
    no = {item.sha256: told(item) for each in wanted for item in standing(signed, each, people)}
    for entry in plan_rejections(desk.logs, plan.digest):
        if entry.stands([item for item in signed if item.statement.kind == "approval"], wanted, people):
            no[entry.statement] = str(entry)
    if no:
        raise IdentityRefused(
            "HIS-4237", "The plan was {told}.",
            "It is carried out only if that person approves it after all: hisops approve PLAN",
            told="; ".join(no.values()),
        )  # fmt: skip


def _wanted(desk: Desk, plan: Plan) -> list[Wanted]:
    involved = (plan.requester, desk.key().principal)
    origin, simulation = plan.site["origin"], bool(plan.site.get("simulation"))
    return [
        Wanted(of="plan", role=gate.role, origin=origin, plan=plan.digest, involved=involved, simulation=simulation)
        for gate in plan_gates(bound_of(desk, plan)[0].runbook)
    ]
