"""What the log says of locks: a run stays with one copy of its log until another adopts it, signed, with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hisops.journal.findings import Findings
from hisops.journal.verify_segment import Seen
from hisops.model import records as r

BREAK = "lock.break"


def check_locks(seen: Sequence[Seen], findings: Findings) -> None:
    """Take down each adoption, and what went on in another copy of the log without one."""
    keeper: str | None = None
    for item in seen:
        record = item.record
        control = record.control if isinstance(record, r.LockChanged | r.RunKept) else None
        if control is None:
            continue
        if keeper not in {None, control}:
            _check_adopted(item.segment, control, str(keeper), seen, findings)
        keeper = control


def _check_adopted(segment: int, there: str, before: str, seen: Sequence[Seen], findings: Findings) -> None:
    here = [item.record for item in seen if item.segment == segment and isinstance(item.record, r.Deviation)]
    why = next((record for record in here if record.kind == "adopted"), None)
    if why is None:
        fact = "In segment {number} the run went on in {there} without being adopted; {before} had carried it on."
        findings.failed("integrity", fact, number=segment, there=there, before=before)
        return
    findings.note("completeness", "{by} {reason}; segment {number}.", by=why.by, reason=why.reason, number=segment)


def note_broken(values: Mapping[str, Any], findings: Findings) -> None:
    """Take down an entry of the ledger with which a person takes a lock away."""
    fact = "{by} took {lock} on {host} away from {holder}: {reason} (seen before: {seen})."
    told = {name: str(values[name]) for name in ("lock", "host", "holder", "reason", "seen")}
    findings.note("authorisation", fact, by=values["actor"], **told)
