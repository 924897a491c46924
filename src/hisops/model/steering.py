"""The one rule of who may steer a run: the engine asks it when a statement is taken, the verifier asks it again."""

from __future__ import annotations

from collections.abc import Collection

from hisops.model.approval import People
from hisops.model.statement import StatementKind

# A pause or a cancellation only keeps further steps from starting: who has approved the run may withdraw that way, too.
STEERING: tuple[StatementKind, ...] = ("pause", "cancellation", "kill")
_WITHDRAWING: tuple[StatementKind, ...] = ("pause", "cancellation")


def why_may_not_steer(
    kind: StatementKind, principal: str, involved: Collection[str], approvers: Collection[str], people: People
) -> str | None:
    """Return why `principal` may not pause, cancel or kill, in a sentence, or None if they may.

    Those may who planned the run or carry it out (`involved`), and all who hold a role of one of them.
    """
    person = people.person_of(principal)
    if person is None:
        return f"{principal} is not on the roster"
    close = {*involved, *(approvers if kind in _WITHDRAWING else ())}
    if person in {people.person_of(who) for who in close}:
        return None
    roles = {role for who in involved for role in people.roles_of(who)}
    if roles.intersection(people.roles_of(principal)):
        return None
    return f"{principal} neither takes part in this run nor holds a role of those who do"
