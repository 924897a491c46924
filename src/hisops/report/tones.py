"""How the state of a step is to be taken."""

from __future__ import annotations

from hisops.model.account import Written
from hisops.report.sheet import Tone


def tone(line: Written) -> Tone:
    """Return how the state of a step is to be taken."""
    state = getattr(line.record, "state", "")
    if state in {"FAILED", "UNKNOWN", "UNDO_FAILED"}:
        return "bad"
    return "care" if state in {"UNDONE", "SKIPPED"} else ""
