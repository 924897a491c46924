"""What people have signed for a run: taken with a record and a copy beside the log, or refused with the reason."""

from __future__ import annotations

from hisops.engine.recorder import Recorder
from hisops.model import records as r
from hisops.model.statement import Signed
from hisops.ports import Rejected, Statements


class Arrivals:
    """The signed statements of one run."""

    def __init__(self, statements: Statements, recorder: Recorder, run_id: str, plan_digest: str) -> None:
        self._statements = statements
        self._recorder = recorder
        self._run_id = run_id
        self._plan_digest = plan_digest

    def signed(self) -> list[Signed]:
        """Return what has arrived for the run with a good signature; what has none is taken down as refused.

        What has opened a gate once does not open it again when the step was undone, but for approvals of the plan.
        """
        found = []
        spent = {decision.statement for decision in self._recorder.view.spent}
        for item in self._statements.for_run(self._run_id):
            if isinstance(item, Rejected):
                self.refuse(item.sha256, item.reason, item.by)
            elif item.sha256 not in spent or item.statement.get("of") == "plan":
                found.append(item)
        return found

    def rejections(self) -> list[Signed]:
        """Return the rejections of the run, and those of its plan, which may come after it was opened."""
        of_plan = [item for item in self._statements.for_plan(self._plan_digest) if isinstance(item, Signed)]
        found = {item.sha256: item for item in [*self.signed(), *of_plan] if item.statement.kind == "rejection"}
        return list(found.values())

    def take(self, signed: Signed, step: str) -> None:
        """Keep a statement that counts beside the log, and say so there."""
        taken = {item.statement for item in self._recorder.view.statements}
        if signed.sha256 not in taken:
            self._statements.keep(self._run_id, signed)
            kind = signed.statement.kind
            self._recorder.write(r.StatementTaken(statement=signed.sha256, kind=kind, by=signed.principal, step=step))

    def refuse(self, sha256: str, reason: str, by: str | None) -> None:
        """Take down once that a statement does not count; two people may have signed the same text."""
        known = {(item.statement, item.reason) for item in self._recorder.view.refused}
        if (sha256, reason) not in known:
            self._recorder.write(r.StatementRefused(statement=sha256, reason=reason, by=by))
