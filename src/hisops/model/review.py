"""What breaking the glass leaves behind: a debt, until somebody who could have approved has looked at the whole run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hisops.model.approval import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A step that was carried out without the approval of a `role`: by whom, and why."""

    step: str
    role: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's entry in the ledger about a run that has ended; `head` is the digest of the HEAD they looked at."""

    by: str
    head: str
    reason: str


def why_no_review(by: str, debt: Debt, people: People, involved: Collection[str]) -> str | None:
    """Return why `by` cannot close `debt`, or None."""
    person = people.person_of(by)
    if person is None:
        return f"{by} is not on the roster"
    if person in {people.person_of(who) for who in involved}:
        return f"{by} takes part in this run and cannot review it"
    return None if debt.role in people.roles_of(by) else f"{by} does not hold the role {debt.role}"


def closing(
    debt: Debt, reviews: Sequence[Review], head: str | None, people: People, involved: Collection[str]
) -> Review | None:
    """Return the review that closes `debt`, or None: it is over the run as it ended, by who could have approved."""
    for review in reviews:
        if head is not None and review.head == head and why_no_review(review.by, debt, people, involved) is None:
            return review
    return None
