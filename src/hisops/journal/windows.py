"""Was it begun in its window? Asked again of the records of a run whose runbook wants one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hisops.journal.findings import Findings
from hisops.journal.verify_segment import Seen
from hisops.model import records as r
from hisops.model.window import parse, told

WRITES = frozenset({"write", "destructive"})


def check_window(seen: Sequence[Seen], plans: Sequence[Mapping[str, Any]], findings: Findings) -> None:
    """Take down a first write that was begun outside of the window that the log names; what follows may run over.

    `plans`: as approved and as amended. Where either wants no window there is nothing to ask.
    """
    if any(plan.get("runbook", {}).get("window") != "required" for plan in plans):
        return
    window: r.WindowSeen | None = None
    for item in seen:
        if isinstance(item.record, r.WindowSeen):
            window = item.record
        elif isinstance(item.record, r.CallIntent) and item.record.effect in WRITES:
            _check_first(item.record.step, item.stamp.time, window, findings)
            return


def _check_first(step: str, at: datetime, window: r.WindowSeen | None, findings: Findings) -> None:
    if window is None or window.opens is None or window.closes is None:
        findings.failed("authorisation", "Step {step} was begun without an open window.", step=step)
        return
    opens, closes = parse(window.opens), parse(window.closes)
    values = {"step": step, "at": f"{at:%Y-%m-%d %H:%M:%SZ}", "window": told(opens, closes, window.timezone)}
    if opens <= at < closes:
        findings.note("authorisation", "Begun at {at} in the window {window}.", **values)
        return
    findings.failed("authorisation", "Step {step} was begun at {at}, outside of its window {window}.", **values)
