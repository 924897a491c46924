"""How a run leaves its loop before the last step."""

from __future__ import annotations


class Leave(Exception):
    """The run goes into `state` now; an end state seals it, another one waits for people."""

    def __init__(self, state: str, reason: str, exit_code: int | None = None) -> None:
        super().__init__(state, reason)
        self.state = state
        self.reason = reason
        self.exit_code = exit_code
