"""Who allowed it? Every gate that wanted an approval is checked again, with the reader's own trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeGuard

from hisops.journal.findings import Findings
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


@dataclass(slots=True)
class _Gate:
    """What the log has said of a step's gate so far: the evidence, and by part what was decided, and when."""

    evidence: str | None = None
    decided: dict[str, tuple[r.GateDecided, datetime]] = field(default_factory=dict)
    spent: set[str | None] = field(default_factory=set)

    def open(self, record: r.GateOpened) -> None:
        """What the gate waits for is not decided any more."""
        self.evidence = record.evidence
        for part in record.parts:
            self.decided.pop(part, None)

    def spend(self) -> None:
        """The step is to be done again: what was approved was approved for the first time."""
        self.spent |= {decision.statement for decision, _ in self.decided.values()}
        self.decided, self.evidence = {}, None


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
        gates: dict[str, _Gate] = {}
        rules = _rules(self._plan)
        glass = {item.record.step or "": item.record.reason for item in seen if _is_glass(item.record)}
        begun: dict[int, datetime] = {}
        left: set[str] = set()
        through: set[str] = set()
        approvers: set[str] = set()
        for item in seen:
            record = item.record
            begun.setdefault(item.segment, item.stamp.time)
            if isinstance(record, r.RunbookAmended):
                rules = _rules((amended or {}).get(record.digest) or self._plan)
                gates = {name: gate for name, gate in gates.items() if name in left}
            elif isinstance(record, r.StepChanged) and record.state == "PENDING":  # undone: its gate opens anew
                gates.setdefault(record.step, _Gate()).spend()
                through.discard(record.step)
            elif isinstance(record, r.StepChanged):
                left |= {record.step} if record.state not in {"PENDING", "WAITING"} else set()
            elif isinstance(record, r.StatementTaken):
                self._check_taken(record, item.stamp.time)
                involved = {str(self._plan.get("requester")), *self._operators(item.segment)}
                check_steering(record, involved, approvers, self._trust.roster, self._findings)
                approvers |= {record.by} if record.kind == "approval" else set()
            elif isinstance(record, r.GateOpened):
                gates.setdefault(record.step, _Gate()).open(record)
            elif isinstance(record, r.GateDecided) and record.part.startswith("approve"):
                gates.setdefault(record.step, _Gate()).decided[record.part] = record, item.stamp.time
            elif _starts(record) and record.step in rules:
                rule, gate = rules[record.step], gates.get(record.step, _Gate())
                if record.step not in through:
                    through.add(record.step)
                    self._check_gate(record.step, rule, gate, item.segment, begun[item.segment], glass)
                wanted = self._wanted(rule, record.step, gate, item.segment)
                self._started.append(Started(wanted, record.step, item.stamp.time, frozenset(self._taken)))
        self._check_others()
        self._check_reviews()

    def _check_cited(self) -> None:
        """Plan approvals were used up by `run.open`: the statement must carry the nonce that the ledger names."""
        cited = [self._read(sha256, self._entries.opened[0].stamp.time) for sha256 in self._cited]
        wanted = [self._wanted(rule, step, _Gate(), 1) for step, rule in _rules(self._plan).items()]
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
        arrived: dict[str, Signed] = {}
        for pair in pairs_in(self._folder):
            try:
                signed, _, _ = read_pair(pair, self._trust, self._ledger.latest or datetime.max)
                arrived.setdefault(signed.sha256, signed)
            except ValueError as error:
                if pair.own not in {*self._taken, *self._cited}:
                    fact = "The statement {name} beside the log does not hold ({why}); nothing was done on it."
                    self._findings.note("authorisation", fact, name=pair.text.name, why=error)
        check_rejections(arrived.values(), self._started, self._taken, self._trust.roster, self._findings)

    def _check_gate(
        self, step: str, rule: Mapping[str, Any], gate: _Gate, segment: int, begun: datetime, glass: Mapping[str, str]
    ) -> None:  # fmt: skip
        """The approvals must hold when the last part was decided, or when the step's process began if that is later."""
        moment = max([begun, *(at for _, at in gate.decided.values())])
        people: set[str | None] = set()
        broken = 0
        for decision, at in gate.decided.values():
            if decision.value == BREAK_GLASS and decision.statement is None:
                broken += 1
                self._take_debt(step, str(rule["role"]), decision, segment, glass.get(step))
                continue
            signed = self._read(decision.statement or "", at)
            if signed is None:
                continue
            reason = self._why_refused(signed, self._wanted(rule, step, gate, segment), moment)
            if reason is None and signed.sha256 in gate.spent and signed.statement.get("of") != "plan":
                reason = "it was given for the step before that was undone"
            person = self._trust.roster.person_of(signed.principal)
            if reason is None and (signed.principal != decision.by or person in people):
                reason = f"the log counts it as that of {decision.by}"
            if reason:
                self._failed(
                    "Step {step}: the approval of {by} does not count: {why}.",
                    step=step,
                    by=signed.principal,
                    why=reason,
                )
                continue
            people.add(person)
            self.approved.append(
                f"{signed.statement.get('of')} approved by {signed.principal} ({rule['role']}) for {step}"
            )
        if len(people) + broken < int(rule.get("quorum") or 1):
            self._failed("Step {step} was carried out without the approval of a {role}.", step=step, role=rule["role"])

    def _take_debt(self, step: str, role: str, decision: r.GateDecided, segment: int, reason: str | None) -> None:
        """Who does without an approval carries the run out, and says why."""
        if decision.by not in self._operators(segment) or not reason:
            fact = "Step {step}: {by} did without the approval of a {role} and does not say why."
            self._failed(fact, step=step, by=decision.by, role=role)
        self._debts.append(Debt(step=step, role=role, by=decision.by, reason=reason or "-"))

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

    def _wanted(self, rule: Mapping[str, Any], step: str, gate: _Gate, segment: int) -> Wanted:
        return Wanted(
            of=rule.get("of") or "evidence",
            role=rule["role"],
            origin=self._ledger.origin,
            plan=self._entries.opening["plan"],
            involved={str(self._plan.get("requester")), *self._operators(segment)},
            run=self._run,
            step=step,
            evidence=gate.evidence,
            simulation=self._entries.opening.get("simulation") is True,
        )

    def _why_refused(self, signed: Signed, wanted: Wanted, at: datetime) -> str | None:
        wanted = replace(wanted, involved={*wanted.involved, str(signed.statement.get("requester"))})
        nonce = signed.statement.get("nonce")
        others = {used for used, run in self._ledger.nonces.items() if run != self._run}
        refused = why_refused(signed, wanted, self._trust.roster, now=at, used_nonces=others)
        if refused is None and signed.statement.get("of") == "plan" and self._cited.get(signed.sha256) != nonce:
            return "the ledger's entry of this run does not cite it"
        return refused or self._wrong_certificate(signed)

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


def _starts(record: r.Record) -> TypeGuard[r.CallIntent | r.ChildIntended]:
    """True where a step, or the run that it stands for, is about to begin."""
    return isinstance(record, r.ChildIntended) or (isinstance(record, r.CallIntent) and record.kind == "action")


def _rules(definitions: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return by step what its gate wants approved."""
    gates = {step["id"]: step.get("gate") or {} for step in definitions.get("runbook", {}).get("steps", ())}
    return {name: gate["approve"] for name, gate in gates.items() if gate.get("approve")}
