"""Another person takes a run over: only with a role in common, and on the record."""

from __future__ import annotations

from hisops.errors import IdentityRefused
from hisops.journal.reader import LoadedRun
from hisops.model.records import Handover
from hisops.model.roster import Roster


def handover(run: LoadedRun, principal: str, roster: Roster) -> Handover | None:
    """Return the record with which `principal` takes the run over; None if it is that person's already."""
    previous = carrier(run)
    if roster.person_of(previous) == roster.person_of(principal):
        return None
    held = roster.roles_of(previous)
    common = [role for role in roster.roles_of(principal) if role in held]
    if not common:
        raise IdentityRefused(
            "HIS-4236",
            "{who} cannot take the run over from {previous}: the two have no role in common ({roles}).",
            "Somebody who holds a role of {previous} can: hisops resume",
            who=principal, previous=previous, roles=", ".join(held) or "-",
        )  # fmt: skip
    return Handover(previous=previous, by=principal, role=common[0])


def carrier(run: LoadedRun) -> str:
    """Return who carries the run out: who began it, or who took it over last."""
    taken = [record.by for record in run.records if isinstance(record, Handover)]
    return taken[-1] if taken else run.operators[0]
