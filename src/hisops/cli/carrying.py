"""Plan, show, ask, carry out, resume: the engine between the screen and the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hisops.cli import wiring
from hisops.cli.amending import amendment_due
from hisops.cli.children import Carried, SiteRuns
from hisops.cli.citing import cite
from hisops.cli.composing import compose
from hisops.cli.options import Invocation
from hisops.cli.planfile import read_plan, write_plan
from hisops.cli.planning import Planned, check_fresh, make_plan
from hisops.cli.signals import Detach, hangup_survived, steered_by_signals
from hisops.cli.standing import progress_of, show_closing, show_status
from hisops.cli.wiring import Desk, open_desk
from hisops.console.closing import closing_lines
from hisops.console.gate import Nobody, Terminal
from hisops.console.live import Watch, watch
from hisops.console.plan import show_child_plan, show_plan
from hisops.console.progress import Progress
from hisops.console.remarks import command, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.engine import amending, assembly
from hisops.engine.amending import Amendment
from hisops.engine.course import Course
from hisops.engine.ending import Ended
from hisops.engine.executor import Run
from hisops.engine.heartbeat import Heartbeat
from hisops.engine.locking import check_copy
from hisops.engine.way_back import known_step
from hisops.journal.reader import LoadedRun
from hisops.journal.run import finish_close
from hisops.journal.writer import RunJournal
from hisops.model.plan import Plan
from hisops.model.records import StatementRefused
from hisops.model.run import EXIT_OF, fold

__all__ = ["carry_out_plan", "open_desk", "plan_and_carry_out", "plan_only", "read_plan", "resume_run", "show_status"]


def plan_only(call: Invocation, runbook: str, target: str, given: Mapping[str, str], out: Path | None) -> int:
    """Make a plan and show it; save it where asked. Exit code 3 if something forbids it."""
    desk = open_desk(call)
    screen = Screen.of(call)
    planned = _plan(desk, screen, runbook, target, given)
    _show(screen, planned)
    if planned.refusals:
        return 3
    if out is not None:
        write_plan(out, planned.plan)
        command(screen, "Saved. To have it approved:", f"hisops approve {out}")
        command(screen, "To carry it out:", f"hisops run {out}")
    return 0


def plan_and_carry_out(
    call: Invocation, runbook: str, target: str, given: Mapping[str, str], course: Course | None = None
) -> int:
    """Plan, show the plan, ask for the target's name, carry it out. Without a terminal: save the plan, exit 10."""
    desk = open_desk(call)
    screen = Screen.of(call)
    course = course or Course()
    planned = _plan(desk, screen, runbook, target, given, break_glass=course.break_glass is not None)
    _check(planned.plan, course)
    _show(screen, planned)
    if planned.refusals:
        return 3
    if not has_terminal(screen):
        path = desk.loaded.dir / "plans" / f"{planned.plan.id}.plan"
        write_plan(path, planned.plan)
        line = f"hisops run {path}{course.words}"
        command(screen, "There is no terminal to ask at. The plan is saved; to carry it out:", line)
        return EXIT_OF["WAITING"]
    if not type_target(screen, target):
        return 0
    return carry_out_plan(desk, planned.plan, course)


def _show(screen: Screen, planned: Planned) -> None:
    """Show a plan; before that of a playbook the plans of those of its runs that write, or of all with `-v`."""
    for child in planned.children:
        if screen.verbose or any(step.writes for step in child.plan.procedure.steps):
            show_child_plan(screen, child.plan, child.refusals)
    show_plan(screen, planned.plan, planned.refusals)


def _plan(
    desk: Desk, screen: Screen, runbook: str, target: str, given: Mapping[str, str], *, break_glass: bool = False
) -> Planned:
    progress = Progress("", target, compose(desk, runbook, target).model)
    with _watching(desk, screen, progress) as observer:
        return make_plan(desk, runbook, target, given, Nobody(), observer, break_glass=break_glass)


def carry_out_plan(desk: Desk, plan: Plan, course: Course | None = None) -> int:
    """Carry out `plan` exactly, as far as the `course` goes; Refused if the target has moved since."""
    course = course or Course()
    _check(plan, course)
    screen = Screen.of(desk.call)
    progress = progress_of("", plan)
    with _watching(desk, screen, progress) as observer:
        check_fresh(desk, plan, Nobody(), observer)
    cited = cite(desk, plan)
    journal = wiring.start_log(desk, plan, cited.approvals)
    journal.write(*(StatementRefused(statement=item.sha256, reason=item.reason, by=item.by) for item in cited.refused))
    return _go(desk, screen, plan, journal, None, course)


def resume_run(desk: Desk, name: str, course: Course | None = None, *, ending: bool = False) -> int:
    """Go on with a run from wherever its log stands; one that is only brought to its `ending` starts nothing new."""
    screen = Screen.of(desk.call)
    loaded, plan = wiring.loaded_run(desk, name)
    if loaded.sealed:
        finish_close(desk.logs, loaded.run_id, desk.key(), desk.clock)
        return show_status(desk, loaded.run_id)
    check_copy(fold(loaded.records), wiring.locks(desk).here, loaded.run_id)
    course = course or Course()
    _check(plan, course)
    amendment = None if ending else amendment_due(desk, screen, loaded, plan)
    if amendment is not None:
        plan = plan.amended(amendment.definitions)
    return _go(desk, screen, plan, wiring.reopen_log(desk, loaded.run_id), loaded, course, amendment)


def _check(plan: Plan, course: Course) -> None:
    """Refuse a course to a step that there is not."""
    if course.until:
        known_step(plan.procedure, course.until)


def _go(
    desk: Desk, screen: Screen, plan: Plan, journal: RunJournal, loaded: LoadedRun | None, course: Course,
    amendment: Amendment | None = None,
) -> int:  # fmt: skip
    with hangup_survived():
        try:
            progress, ended = _carry(desk, screen, plan, journal, loaded, amendment, course)
            code = ended.exit_code
        except Detach:
            progress, code = progress_of(journal.run_id, plan, journal.entries()), EXIT_OF["INTERRUPTED"]
            remark(screen, "Detached: what was started on a host goes on, and nobody watches it now.")
        return show_closing(desk, screen, progress, plan, code)


def _carry(
    desk: Desk, screen: Screen, plan: Plan, journal: RunJournal, loaded: LoadedRun | None, amendment: Amendment | None,
    course: Course,
) -> tuple[Progress, Ended]:  # fmt: skip
    """Carry a run on, until its end or until people are needed; a playbook's own runs likewise, one in the other."""
    progress = progress_of(journal.run_id, plan, journal.entries())
    observer = watch(screen, progress, desk.clock.now)
    operator = Terminal(screen, progress, observer.held, desk.clock.now)

    def child(*run: *Carried) -> tuple[Progress, Ended]:
        progress, ended = _carry(desk, screen, *run, Course(break_glass=course.break_glass))
        screen.show(closing_lines(progress, screen.page(), ended.exit_code))
        return progress, ended

    ports = wiring.ports(
        desk,
        journal,
        operator,
        observer,
        SiteRuns(desk, screen, observer, child, break_glass=course.break_glass is not None),
    )
    try:
        with observer.shown():
            if amendment is not None:
                amending.take(ports, amendment)
            bound, judges = wiring.bound_of(desk, plan)
            key = desk.key()
            everybody = wiring.everybody(plan, loaded, key.principal)
            run = assembly.assemble(ports, bound, judges, plan, key.principal, everybody, course.break_glass)
            with steered_by_signals(lambda: _pause(run, operator, observer)), Heartbeat(run.hands.caller.fences):
                ended = run.carry_out(course)
    finally:
        ports.reach.close()
        ports.locks.release()
        journal.close()
    return progress, ended


def _pause(run: Run, operator: Terminal, observer: Watch) -> None:
    operator.leave()
    run.pause()
    observer.pause()


@contextmanager
def _watching(desk: Desk, screen: Screen, progress: Progress) -> Iterator[Watch]:
    observer = watch(screen, progress, desk.clock.now)
    with observer.shown():
        yield observer
