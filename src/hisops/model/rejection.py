"""The other answer: a person who could approve says no. It stands until that same person approves all the same.

Headers of a rejection: of (plan | evidence), origin, plan, requester, role, run, step (`-` for a plan), ledger, reason,
at, nonce. An approval withdraws a rejection by naming its digest, so that no approval given before it can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hisops.model.approval import People, Wanted, why_not_this_person
from hisops.model.statement import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRejection:
    """A person's entry in the ledger about a plan; `statement` is the digest of the signed text."""

    by: str
    statement: str
    reason: str

    def stands(self, approvals: Collection[Signed], wanted: Collection[Wanted], people: People) -> bool:
        """Tell whether it counts against one of what is wanted, and its person has not approved since."""
        person = people.person_of(self.by)
        for each in wanted:
            out = {people.person_of(who) for who in each.involved}
            if person is not None and person not in out and each.role in people.roles_of(self.by):
                mine = [signed for signed in approvals if people.person_of(signed.principal) == person]
                return not any(self.statement in (signed.statement.get("withdraws") or "").split() for signed in mine)
        return False

    def __str__(self) -> str:
        return f"rejected by {self.by}: {self.reason}"


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
