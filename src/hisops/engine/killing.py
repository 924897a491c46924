"""What a kill leaves: the operation's statement is taken, the deviation written down, and its end proves nothing."""

from __future__ import annotations

from hisops.engine.recorder import Recorder
from hisops.engine.steering import Steering
from hisops.model import records as r


class Kills:
    """Asked at the end of each detached operation: did somebody kill it?"""

    def __init__(self, recorder: Recorder, steering: Steering) -> None:
        self._recorder = recorder
        self._steering = steering

    def __call__(self, step: str, op: str) -> str | None:
        """Return who killed the tool of `op`, and why; None if nobody did. Durable with the end of the call."""
        signed = self._steering.killed(op)
        if signed is None:
            return None
        self._steering.take(signed, step)
        why = f"{signed.principal}: {signed.statement.get('reason')}"
        reason = f"the tool of {op} was killed: {signed.statement.get('reason')}"
        self._recorder.write(r.Deviation(kind="killed", step=step, reason=reason, by=signed.principal))
        return why
