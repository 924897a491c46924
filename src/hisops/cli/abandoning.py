"""`hisops abandon`: end a run for which nothing more will be done, after saying what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

from hisops.cli import wiring
from hisops.cli.asking import check_idle, check_may_steer, open_run, user_of
from hisops.cli.killing import GONE
from hisops.cli.standing import progress_of
from hisops.cli.wiring import Desk
from hisops.console.gate import Nobody
from hisops.console.i18n import mark
from hisops.console.live import Watch
from hisops.console.observed import left_lines, observed_document, observed_lines, tool_sentence
from hisops.console.remarks import has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.engine.abandoning import abandon
from hisops.engine.ending import Ended
from hisops.engine.leftover import held_locks, open_calls, open_steps
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import HisopsError, IdentityRefused, LogBroken
from hisops.journal.ledger import Ledger, person_sign
from hisops.journal.reader import LoadedRun, find_run, opened_by
from hisops.model.plan import Plan
from hisops.model.run import EXIT_OF, fold

ABANDON = mark("Abandon it? Type the target's name, or Enter to leave: ")
CODE = EXIT_OF["ABANDONED"]


@dataclass(slots=True)
class _Left:
    """What the run leaves behind, in words; `busy` says why its locks have to stay."""

    steps: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    locks: list[str] = field(default_factory=list)
    busy: str | None = None

    def document(self) -> dict[str, list[str]]:
        """Return it for `--json`."""
        return {"steps": self.steps, "tools": self.tools, "locks": self.locks}


def abandon_run(desk: Desk, name: str, reason: str) -> int:
    """Say what is left, then seal the run ABANDONED; in the ledger alone if its log cannot be opened."""
    try:
        run, plan = open_run(desk, name)
    except LogBroken as error:
        return _in_ledger(desk, name, reason, error)
    check_idle(run)
    check_may_steer(desk, "kill", plan, run)
    screen = Screen.of(desk.call)
    left = _left(desk, screen, run, plan)
    screen.show(left_lines(left.document(), screen.page()))
    if has_terminal(screen) and not type_target(screen, plan.target, ABANDON):
        return 0
    try:
        _seal(desk, screen, run, plan, reason, left)
    except LogBroken as error:
        return _in_ledger(desk, name, reason, error)
    return _tell(desk, screen, run.run_id, left)


def _left(desk: Desk, screen: Screen, run: LoadedRun, plan: Plan) -> _Left:
    view, left = fold(run.records), _Left()
    left.steps = [f"{step}: {state}" for step, state in open_steps(wiring.bound_of(desk, plan)[0].runbook, view)]
    left.locks = [f"{lock} on {host}" for lock, host in held_locks(view)]
    reach = desk.reach()
    try:
        for call in open_calls(run.records):
            try:
                status = reach.host(call.host).look(call.op, user_of(desk.loaded.site, call))
            except HisopsError as error:
                left.tools.append(f"{call.step}: {screen.say.fact(error)}")
                left.busy = f"nobody knows whether the tool of {call.step} runs on {call.host}: {error}"
                continue
            left.tools.append(f"{call.step}: {tool_sentence(call.host, status, screen.page())}")
            if status.state not in GONE:
                left.busy = f"the tool of {call.step} runs on {call.host}"
    finally:
        reach.close()
    return left


def _seal(desk: Desk, screen: Screen, run: LoadedRun, plan: Plan, reason: str, left: _Left) -> Ended:
    journal = wiring.reopen_log(desk, run.run_id)
    progress = progress_of(run.run_id, plan, run.entries)
    ports = wiring.ports(desk, journal, Nobody(), Watch(screen, progress, desk.clock.now))
    try:
        recorder = Recorder(journal, ports.observer)
        bound, _ = wiring.bound_of(desk, plan)
        values = Values.of_run(bound, plan, recorder.view, {})
        return abandon(ports, recorder, values, plan, by=desk.key().principal, reason=reason, busy=left.busy)
    finally:
        ports.reach.close()
        ports.locks.release()
        journal.close()


def _tell(desk: Desk, screen: Screen, run_id: str, left: _Left) -> int:
    run, plan = wiring.loaded_run(desk, run_id)
    progress = progress_of(run.run_id, plan, run.entries)
    locks = [f"{lock} on {host}" for lock, host in held_locks(progress.view)]
    if locks:
        remark(screen, "These locks remain; `hisops unlock` takes them away: {locks}.", locks=", ".join(locks))
    screen.show(observed_lines(progress, screen.page(), CODE, live=run.live))
    document = {**left.document(), "locks": locks}
    screen.data(observed_document(progress, CODE, live=run.live, left=document))
    return CODE


def _in_ledger(desk: Desk, name: str, reason: str, error: LogBroken) -> int:
    """Say in the ledger, signed by the person, that nothing more comes of a run whose log cannot be opened."""
    run_id, key = find_run(desk.logs, name), desk.key()
    opened, _ = opened_by(desk.logs, run_id)
    if not opened:
        raise error
    close = {role for each in opened for role in desk.statements.roles_of(str(each.values["actor"]))}
    if not close.intersection(desk.statements.roles_of(key.principal)):
        raise IdentityRefused(
            "HIS-4301",
            "This run is not yours to steer: {why}.",
            "Somebody who carries it out has to, or a colleague in the same role.",
            why=f"{key.principal} holds no role of those who carried it out",
        )
    screen = Screen.of(desk.call)
    remark(screen, "The log of {run} cannot be opened: {why}", run=run_id, why=screen.say.fact(error))
    remark(screen, "What it left on hosts is not known here: look for its tools and locks there.")
    origin = str(opened[0].values["origin"])
    values = {"run": run_id, "reason": reason}
    Ledger(desk.logs, desk.clock).append(origin, key.principal, "run.abandon", values, person_sign(key))
    remark(
        screen, "Abandoned in the ledger by {who}; the log stays as it is, for people to look at.", who=key.principal
    )
    screen.data({"run": run_id, "state": "ABANDONED", "exit": CODE, "in": "ledger", "by": key.principal})
    return CODE
