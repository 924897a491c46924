"""How a run leaves its loop before the last step."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.errors import Unreachable


class Leave(Exception):
    """The run goes into `state` now; an end state seals it, another one waits for people."""

    def __init__(self, state: str, reason: str, exit_code: int | None = None) -> None:
        super().__init__(state, reason)
        self.state = state
        self.reason = reason
        self.exit_code = exit_code


def worst(faults: Sequence[Exception]) -> Exception:
    """Return what several steps that went wrong at once lead to; what is no failure of a step comes first.

    A step that nobody knows the end of holds the run; else it fails, and all that failed are named.
    """
    odd = [fault for fault in faults if not isinstance(fault, Leave)]
    broken = [fault for fault in odd if not isinstance(fault, Unreachable)]
    if odd:
        return (broken or odd)[0]
    leaves = [fault for fault in faults if isinstance(fault, Leave)]
    failed = [leave for leave in leaves if leave.state == "FAILED"]
    held = [leave for leave in leaves if leave.state == "HELD"]
    chosen = held or failed or leaves
    code = next((leave.exit_code for leave in chosen if leave.exit_code is not None), None)
    return Leave(chosen[0].state, "; ".join(leave.reason for leave in chosen), code)
