"""Kill the tool of a run on its host: looked at, named, signed, killed, looked at again."""

from __future__ import annotations

from typing import NamedTuple

from hisops.cli.asking import check_may_steer, innermost, lay_down, open_run, user_of
from hisops.cli.wiring import Desk
from hisops.console.i18n import mark
from hisops.console.observed import killed_document, killed_lines
from hisops.console.progress import short_id
from hisops.console.remarks import command, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.engine.leftover import OpenCall, open_calls
from hisops.errors import Refused, UsageProblem
from hisops.journal.reader import LoadedRun
from hisops.model.plan import Plan
from hisops.model.site import RunAs
from hisops.ports import Host, Killed, OpStatus, Reach

GONE = frozenset({"exited", "lost", "absent"})
KILL = mark("Kill it? Type the target's name, or Enter to leave: ")


class _Aim(NamedTuple):
    """What is to be killed."""

    call: OpenCall
    host: Host
    run_as: RunAs | None


def kill_tool(desk: Desk, name: str, target: str | None, reason: str | None, grace: float) -> int:
    """Kill the tool that the run has running detached; 0 if it was seen to be gone, 1 if not."""
    run, plan = innermost(desk, *open_run(desk, name))
    check_may_steer(desk, "kill", plan, run)
    screen = Screen.of(desk.call)
    reach = desk.reach()
    try:
        aim = _aim(desk, run, reach)
        _check_runs(aim)
        if not _named(screen, run, plan, aim, target):
            return 0
        fields = {"op": aim.call.op, "on": aim.call.host, "reason": reason or "no reason was given"}
        lay_down(desk, run, plan, "kill", {"step": aim.call.step, **fields})
        seen = aim.host.kill(aim.call.op, aim.run_as, grace=grace)
    finally:
        reach.close()
    return _tell(screen, run, aim, seen)


def _aim(desk: Desk, run: LoadedRun, reach: Reach) -> _Aim:
    calls = open_calls(run.records)
    if not calls:
        raise Refused(
            "HIS-6604",
            "The run {run} has no tool running detached on a host: there is nothing to kill.",
            "`hisops pause` or `hisops cancel` keeps it from starting another.",
            run=run.run_id,
        )
    return _Aim(calls[-1], reach.host(calls[-1].host), user_of(desk.loaded.site, calls[-1]))


def _check_runs(aim: _Aim) -> None:
    status = aim.host.look(aim.call.op, aim.run_as)
    if status.state in GONE:
        raise Refused(
            "HIS-6605",
            "The tool of step {step} does not run on {host}: {seen}.",
            "`hisops resume` settles the step.",
            step=aim.call.step,
            host=aim.call.host,
            seen=_seen(status),
        )


def _seen(status: OpStatus) -> str:
    return f"it has ended with exit code {status.code}" if status.state == "exited" else f"it is {status.state}"


def _named(screen: Screen, run: LoadedRun, plan: Plan, aim: _Aim, target: str | None) -> bool:
    """Return whether the person has named the target; UsageProblem if it is not this one."""
    fact = "To be killed: the tool of step {step}, attempt {attempt}, on {host} as {user}; {run} on {target}."
    remark(
        screen, fact, step=aim.call.step, run=run.run_id, target=plan.target, host=aim.call.host,
        user=aim.call.user or "-", attempt=aim.call.attempt,
    )  # fmt: skip
    if target is None and has_terminal(screen):
        return type_target(screen, plan.target, KILL)
    if target is None:
        raise UsageProblem(
            "HIS-6606",
            "There is no terminal to type the target's name at; nothing was killed.",
            "Name it on the command line: hisops kill {run} {target}",
            run=short_id(run.run_id),
            target=plan.target,
        )
    if target != plan.target:
        raise UsageProblem(
            "HIS-6607",
            "The run {run} works on {target}, not on {given}; nothing was killed.",
            "Make sure which run is meant: `hisops log list` shows them.",
            run=run.run_id,
            target=plan.target,
            given=target,
        )
    return True


def _tell(screen: Screen, run: LoadedRun, aim: _Aim, seen: Killed) -> int:
    gone = seen.status.state in GONE
    screen.data({"run": run.run_id, "step": aim.call.step, **killed_document(aim.call.op, aim.call.host, seen)})
    screen.show(killed_lines(aim.call.host, seen, screen.page()))
    if run.live:
        remark(screen, "The process that carries the run out sees it by itself, and holds the run.")
    elif gone:
        command(
            screen,
            "The step counts as unknown until its probe has told. Next:",
            f"hisops resume {short_id(run.run_id)}",
        )
    return 0 if gone else 1
