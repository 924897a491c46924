"""The runs of a playbook on this site: planned when they are reached, opened under a recorded id, or found again."""

from __future__ import annotations

from collections.abc import Callable

from hisops.canonical import digest
from hisops.cli import wiring
from hisops.cli.amending import amendment_due
from hisops.cli.citing import cite
from hisops.cli.planning import check_fresh, make_plan
from hisops.cli.prospects import Findings, Prospects, told
from hisops.cli.wiring import Desk
from hisops.console.gate import Nobody
from hisops.console.live import Watch
from hisops.console.plan import plan_lines
from hisops.console.progress import Progress
from hisops.console.theme import Screen
from hisops.engine.amending import Amendment
from hisops.engine.ending import Ended
from hisops.engine.playing import REFUSED
from hisops.errors import Refused, Unreachable, UsageProblem
from hisops.journal.chain import read_regular
from hisops.journal.reader import LoadedRun, load_run
from hisops.journal.run import finish_close
from hisops.journal.writer import RunJournal
from hisops.model.plan import Plan
from hisops.model.run import fold
from hisops.ports import ChildLeft, ChildOrder

Carried = tuple[Plan, RunJournal, LoadedRun | None, Amendment | None]
Carry = Callable[[*Carried], tuple[Progress, Ended]]
NO_PLAN = (UsageProblem, Unreachable, Refused)


class SiteRuns(Prospects):
    """Satisfies `ports.Children`. `observer` leaves the terminal to a run while `carry` carries it out."""

    def __init__(self, desk: Desk, screen: Screen, observer: Watch, carry: Carry, *, break_glass: bool = False) -> None:
        def plan(order: ChildOrder) -> tuple[Plan, Findings]:
            planned = make_plan(
                desk, order.runbook, order.target, order.values, Nobody(), observer, break_glass=break_glass
            )
            return planned.plan, planned.refusals

        super().__init__(desk, plan)
        self._observer = observer
        self._screen = screen
        self._carry = carry

    def carry_on(self, order: ChildOrder) -> ChildLeft:
        """Plan and open the run if it is not known, else resume it, else adopt its end; return how it stands now."""
        with self._observer.held():
            if not self.known(order.run):
                return self._begin(order)
            run, plan = wiring.loaded_run(self._desk, order.run)
            if not run.sealed and not run.live:
                self._resume(run, plan)
            return self.left(order.run)

    def _begin(self, order: ChildOrder) -> ChildLeft:
        try:
            plan, refusals = self.plan(order)
            self._screen.show(plan_lines(plan, self._screen.page(), refusals))
            _check_same(order, plan)
            if refusals:
                return _refused("; ".join(map(told, refusals)))
            check_fresh(self._desk, plan, Nobody(), self._observer)
        except NO_PLAN as error:
            return _refused(str(error))
        cited = cite(self._desk, plan)
        journal = wiring.start_log(self._desk, plan, cited.approvals, order.run)
        self._carry(plan, journal, None, None)
        return self.left(order.run)

    def _resume(self, run: LoadedRun, plan: Plan) -> None:
        amendment = amendment_due(self._desk, self._screen, run, plan)
        plan = plan.amended(amendment.definitions) if amendment else plan
        self._carry(plan, wiring.reopen_log(self._desk, run.run_id), run, amendment)

    def left(self, run: str) -> ChildLeft:
        """Return how the log of a run says that it stands; one that is sealed is closed in the ledger, too."""
        loaded = load_run(self._desk.logs, run)
        view = fold(loaded.records)
        if loaded.live:
            return ChildLeft(state="RUNNING", exit_code=14, reason="another process carries it out")
        if view.sealed is None:
            return ChildLeft(state=view.state, exit_code=14, reason=view.reason, wrote=view.wrote)
        if not loaded.closed:
            finish_close(self._desk.logs, run, self._desk.key(), self._desk.clock)
        head = digest(read_regular(loaded.folder / "HEAD"))
        return ChildLeft(
            state=view.sealed.state, exit_code=view.sealed.exit, reason=view.reason, head=head, wrote=view.wrote
        )


def _check_same(order: ChildOrder, plan: Plan) -> None:
    """Refuse a runbook that is not the one that the playbook was planned with."""
    if plan.runbook_digest != order.digest:
        raise Refused(
            "HIS-6804", "{runbook} changed since the playbook was planned.", "Put the old file back, or amend the run.",
            runbook=order.runbook,
        )  # fmt: skip


def _refused(reason: str) -> ChildLeft:
    return ChildLeft(state=REFUSED, exit_code=Refused.exit_code, reason=reason)
