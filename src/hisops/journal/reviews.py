"""What the ledger says about a run from outside of it: how it was closed, and who has reviewed it since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.journal.chain import START, Walk, signed
from hisops.journal.ledger import FILE, Ledger, person_sign
from hisops.model.review import Review
from hisops.ports import Certifier, Clock

KIND = "review"


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The digest of the HEAD that the ledger closed the run with (None: not closed), and the reviews."""

    head: str | None
    reviews: tuple[Review, ...]


def review_of(values: Mapping[str, Any]) -> Review:
    """Return the review in an entry of the ledger; KeyError if it lacks something."""
    return Review(by=str(values["actor"]), head=str(values["head"]), reason=str(values["reason"]))


def aftermath_of(logs: Path, run_id: str) -> Aftermath:
    """Return what the ledger says about the run; it is read, not verified."""
    head, reviews = None, []
    for line in signed(Walk(logs / FILE, START)):
        if line.values.get("run") != run_id:
            continue
        if line.kind == "run.close":
            head = str(line.values["head"])
        elif line.kind == KIND:
            reviews.append(review_of(line.values))
    return Aftermath(head, tuple(reviews))


def enter_review(logs: Path, origin: str, run_id: str, head: str, reason: str, person: Certifier, clock: Clock) -> None:
    """Enter that `person` has reviewed the run whose HEAD has the digest `head`."""
    values = {"run": run_id, "head": head, "reason": reason}
    Ledger(logs, clock).append(origin, person.principal, KIND, values, person_sign(person))
