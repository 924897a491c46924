"""What people say to a run from outside: taken at the boundary between two steps."""

from __future__ import annotations

from hisops.engine.leaving import Leave
from hisops.engine.recorder import Recorder
from hisops.model import records as r
from hisops.model.plan import Plan
from hisops.model.statement import Signed
from hisops.ports import Ports, Rejected


class Steering:
    """Reads the signed statements of a run that are no answers to a gate."""

    def __init__(self, ports: Ports, recorder: Recorder, plan: Plan) -> None:
        self._ports = ports
        self._recorder = recorder
        self._plan = plan
        self._pause = False

    def signed(self) -> list[Signed]:
        """Return what has arrived for the run with a good signature."""
        found = self._ports.statements.for_run(self._ports.journal.run_id)
        return [item for item in found if not isinstance(item, Rejected)]

    def boundary(self) -> None:
        """Leave here if the run was cancelled, or asked to pause."""
        for signed in self.signed():
            if signed.statement.kind == "cancellation" and signed.statement.get("run") == self._ports.journal.run_id:
                self._ports.statements.keep(self._ports.journal.run_id, signed)
                self._recorder.write(
                    r.StatementTaken(statement=signed.sha256, kind="cancellation", by=signed.principal)
                )
                raise Leave("CANCELLED", f"cancelled by {signed.principal}: {signed.statement.get('reason')}")
        if self._pause:
            raise Leave("PAUSED", "paused between two steps, as asked")

    def pause(self) -> None:
        """Ask to leave at the next boundary. Safe to call from a signal handler."""
        self._pause = True
