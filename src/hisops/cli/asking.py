"""Ask something of a run that goes on, signed; then look at it for a while and tell what was seen."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from hisops.cli import wiring
from hisops.cli.carrying import resume_run
from hisops.cli.handover import handover
from hisops.cli.standing import exit_of, progress_of
from hisops.cli.wiring import Desk
from hisops.console.observed import Tool, observed_document, observed_lines
from hisops.console.progress import short_id
from hisops.console.remarks import remark
from hisops.console.theme import Screen
from hisops.engine.leftover import OpenCall, open_calls
from hisops.engine.locking import check_copy
from hisops.errors import HisopsError, IdentityRefused, LockHeld, UsageProblem
from hisops.journal.reader import LoadedRun, list_runs
from hisops.model.approval import STAMP
from hisops.model.plan import Plan
from hisops.model.run import fold
from hisops.model.site import RunAs, Site
from hisops.model.statement import NAMESPACE, Signed, Statement, StatementKind
from hisops.model.steering import why_may_not_steer

POLL = 0.5


def pause_run(desk: Desk, name: str, reason: str | None, wait: float) -> int:
    """Ask a run to pause at its next boundary; the exit code is the run's, as it was seen."""
    run, plan = open_run(desk, name)
    check_may_steer(desk, "pause", plan, run)
    if not run.live:
        return show_observed(desk, run, plan, asked=None)
    signed = lay_down(desk, *innermost(desk, run, plan), "pause", {"reason": reason or ""})
    return show_observed(desk, watched(desk, run, wait), plan, asked=signed.sha256)


def cancel_run(desk: Desk, name: str, reason: str, wait: float) -> int:
    """Ask a run to end at its next boundary; one that nobody carries on is taken up, to end now."""
    run, plan = open_run(desk, name)
    check_may_steer(desk, "cancellation", plan, run)
    signed = lay_down(desk, run, plan, "cancellation", {"reason": reason})
    if not run.live and may_take_over(desk, run):
        return resume_run(desk, run.run_id, ending=True)
    if not run.live:
        remark(Screen.of(desk.call), "Signed. The run ends when somebody who may carry it out resumes it.")
        return show_observed(desk, run, plan, asked=signed.sha256)
    return show_observed(desk, watched(desk, run, wait), plan, asked=signed.sha256)


def open_run(desk: Desk, name: str) -> tuple[LoadedRun, Plan]:
    """Return a run that has not ended, and its plan; LockHeld if these logs are a copy of those that carry it on."""
    run, plan = wiring.loaded_run(desk, name)
    check_copy(fold(run.records), wiring.locks(desk).here, run.run_id)
    if run.sealed:
        raise UsageProblem(
            "HIS-4208",
            "The run {run} has ended: it is {state}.",
            "`hisops log show {run}` tells what it did.",
            run=run.run_id,
            state=fold(run.records).state,
        )
    return run, plan


def may_take_over(desk: Desk, run: LoadedRun) -> bool:
    """Tell whether this person could carry the run on: who has approved it may end it, but not touch it."""
    try:
        handover(run, desk.key().principal, desk.loaded.roster)
    except IdentityRefused:
        return False
    return True


def check_idle(run: LoadedRun) -> None:
    """Refuse what cannot be done to a run while a process carries it out."""
    if run.live:
        raise LockHeld(
            "HIS-6608",
            "A process carries the run {run} out now.",
            "Pause it first: hisops pause {short}",
            run=run.run_id,
            short=short_id(run.run_id),
        )


def innermost(desk: Desk, run: LoadedRun, plan: Plan) -> tuple[LoadedRun, Plan]:
    """Return the run that a playbook's run has going on now; the run itself if it is at no other."""
    for step in fold(run.records).steps.values():
        if step.child is None or step.child_ended is not None or step.child.run not in list_runs(desk.logs):
            continue
        child, planned = wiring.loaded_run(desk, step.child.run)
        if not child.sealed:
            return innermost(desk, child, planned)
    return run, plan


def check_may_steer(desk: Desk, kind: StatementKind, plan: Plan, run: LoadedRun) -> None:
    """Refuse at once what the run would refuse."""
    approvers = {item.by for item in fold(run.records).statements if item.kind == "approval"}
    who = desk.key().principal
    if why := why_may_not_steer(kind, who, wiring.everybody(plan, run), approvers, desk.statements):
        raise IdentityRefused(
            "HIS-4301",
            "This run is not yours to steer: {why}.",
            "Somebody who carries it out has to, or a colleague in the same role.",
            why=why,
        )


def lay_down(desk: Desk, run: LoadedRun, plan: Plan, kind: StatementKind, fields: Mapping[str, str]) -> Signed:
    """Sign a statement about a run and put it beside its log, durable before this returns."""
    headers = {
        "origin": plan.site["origin"], "run": run.run_id, "plan": plan.digest, "step": "-", **fields,
        "at": desk.clock.now().strftime(STAMP), "nonce": secrets.token_hex(16),
    }  # fmt: skip
    statement = Statement(kind=kind, fields={name: " ".join(value.split()) for name, value in headers.items()})
    armored = desk.key().sign(NAMESPACE, statement.text())
    try:
        return desk.statements.store(run.run_id, statement, armored)
    except ValueError as error:
        raise IdentityRefused(
            "HIS-4209", "Your signature does not hold here: {why}.", "See the trust folder of the site.", why=error
        ) from error


def watched(
    desk: Desk, run: LoadedRun, seconds: float, over: Callable[[LoadedRun], bool] = lambda run: not run.live
) -> LoadedRun:
    """Look at a run until it is `over`, the time is up, or Ctrl-C is pressed; return it as it was seen last."""
    remark(
        Screen.of(desk.call),
        "Asked for. Looking for {seconds} s at what becomes of it; Ctrl-C stops looking, not the run.",
        seconds=round(seconds),
    )
    end = desk.clock.monotonic() + seconds
    try:
        while not over(run) and desk.clock.monotonic() < end:
            desk.clock.sleep(POLL)
            run, _ = wiring.loaded_run(desk, run.run_id)
    except KeyboardInterrupt:
        run, _ = wiring.loaded_run(desk, run.run_id)
    return run


def show_observed(desk: Desk, run: LoadedRun, plan: Plan, *, asked: str | None) -> int:
    """Tell how the run stands; the exit code is the run's."""
    screen = Screen.of(desk.call)
    progress = progress_of(run.run_id, plan, run.entries)
    code, tool = exit_of(progress.view), _tool(desk, run)
    screen.show(observed_lines(progress, screen.page(), code, tool, live=run.live))
    screen.data(observed_document(progress, code, tool, live=run.live, asked=asked))
    return code


def _tool(desk: Desk, run: LoadedRun) -> Tool | None:
    """Return what its host says now of the tool that the run has running there; None if it cannot be asked."""
    calls = open_calls(run.records)
    if not calls:
        return None
    reach, call = desk.reach(), calls[-1]
    try:
        return Tool(call.host, reach.host(call.host).look(call.op, user_of(desk.loaded.site, call)))
    except HisopsError:
        return None
    finally:
        reach.close()


def user_of(site: Site, call: OpenCall) -> RunAs | None:
    """Return how to become the user of a call on its host; None for who logs in."""
    host = site.hosts.get(call.host)
    roles = tuple(host.roles.values()) if host else ()
    return next((each for each in roles if each.user == call.user), None)
