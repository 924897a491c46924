"""Verifying the ledger's checkpoint. It is derived from the ledger, so it may lag behind; what it says must be so."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hisops.errors import LogBroken
from hisops.journal.chain import read_regular
from hisops.journal.findings import Findings
from hisops.journal.heads import checkpoint_text
from hisops.journal.ledger_facts import LedgerFacts
from hisops.journal.runkey import LEDGER
from hisops.journal.sshcert import KIND as CERTIFICATE
from hisops.journal.sshkey import kind_of
from hisops.journal.sshsig import dearmor, from_base64, parse, verify
from hisops.journal.trust import Trust

_RECENT = 4  # entries that one crash can leave between the two files


def verify_checkpoint(logs: Path, facts: LedgerFacts, trust: Trust, findings: Findings) -> None:
    """Say whether the checkpoint and its signature are of this ledger."""
    text, signature = logs / "checkpoint", logs / "checkpoint.sig"
    if not text.exists() or not signature.exists():
        findings.note("completeness", "There is no checkpoint; the next run writes a new one.")
        return
    try:
        size = _size(read_regular(text), facts)
        blob = dearmor(read_regular(signature).decode("ascii"))
        signed = _signed_size(blob, size, facts, trust)
    except (LogBroken, ValueError) as error:
        findings.failed("integrity", "The checkpoint does not hold: {why}.", why=error)
        return
    if not size == signed == facts.size:
        findings.note("completeness", "The checkpoint lags behind; the next run writes a new one.")


def _size(body: bytes, facts: LedgerFacts) -> int:
    """Return the size that the checkpoint speaks of; ValueError if the ledger never had that root."""
    origin, number, root, rest = body.decode("utf-8").split("\n")
    size = int(number) if number.isascii() and number.isdecimal() else 0
    if rest or origin != facts.origin or str(size) != number:
        raise ValueError("it is not in its written form")
    if facts.roots.get(size) != from_base64(root):
        raise ValueError(f"the ledger never had this root at {number} entries")
    return size


def _signed_size(blob: bytes, size: int, facts: LedgerFacts, trust: Trust) -> int:
    """Return which checkpoint was signed: a crash may leave the signature of the one before beside the text."""
    _check_signer(blob, facts, trust)
    sizes = [size, *(other for other in range(facts.size, facts.size - _RECENT, -1) if other != size)]
    for other in sizes:
        if other in facts.roots:
            try:
                verify(parse(blob), LEDGER, checkpoint_text(facts.origin, other, facts.roots[other]))
            except ValueError as error:
                reason = error
            else:
                return other
    raise reason


def _check_signer(blob: bytes, facts: LedgerFacts, trust: Trust) -> None:
    key = parse(blob).key
    if kind_of(key) == CERTIFICATE:
        if key not in {known.certificate.blob for run in facts.runs.values() for known in run.certified()}:
            raise ValueError("it is signed with a key that the ledger does not know")
        return
    at = facts.latest or datetime.max
    if trust.person_behind(key, LEDGER, at) not in facts.entries_by:
        raise ValueError("its signer has no part in the ledger")
