"""The one rule of who may approve what: the engine asks it at the gate, the verifier asks it again months later.

Headers of an approval: of (plan | evidence | amendment), origin, plan, runbook, target, requester, role (one or more),
run, step, certificate, evidence (the last four `-` in an approval of a plan), ledger (`<size> <root>`), not-after,
nonce, request (what tells two texts of the same content apart), withdraws (the person's own rejections that no longer
stand). The evidence of an approval of an amendment is the digest of the amendment's own text; its step is `-`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from hisops.model.statement import Signed, Statement

SAME_TEXT = "it is the same text as that of {who}; each person signs a request of their own"
STAMP = "%Y-%m-%dT%H:%M:%SZ"


class People(Protocol):
    """Who signs as whom, from the roster of the trust input."""

    def person_of(self, principal: str) -> str | None:
        """Return the person who signs as `principal`."""

    def roles_of(self, principal: str) -> tuple[str, ...]:
        """Return the roles of that person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an approval has to be of. `involved`: principals of the requester and of all who carried the run on."""

    of: Literal["plan", "evidence", "amendment"]
    role: str
    origin: str
    plan: str
    involved: Collection[str]
    run: str | None = None
    step: str | None = None
    evidence: str | None = None
    simulation: bool = False


def why_refused(
    signed: Signed, wanted: Wanted, people: People, *, now: datetime, used_nonces: Collection[str] = ()
) -> str | None:
    """Return why the approval does not count, in a sentence, or None if it does.

    An approval of the evidence also serves where one of the plan is wanted: it says more.
    """
    statement = signed.statement
    return (
        _wrong_thing(statement, wanted)
        or why_not_this_person(signed, wanted, people)
        or _wrong_time(statement, now)
        or ("its nonce was used before" if statement.get("nonce") in used_nonces else None)
    )


def _wrong_thing(statement: Statement, wanted: Wanted) -> str | None:
    get = statement.get
    if statement.kind != "approval":
        return "it is no approval"
    if get("origin") != wanted.origin:
        return f"it is for another site ({get('origin')})"
    if get("plan") != wanted.plan:
        return "it approves another plan"
    if get("simulation") and not wanted.simulation:
        return "it was given for a simulation"
    return _wrong_kind(get("of"), wanted.of) or (None if get("of") == "plan" else _wrong_place(statement, wanted))


def _wrong_kind(of: str | None, wanted: str) -> str | None:
    if of not in {"plan", "evidence", "amendment"}:
        return "it does not say what it approves"
    if "amendment" in {of, wanted} and of != wanted:
        return f"it approves the {of}, but the {wanted} has to be approved"
    if of == "plan" and wanted != "plan":
        return "it approves the plan, but the gate wants the evidence approved"
    return None


def _wrong_place(statement: Statement, wanted: Wanted) -> str | None:
    get = statement.get
    if (get("run"), get("step")) != (wanted.run, wanted.step):
        return f"it is for step {get('step')} of run {get('run')}"
    if get("evidence") != wanted.evidence:
        return "it was given over other evidence than is shown now"
    return None


def why_not_this_person(signed: Signed, wanted: Wanted, people: People) -> str | None:
    """Return why whoever signed has no say in what is wanted, or None."""
    principal = signed.principal
    person = people.person_of(principal)
    if person is None:
        return f"{principal} is not on the roster"
    if person in {people.person_of(who) for who in wanted.involved}:
        return f"{principal} takes part in this run and cannot approve it"
    if wanted.role not in people.roles_of(principal):
        return f"{principal} does not hold the role {wanted.role}"
    given_as = (signed.statement.get("role") or wanted.role).split()
    return None if wanted.role in given_as else f"it was given as {' '.join(given_as)}, not as {wanted.role}"


def _wrong_time(statement: Statement, now: datetime) -> str | None:
    try:
        not_after = datetime.strptime(statement.get("not-after") or "", STAMP).replace(tzinfo=UTC)
    except ValueError:
        return "it has no valid end of validity"
    return "it has expired" if now > not_after else None
