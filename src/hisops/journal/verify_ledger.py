"""Verifying the ledger: chain, signatures, who may enter what, clocks; and what it says about runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from hisops.errors import LogBroken
from hisops.journal.certified import CertifiedKey, certified_key
from hisops.journal.chain import Chain, Line, Walk, bad_line
from hisops.journal.findings import Findings
from hisops.journal.heads import ledger_text
from hisops.journal.ledger import FILE
from hisops.journal.ledger_facts import LedgerFacts, Opened, RunEntries
from hisops.journal.lock_story import BREAK, note_broken
from hisops.journal.merkle import Tree
from hisops.journal.plan_rejections import KIND as REJECTION
from hisops.journal.plan_rejections import rejection_of
from hisops.journal.reviews import KIND as REVIEW
from hisops.journal.reviews import review_of
from hisops.journal.runkey import LEDGER
from hisops.journal.sshcert import KIND as CERTIFICATE
from hisops.journal.sshkey import kind_of
from hisops.journal.sshsig import from_base64, parse, verify
from hisops.journal.stamp import TOLERANCE, Stamp
from hisops.journal.trust import Trust
from hisops.journal.verify_checkpoint import verify_checkpoint
from hisops.model.moment import read_time

REMARKS = frozenset({"ledger.torn", "clock.step"})
OF_RUNS = frozenset({"run.open", "seg.open", "run.close"})
OF_PEOPLE = frozenset({"genesis", "run.abandon", "blob.redact", REVIEW, REJECTION, BREAK})


def verify_ledger(logs: Path, trust: Trust, findings: Findings) -> LedgerFacts:
    """Return what the ledger says, as far as it holds."""
    reading = _Reading(trust, findings)
    if not (logs / FILE).exists():
        if (logs / "runs").is_dir() and any((logs / "runs").iterdir()):
            findings.failed("integrity", "There are runs, but no ledger.")
        else:
            findings.incomplete("completeness", "There is no log yet.")
        return reading.facts
    walk = Walk(logs / FILE)
    try:
        for line in walk:
            reading.line(line)
    except LogBroken as error:
        findings.failed("integrity", "{error}", error=error)
        reading.facts.whole = False
        return reading.facts
    reading.end(walk.torn)
    if reading.facts.size:
        verify_checkpoint(logs, reading.facts, trust, findings)
    return reading.facts


class _Reading:
    """Goes along the ledger, batch by batch: a batch is what one signature is over."""

    def __init__(self, trust: Trust, findings: Findings) -> None:
        self.facts = LedgerFacts()
        self._trust = trust
        self._findings = findings
        self._batch: list[Line] = []
        self._tree = Tree()
        self._last: Stamp | None = None

    def line(self, line: Line) -> None:
        """Take the next line."""
        if line.kind != "sig":
            self._batch.append(line)
            return
        batch, self._batch = self._batch, []
        try:
            self._signed(batch, line)
        except KeyError as error:
            raise bad_line(FILE, line.n, f"it lacks {error}") from error
        except (ValueError, TypeError) as error:
            raise bad_line(FILE, line.n, str(error)) from error

    def end(self, torn: bytes) -> None:
        """Say what stands after the last signature."""
        if self._batch or torn:
            count, size = len(self._batch), len(torn)
            self._findings.incomplete(
                "completeness",
                "The ledger ends in {count} unsigned lines and {size} torn bytes.",
                count=count,
                size=size,
            )

    def _signed(self, batch: list[Line], signature: Line) -> None:
        if set(signature.values) != {"n", "p", "t", "sig"} or not batch:
            raise ValueError("a signature line holds n, p, t and sig, and signs something")
        entry = batch[-1].values
        stamp = Stamp(read_time(entry["ts"]), entry["bt"])
        self._check_remarks(batch[:-1])
        if not self.facts.origin:
            self.facts.origin = _origin_of(batch[-1])
        end = Chain(signature.before, signature.n, signature.before_size)
        text = ledger_text(self.facts.origin, end)
        self._check_signer(batch[-1], stamp, from_base64(signature.values["sig"]), text)
        self._check_clock(batch, stamp)
        for line in batch:
            self._tree.add(line.raw)
            self.facts.entries_by.append(str(line.values["actor"]))
            self.facts.roots[self._tree.size] = self._tree.root
        self.facts.size, self.facts.latest = self._tree.size, stamp.time

    def _check_remarks(self, lines: list[Line]) -> None:
        for line in lines:
            if line.kind not in REMARKS:
                raise ValueError(f"an entry {line.kind} is not signed by itself")
            self._findings.note("integrity", "Ledger line {line}: {kind}.", line=line.n + 1, kind=line.kind)

    def _check_signer(self, line: Line, stamp: Stamp, blob: bytes, text: bytes) -> None:
        """A run's key signs entries of its own run only; a person everything that stands outside of runs."""
        actor, signature = line.values["actor"], parse(blob)
        if kind_of(signature.key) != CERTIFICATE:
            if line.kind in OF_RUNS:
                raise ValueError(f"an entry {line.kind} is signed with the key of the run")
            verify(signature, LEDGER, text)
            if self._trust.person_behind(signature.key, LEDGER, stamp.time) != actor:
                raise ValueError(f"it was not signed by {actor}")
            self._by_person(line)
            return
        if line.kind not in OF_RUNS:
            raise ValueError(f"the key of a run cannot sign an entry {line.kind}")
        self._by_run(line, stamp, blob, text)

    def _by_run(self, line: Line, stamp: Stamp, blob: bytes, text: bytes) -> None:
        run, values = line.values["run"], line.values
        if line.kind == "run.open" and run in self.facts.runs:
            raise ValueError(f"the run {run} is opened twice")
        entries = RunEntries() if line.kind == "run.open" else self.facts.runs[run]
        opening = entries.opening if entries.opened else values
        if entries.closed:
            raise ValueError(f"the run {run} is closed already")
        key = self._key_of(line, run, opening["plan"], stamp.time, entries)
        key.check(blob, LEDGER, text)
        self.facts.runs[run] = entries
        if line.kind == "run.close":
            entries.closed, entries.closing_key = values, key if "cert" in values else None
            return
        if values["segment"] != len(entries.opened) + 1:
            raise ValueError(f"segment {values['segment']} of {run} is out of order")
        if line.kind == "run.open":
            entries.rejections = self.facts.rejections.get(values["plan"], ())
        entries.opened.append(Opened(values, hashlib.sha256(line.raw).hexdigest(), stamp, key))
        self._check_nonces(run, values)

    def _key_of(self, line: Line, run: str, plan: str, at: datetime, entries: RunEntries) -> CertifiedKey:
        if "cert" in line.values:
            return certified_key(line.values, run, plan, self._trust, at)
        last = entries.opened[-1]
        if last.key is None or last.values["actor"] != line.values["actor"]:
            raise ValueError("it is not signed by who wrote the run's last segment")
        return last.key

    def _check_nonces(self, run: str, values: Mapping[str, Any]) -> None:
        for nonce in values.get("nonces", ()):
            other = self.facts.nonces.setdefault(nonce, run)
            if other != run:
                self._findings.failed(
                    "authorisation", "The run {run} uses an approval that {other} had used up.", run=run, other=other
                )

    def _by_person(self, line: Line) -> None:
        values = line.values
        if line.kind == "run.abandon":
            self.facts.runs[values["run"]].abandoned_by = values["actor"]
        elif line.kind == REJECTION:
            plan = str(values["plan"])
            self.facts.rejections[plan] = (*self.facts.rejections.get(plan, ()), rejection_of(values))
        elif line.kind == REVIEW:
            self.facts.runs[values["run"]].reviews.append(review_of(values))
        elif line.kind == "blob.redact":
            self.facts.redacted[values["digest"]] = str(values["reason"])
        elif line.kind == BREAK:
            note_broken(values, self._findings)
        elif line.kind not in OF_PEOPLE:
            add = self._findings.incomplete if values.get("crit") is True else self._findings.note
            add("completeness", "The ledger holds an entry of unknown type {kind}.", kind=line.kind)

    def _check_clock(self, batch: list[Line], stamp: Stamp) -> None:
        last, self._last = self._last, stamp
        if last is None or (last.time - stamp.time).total_seconds() * 1_000_000 <= TOLERANCE:
            return
        if any(line.kind == "clock.step" for line in batch):
            self._findings.note(
                "time", "The clock of the control host was set back before ledger line {line}.", line=batch[-1].n + 1
            )
        else:
            self._findings.failed("time", "Ledger line {line} is older than the one before it.", line=batch[-1].n + 1)


def _origin_of(line: Line) -> str:
    if line.kind != "genesis" or line.values["format"] != "hisops-ledger/1":
        raise ValueError("a ledger begins with its genesis")
    return str(line.values["origin"])
