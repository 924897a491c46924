"""The other answer: a person who could approve says no. It stands until that same person approves all the same.

Headers of a rejection: of (plan | evidence), origin, plan, requester, role, run, step (`-` for a plan), ledger, reason,
at, nonce. An approval withdraws a rejection by naming its digest, so that no approval given before it can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hisops.model.approval import People, Wanted, why_not_this_person
from hisops.model.statement import Signed


def standing(arrived: Collection[Signed], wanted: Wanted, people: People) -> Sequence[Signed]:
    """Return the rejections in `arrived` of what is wanted that nobody has withdrawn."""
    approvals = [signed for signed in arrived if signed.statement.kind == "approval"]
    return [
        signed
        for signed in arrived
        if why_ignored(signed, wanted, people) is None
        and not any(withdraws(approval, signed, people) for approval in approvals)
    ]


def why_ignored(signed: Signed, wanted: Wanted, people: People) -> str | None:
    """Return why the rejection does not count against what is wanted, or None if it does."""
    get = signed.statement.get
    if signed.statement.kind != "rejection":
        return "it is no rejection"
    if (get("origin"), get("plan")) != (wanted.origin, wanted.plan):
        return "it rejects something else"
    if get("run") not in {"-", wanted.run} or get("step") not in {"-", wanted.step}:
        return f"it is for step {get('step')} of run {get('run')}"
    return why_not_this_person(signed, wanted, people)


def withdraws(approval: Signed, rejection: Signed, people: People) -> bool:
    """True if the approval is by who had rejected, and names that rejection."""
    same = people.person_of(approval.principal) == people.person_of(rejection.principal)
    return same and rejection.sha256 in (approval.statement.get("withdraws") or "").split()


def told(rejection: Signed) -> str:
    """Return who rejected, and why, in a clause."""
    return f"rejected by {rejection.principal}: {rejection.statement.get('reason') or '-'}"
