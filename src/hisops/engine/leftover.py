"""What a run has left behind, as its log has it: detached operations without an end, open steps, locks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hisops.model import records as r
from hisops.model.run import STEP_OPEN, RunView
from hisops.model.runbook import Runbook


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A detached operation whose end is not in the log."""

    step: str
    op: str
    host: str
    user: str | None
    attempt: int
    pid: int | None = None


def open_calls(records: Iterable[r.Record]) -> list[OpenCall]:
    """Return the detached operations without an end, oldest first."""
    found: dict[tuple[str, str, int], OpenCall] = {}
    for record in records:
        match record:
            case r.CallIntent(step=step, kind=kind, attempt=attempt, op=str(op), on=host, user=user):
                found[step, kind, attempt] = OpenCall(step=step, op=op, host=host, user=user, attempt=attempt)
            case r.CallEnded(step=step, kind=kind, attempt=attempt):
                found.pop((step, kind, attempt), None)
            case _:
                pass
    return list(found.values())


def open_steps(runbook: Runbook, view: RunView) -> list[tuple[str, str]]:
    """Return the steps that have begun and not come to their end, or failed, with their states."""
    states = [(step.id, view.step(step.id).state) for step in runbook.steps]
    return [(name, state) for name, state in states if state in STEP_OPEN | {"FAILED", "UNDO_FAILED"}]


def held_locks(view: RunView) -> list[tuple[str, str]]:
    """Return the locks that the log does not say were given back: name and host."""
    return [key for key, event in view.locks.items() if event != "released"]
