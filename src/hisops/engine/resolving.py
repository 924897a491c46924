"""What a person has decided, signed, about a step that no probe can tell."""

from __future__ import annotations

from typing import NamedTuple

from hisops.engine.running import Running
from hisops.model import records as r
from hisops.model.runbook import Step
from hisops.model.statement import Signed


class Resolved(NamedTuple):
    """Is it done? And who says so, why."""

    done: bool
    reason: str


def resolved(run: Running, step: Step) -> Resolved | None:
    """Return what a person who carries out the run has decided about `step`, once; None if nobody has."""
    taken = {item.statement for item in run.recorder.view.statements}
    for signed in run.steering.signed():
        statement = signed.statement
        if statement.kind != "resolution" or statement.get("step") != step.id or signed.sha256 in taken:
            continue
        if signed.principal not in run.involved:
            reason = f"{signed.principal} does not carry out this run"
            run.recorder.write(r.StatementRefused(statement=signed.sha256, reason=reason, by=signed.principal))
            continue
        return _accept(run, step, signed)
    return None


def _accept(run: Running, step: Step, signed: Signed) -> Resolved:
    as_ = signed.statement.get("as")
    reason = f"resolved as {as_} by {signed.principal}: {signed.statement.get('evidence')}"
    run.steering.take(signed, step.id)
    run.recorder.commit(r.Deviation(kind="resolved", step=step.id, reason=reason, by=signed.principal))
    return Resolved(as_ == "done", reason)
