"""What people say to a run from outside: taken at the boundary between two steps, or while a gate waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.model import records as r
from hisops.model.statement import Signed, StatementKind
from hisops.model.steering import why_may_not_steer
from hisops.ports import Ports, Rejected


class Steering:
    """Reads the signed statements of a run that are no answers to a gate."""

    def __init__(self, ports: Ports, recorder: Recorder, involved: Collection[str]) -> None:
        self._ports = ports
        self._recorder = recorder
        self._involved = involved
        self._pause = False

    def signed(self) -> list[Signed]:
        """Return what has arrived for the run with a good signature."""
        found = self._ports.statements.for_run(self._ports.journal.run_id)
        return [item for item in found if not isinstance(item, Rejected)]

    def pause(self) -> None:
        """Ask to leave at the next boundary. Safe to call from a signal handler."""
        self._pause = True

    def boundary(self) -> None:
        """Leave between two steps if the run was cancelled, or asked to pause."""
        self.heed()
        self.rest()

    def heed(self) -> None:
        """Leave if somebody who may has signed that the run is to end or to pause."""
        self._heed("cancellation", "pause")

    def rest(self) -> None:
        """Leave if the run was asked to pause, where it cannot end: between two steps of an undo."""
        self._heed("pause")
        if self._pause:
            raise Leave("PAUSED", "paused between two steps, as asked")

    def _heed(self, *kinds: StatementKind) -> None:
        for signed in sorted(self._heard(*kinds), key=lambda signed: kinds.index(signed.statement.kind)):
            self.take(signed)
            raise _leave_of(signed)

    def cancelled(self) -> Signed | None:
        """Return the cancellation that waits for the next boundary."""
        return next(self._heard("cancellation"), None)

    def waits(self) -> bool:
        """Tell whether something waits for the next boundary."""
        return any(True for _ in self._heard("cancellation", "pause"))

    def killed(self, op: str) -> Signed | None:
        """Return the statement by which somebody killed the tool of `op`."""
        return next((signed for signed in self._heard("kill") if signed.statement.get("op") == op), None)

    def take(self, signed: Signed, step: str | None = None) -> None:
        """Keep a statement that counts beside the log, and say so there."""
        self._ports.statements.keep(self._ports.journal.run_id, signed)
        kind = signed.statement.kind
        self._recorder.write(r.StatementTaken(statement=signed.sha256, kind=kind, by=signed.principal, step=step))

    def _heard(self, *kinds: StatementKind) -> Iterator[Signed]:
        """Give what was signed for this run by people who may, and was not taken before."""
        view = self._recorder.view
        taken = {item.statement for item in view.statements}
        approvers = {item.by for item in view.statements if item.kind == "approval"}
        for signed in self.signed():
            statement, kind = signed.statement, signed.statement.kind
            if kind not in kinds or statement.get("run") != self._ports.journal.run_id or signed.sha256 in taken:
                continue
            why = why_may_not_steer(kind, signed.principal, self._involved, approvers, self._ports.statements)
            if why is None:
                yield signed
            elif signed.sha256 not in {item.statement for item in view.refused}:
                self._recorder.write(r.StatementRefused(statement=signed.sha256, reason=why, by=signed.principal))


def _leave_of(signed: Signed) -> Leave:
    reason = signed.statement.get("reason")
    why = f"{signed.principal}: {reason}" if reason else signed.principal
    if signed.statement.kind == "cancellation":
        return Leave("CANCELLED", f"cancelled by {why}")
    return Leave("PAUSED", f"paused by {why}")
