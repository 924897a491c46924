"""Was a no heeded? Every rejection beside a log, against the steps that were carried out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hisops.journal.findings import Findings
from hisops.model.approval import STAMP, Wanted
from hisops.model.rejection import standing, told, why_ignored
from hisops.model.roster import Roster
from hisops.model.statement import Signed


@dataclass(frozen=True, slots=True)
class Started:
    """A step whose gate wants an approval was started: when, and which statements the run had taken by then."""

    wanted: Wanted
    step: str
    at: datetime
    taken: frozenset[str]


def check_rejections(
    arrived: Collection[Signed], started: Sequence[Started], taken: Collection[str], roster: Roster, findings: Findings
) -> None:
    """Take down steps that were started against a rejection; tell of every other one."""
    against: set[str] = set()
    for each in started:
        for signed in standing(arrived, each.wanted, roster):
            if signed.sha256 in each.taken:
                against.add(signed.sha256)
                findings.failed("authorisation", "Step {step} was started although it was {told}.",
                                step=each.step, told=told(signed))  # fmt: skip
            elif signed.sha256 not in taken and _time(signed) < each.at:
                against.add(signed.sha256)
                fact = "Step {step} was started after it was {told}; the run took no notice of that."
                findings.incomplete("authorisation", fact, step=each.step, told=told(signed))
    for signed in arrived:
        if signed.statement.kind == "rejection" and signed.sha256 not in against:
            weighs = signed.sha256 in taken or any(not why_ignored(signed, each.wanted, roster) for each in started)
            fact = "The run was {told}; {what}."
            what = "nothing was started against it" if weighs else "it does not count here"
            findings.note("authorisation", fact, told=told(signed), what=what)


def _time(signed: Signed) -> datetime:
    """Return when the person says to have rejected; without a time it was always so."""
    try:
        return datetime.strptime(signed.statement.get("at") or "", STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
