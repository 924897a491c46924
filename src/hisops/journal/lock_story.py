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
        if not isinstance(record, r.LockChanged) or record.control is None:
            continue
        if record.event == "adopted":
            _check_adopted(item.segment, seen, findings)
        elif keeper not in {None, record.control}:
            fact = "In segment {number} the run went on in {there} without being adopted; {before} had carried it on."
            findings.failed("integrity", fact, number=item.segment, there=record.control, before=keeper)
        keeper = record.control


def _check_adopted(segment: int, seen: Sequence[Seen], findings: Findings) -> None:
    here = [item.record for item in seen if item.segment == segment and isinstance(item.record, r.Deviation)]
    why = next((record for record in here if record.kind == "adopted"), None)
    if why is None:
        findings.failed("integrity", "Segment {number} adopts the run and does not say who and why.", number=segment)
        return
    findings.note("completeness", "{by} {reason}; segment {number}.", by=why.by, reason=why.reason, number=segment)


def note_broken(values: Mapping[str, Any], findings: Findings) -> None:
    """Take down an entry of the ledger with which a person takes a lock away."""
    fact = "{by} took {lock} on {host} away from {holder}: {reason} (seen before: {seen})."
    told = {name: str(values[name]) for name in ("lock", "host", "holder", "reason", "seen")}
    findings.note("authorisation", fact, by=values["actor"], **told)
