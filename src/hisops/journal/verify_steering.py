"""Who paused, cancelled or killed: asked again by a reader, with the rule that the run was carried out by."""

from __future__ import annotations

from collections.abc import Collection

from hisops.journal.findings import Findings
from hisops.model.approval import People
from hisops.model.records import StatementTaken
from hisops.model.steering import STEERING, why_may_not_steer


def check_steering(
    taken: StatementTaken, involved: Collection[str], approvers: Collection[str], people: People, findings: Findings
) -> None:
    """Take down a statement that the run heeded although it came from somebody who may not steer it."""
    if taken.kind not in STEERING:
        return
    if why := why_may_not_steer(taken.kind, taken.by, involved, approvers, people):
        fact = "The run heeded the {kind} of {by}: {why}."
        findings.failed("authorisation", fact, kind=taken.kind, by=taken.by, why=why)
