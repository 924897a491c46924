"""Who allowed it? Every gate that wanted an approval is checked again, with the reader's own trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeGuard

from hisops.journal.findings import Findings
from hisops.journal.gate_story import Begun, GateSeen, GateStory, rules_of
from hisops.journal.handovers import check_handovers
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.rejected import Started, check_rejections
from hisops.journal.sshkey import fingerprint
from hisops.journal.statements import pairs_in, read_pair, read_statement
from hisops.journal.trust import Trust
from hisops.journal.verify_segment import Seen
from hisops.journal.verify_steering import check_steering
from hisops.model import records as r
from hisops.model.approval import Wanted, why_refused
from hisops.model.review import Debt, closing
from hisops.model.run import BREAK_GLASS
from hisops.model.statement import Signed


@dataclass(frozen=True, slots=True)
class Vouched:
    """Up to which entry of the ledger somebody's signature reaches."""

    principal: str
    size: int


class Authorisation:
    """Checks the approvals of one run."""

    def __init__(
        self, folder: Path, plan: Mapping[str, Any], entries: RunEntries, ledger: LedgerFacts, trust: Trust,
        findings: Findings,
    ) -> None:  # fmt: skip
        self._folder = folder / "approvals"
        self._plan = plan
        self._entries = entries
        self._ledger = ledger
        self._trust = trust
        self._findings = findings
        self._run = folder.name
        self._cited: dict[str, str] = dict(
            zip(entries.opening.get("approvals", ()), entries.opening.get("nonces", ()), strict=False)
        )
        self._taken: set[str] = set()
        self._started: list[Started] = []
        self._glass: dict[str, str] = {}
        self._debts: list[Debt] = []
        self.vouched: list[Vouched] = []
        self.approved: list[str] = []

    def check(self, seen: Sequence[Seen], amended: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Take down every approval that is missing or does not count, and whom the others are from.

        `amended` holds the definitions that the run went by from each of its amendments on.
        """
        operators = [str(opened.values["actor"]) for opened in self._entries.opened]
        check_handovers(operators, seen, self._trust.roster, self._findings)
        self._check_cited()
        self._glass = {item.record.step or "": item.record.reason for item in seen if _is_glass(item.record)}
        story = GateStory(self._plan, amended or {})
        approvers: set[str] = set()
        for item in seen:
            record = item.record
            if isinstance(record, r.StatementTaken):
                self._check_taken(record, item.stamp.time)
                involved = {str(self._plan.get("requester")), *self._operators(item.segment)}
                check_steering(record, involved, approvers, self._trust.roster, self._findings)
                approvers |= {record.by} if record.kind == "approval" else set()
            if begun := story.apply(item):
                self._check_begun(begun, item)
        self._check_others()
        self._check_reviews()

    def _check_begun(self, begun: Begun, item: Seen) -> None:
        if begun.first:
            self._check_gate(begun)
        self._started.append(Started(self._wanted(begun), begun.step, item.stamp.time, frozenset(self._taken)))

    def _check_cited(self) -> None:
        """Plan approvals were used up by `run.open`: the statement must carry the nonce that the ledger names."""
        begun_at = self._entries.opened[0].stamp.time
        cited = [self._read(sha256, begun_at) for sha256 in self._cited]
        gates = [Begun(step, rule, GateSeen(), 1, begun_at, True) for step, rule in rules_of(self._plan).items()]
        wanted = [self._wanted(each) for each in gates]
        for rejection in self._entries.rejections:
            if rejection.stands([signed for signed in cited if signed], wanted, self._trust.roster):
                self._failed("The run was begun although its plan was {told}.", told=rejection)
        for nonce, signed in zip(self._cited.values(), cited, strict=True):
            if signed and signed.statement.get("nonce") != nonce:
                fact = "The approval {sha256} does not carry the nonce that the ledger names."
                self._failed(fact, sha256=signed.sha256)

    def _check_taken(self, taken: r.StatementTaken, at: datetime) -> None:
        """What the run says that somebody signed must be there, and must be theirs."""
        self._taken.add(taken.statement)
        signed = self._read(taken.statement, at)
        if signed and signed.principal != taken.by:
            self._failed(
                "The log says that {by} signed {sha256}, it was {who}.",
                by=taken.by,
                sha256=taken.statement,
                who=signed.principal,
            )

    def _check_others(self) -> None:
        """Whatever else lies there was used for nothing, for anybody may lay something down; but a no is a no."""
        arrived: dict[tuple[str, str], Signed] = {}
        for pair in pairs_in(self._folder):
            try:
                signed, _, _ = read_pair(pair, self._trust, self._ledger.latest or datetime.max)
                arrived.setdefault((signed.sha256, signed.principal), signed)
            except ValueError as error:
                if pair.own not in {*self._taken, *self._cited}:
                    fact = "The statement {name} beside the log does not hold ({why}); nothing was done on it."
                    self._findings.note("authorisation", fact, name=pair.text.name, why=error)
        check_rejections(arrived.values(), self._started, self._taken, self._trust.roster, self._findings)

    def _check_gate(self, begun: Begun) -> None:
        step, role = begun.step, str(begun.rule["role"])
        people: set[str | None] = set()
        broken = 0
        for decision, at in begun.gate.decided.values():
            if decision.value == BREAK_GLASS and decision.statement is None:
                broken += 1
                self._take_debt(begun, role, decision)
                continue
            signed = self._read(decision.statement or "", at)
            if signed is None:
                continue
            person = self._trust.roster.person_of(signed.principal)
            reason = self._why_refused(signed, begun)
            if reason is None and (signed.principal != decision.by or person in people):
                reason = f"the log counts it as that of {decision.by}"
            if reason:
                fact = "Step {step}: the approval of {by} does not count: {why}."
                self._failed(fact, step=step, by=signed.principal, why=reason)
                continue
            people.add(person)
            self.approved.append(f"{signed.statement.get('of')} approved by {signed.principal} ({role}) for {step}")
        if len(people) + broken < int(begun.rule.get("quorum") or 1):
            self._failed("Step {step} was carried out without the approval of a {role}.", step=step, role=role)

    def _take_debt(self, begun: Begun, role: str, decision: r.GateDecided) -> None:
        """Who does without an approval carries the run out, and says why."""
        reason = self._glass.get(begun.step)
        if decision.by not in self._operators(begun.segment) or not reason:
            fact = "Step {step}: {by} did without the approval of a {role} and does not say why."
            self._failed(fact, step=begun.step, by=decision.by, role=role)
        self._debts.append(Debt(step=begun.step, role=role, by=decision.by, reason=reason or "-"))

    def _check_reviews(self) -> None:
        """A broken glass stays a debt until somebody who could have approved has reviewed the run as it ended."""
        involved = {str(self._plan.get("requester")), *self._operators(len(self._entries.opened))}
        head = str(self._entries.closed["head"]) if self._entries.closed else None
        for debt in self._debts:
            review = closing(debt, self._entries.reviews, head, self._trust.roster, involved)
            values = {"step": debt.step, "role": debt.role, "by": debt.by, "reason": debt.reason}
            if review is None:
                fact = "Step {step}: break-glass, not reviewed: {by} did without the approval of a {role}: {reason}"
                self._findings.incomplete("authorisation", fact, **values)
            else:
                fact = "Step {step}: {by} did without the approval of a {role} ({reason}); reviewed by {who}: {said}"
                self._findings.note("authorisation", fact, **values, who=review.by, said=review.reason)
                self.approved.append(f"break-glass for {debt.step} reviewed by {review.by} ({debt.role})")

    def _operators(self, segment: int) -> list[str]:
        return [str(opened.values["actor"]) for opened in self._entries.opened[:segment]]

    def _wanted(self, begun: Begun) -> Wanted:
        return Wanted(
            of=begun.rule.get("of") or "evidence",
            role=begun.rule["role"],
            origin=self._ledger.origin,
            plan=self._entries.opening["plan"],
            involved={str(self._plan.get("requester")), *self._operators(begun.segment)},
            run=self._run,
            step=begun.step,
            evidence=begun.gate.evidence,
            simulation=self._entries.opening.get("simulation") is True,
        )

    def _why_refused(self, signed: Signed, begun: Begun) -> str | None:
        get, wanted = signed.statement.get, self._wanted(begun)
        wanted = replace(wanted, involved={*wanted.involved, str(get("requester"))})
        others = {used for used, run in self._ledger.nonces.items() if run != self._run}
        if refused := why_refused(signed, wanted, self._trust.roster, now=begun.moment, used_nonces=others):
            return refused
        if get("of") == "plan" and self._cited.get(signed.sha256) != get("nonce"):
            return "the ledger's entry of this run does not cite it"
        if get("of") != "plan" and signed.sha256 in begun.gate.spent:
            return "it was given for the step before that was undone"
        return self._wrong_certificate(signed)

    def _wrong_certificate(self, signed: Signed) -> str | None:
        named = signed.statement.get("certificate") or "-"
        known = {fingerprint(key.certificate.blob) for key in self._entries.certified()}
        return None if named == "-" or named in known else "it names a certificate that is not of this run"

    def _read(self, sha256: str, at: datetime) -> Signed | None:
        try:
            signed = read_statement(self._folder, sha256, self._trust, at)
        except ValueError as error:
            self._failed("The statement {sha256} does not hold: {why}.", sha256=sha256 or "of nobody", why=error)
            return None
        self._vouch(signed)
        return signed

    def _vouch(self, signed: Signed) -> None:
        """Whoever signs an approval signs the state of the ledger that they saw: it must be a part of this one."""
        named = signed.statement.get("ledger") or "-"
        if named == "-":
            return
        size, _, root = named.partition(" ")
        number = int(size) if size.isascii() and size.isdecimal() and len(size) < 16 else -1
        if number == 0:
            return
        if "sha256:" + self._ledger.roots.get(number, b"").hex() != root:
            fact = "{who} has signed a ledger of {size} entries that is not this one: it forked or was rolled back."
            self._findings.failed("integrity", fact, who=signed.principal, size=size)
            return
        self.vouched.append(Vouched(signed.principal, number))

    def _failed(self, fact: str, **values: object) -> None:
        self._findings.failed("authorisation", fact, **values)


def _is_glass(record: r.Record) -> TypeGuard[r.Deviation]:
    return isinstance(record, r.Deviation) and record.kind == BREAK_GLASS
