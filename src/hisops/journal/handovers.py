"""Did a run change hands as it may? From person to person of the same role, and the new one said so first."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.journal.findings import Findings
from hisops.journal.verify_segment import Seen
from hisops.model import records as r
from hisops.model.roster import Roster


def check_handovers(operators: Sequence[str], seen: Sequence[Seen], roster: Roster, findings: Findings) -> None:
    """Take down every segment of another person that does not begin with a handover between people of one role.

    A segment that was cut off before its first record did nothing; its person says so in the next one.
    """
    carrier = operators[0] if operators else ""
    for number, actor in enumerate(operators, 1):
        first = next((item.record for item in seen if item.segment == number and not _is_clock(item.record)), None)
        if first is None or roster.person_of(actor) == roster.person_of(carrier):
            continue
        if not isinstance(first, r.Handover) or (first.previous, first.by) != (carrier, actor):
            fact = "{by} went on with the run in segment {number} without taking it over from {previous}."
            findings.failed("authorisation", fact, by=actor, number=number, previous=carrier)
        elif first.role not in roster.roles_of(actor) or first.role not in roster.roles_of(carrier):
            fact = "{by} took the run over from {previous} as {role}, which the two do not have in common."
            findings.failed("authorisation", fact, by=actor, previous=carrier, role=first.role)
        else:
            fact = "{by} took the run over from {previous} as {role} in segment {number}."
            findings.note("authorship", fact, by=actor, previous=carrier, role=first.role, number=number)
        carrier = actor


def _is_clock(record: r.Record) -> bool:
    return isinstance(record, r.ClockStepped)
