"""Can every gate be passed by the people on the roster? Asked before a night is planned, not during it."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.cli.wiring import Desk
from hisops.model.quorum import who_could
from hisops.model.runbook import Approve, Runbook


def unmet(desk: Desk, runbook: Runbook, requester: str) -> list[dict[str, str]]:
    """Return as findings the steps whose approvals nobody, or too few, could give."""
    return [{"step": step, "reason": reason} for step, reason in _unmet(desk, runbook, requester)]


def able(desk: Desk, role: str, *involved: str) -> list[str]:
    """Return the principals who could approve as `role` today, one for each person, without those involved."""
    principals = desk.trust.approvers(desk.clock.now())
    return list(who_could(role, principals, desk.loaded.roster, involved).values())


def _unmet(desk: Desk, runbook: Runbook, requester: str) -> Iterator[tuple[str, str]]:
    for step in runbook.steps:
        rule = step.gate.approve if step.gate else None
        if rule and len(found := able(desk, rule.role, requester)) < rule.quorum:
            yield step.id, _told(rule, found, requester)


def _told(rule: Approve, found: list[str], requester: str) -> str:
    who = f" ({', '.join(found)})" if found else ""
    return (
        f"it needs {rule.quorum} approval(s) by {rule.role}, and besides {requester} only {len(found)} person(s) "
        f"with that role have a key in the trust folder{who}"
    )
