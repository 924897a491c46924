"""Who allowed it? Every gate that wanted an approval is checked again, with the reader's own trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hisops.journal.findings import Findings
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.sshkey import fingerprint
from hisops.journal.statements import read_statement
from hisops.journal.trust import Trust
from hisops.journal.verify_segment import Seen
from hisops.model import records as r
from hisops.model.approval import Wanted, why_refused
from hisops.model.statement import Signed


@dataclass(frozen=True, slots=True)
class Vouched:
    """Up to which entry of the ledger somebody's signature reaches."""

    principal: str
    size: int


@dataclass(slots=True)
class _Gate:
    """What the log has said of a step's gate so far."""

    evidence: str | None = None
    decisions: list[tuple[r.GateDecided, datetime]] | None = None


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
        self.vouched: list[Vouched] = []
        self.approved: list[str] = []

    def check(self, seen: Sequence[Seen]) -> None:
        """Take down every approval that is missing or does not count, and whom the others are from."""
        self._check_cited()
        self._check_others({item.record.statement for item in seen if isinstance(item.record, r.StatementTaken)})
        gates: dict[str, _Gate] = {}
        wanted = {step["id"]: step["gate"]["approve"] for step in _gated(self._plan)}
        for item in seen:
            record = item.record
            if isinstance(record, r.StatementTaken):
                self._check_taken(record, item.stamp.time)
            elif isinstance(record, r.GateOpened):
                gates.setdefault(record.step, _Gate()).evidence = record.evidence
            elif isinstance(record, r.GateDecided) and record.part.startswith("approve"):
                gate = gates.setdefault(record.step, _Gate())
                gate.decisions = [*(gate.decisions or ()), (record, item.stamp.time)]
            elif isinstance(record, r.CallIntent) and record.kind == "action" and record.step in wanted:
                self._check_gate(record.step, wanted.pop(record.step), gates.get(record.step, _Gate()), item.segment)

    def _check_cited(self) -> None:
        """Plan approvals were used up by `run.open`: the statement must carry the nonce that the ledger names."""
        for sha256, nonce in self._cited.items():
            signed = self._read(sha256, self._entries.opened[0].stamp.time)
            if signed and signed.statement.get("nonce") != nonce:
                self._failed("The approval {sha256} does not carry the nonce that the ledger names.", sha256=sha256)

    def _check_taken(self, taken: r.StatementTaken, at: datetime) -> None:
        """What the run says that somebody signed must be there, and must be theirs."""
        signed = self._read(taken.statement, at)
        if signed and signed.principal != taken.by:
            self._failed(
                "The log says that {by} signed {sha256}, it was {who}.",
                by=taken.by,
                sha256=taken.statement,
                who=signed.principal,
            )

    def _check_others(self, taken: set[str]) -> None:
        """Whatever else lies there was used for nothing: anybody may lay something down."""
        for path in sorted(self._folder.glob("*.txt")) if self._folder.is_dir() else ():
            sha256 = "sha256:" + path.stem
            if sha256 in taken or sha256 in self._cited:
                continue
            try:
                read_statement(self._folder, sha256, self._trust, self._ledger.latest or datetime.max)
            except ValueError as error:
                fact = "The statement {sha256} beside the log does not hold ({why}); nothing was done on it."
                self._findings.note("authorisation", fact, sha256=sha256, why=error)

    def _check_gate(self, step: str, rule: Mapping[str, Any], gate: _Gate, segment: int) -> None:
        people: set[str | None] = set()
        for decision, at in gate.decisions or ():
            signed = self._read(decision.statement or "", at)
            if signed is None:
                continue
            reason = self._why_refused(signed, step, rule, gate, segment, at)
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
        if len(people) < int(rule.get("quorum") or 1):
            self._failed("Step {step} was carried out without the approval of a {role}.", step=step, role=rule["role"])

    def _why_refused(
        self, signed: Signed, step: str, rule: Mapping[str, Any], gate: _Gate, segment: int, at: datetime
    ) -> str | None:
        operators = [opened.values["actor"] for opened in self._entries.opened[:segment]]
        wanted = Wanted(
            of=rule.get("of") or "evidence",
            role=rule["role"],
            origin=self._ledger.origin,
            plan=self._entries.opening["plan"],
            involved={str(self._plan.get("requester")), str(signed.statement.get("requester")), *operators},
            run=self._run,
            step=step,
            evidence=gate.evidence,
        )
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


def _gated(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for step in plan.get("runbook", {}).get("steps", ()):
        if (step.get("gate") or {}).get("approve"):
            yield step
