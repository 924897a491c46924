"""Plan, show, ask, carry out, resume: the engine between the screen and the site."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from hisops.cli.reviewing import debts_of
from hisops.cli.wiring import Desk, open_desk
from hisops.console.approvals import debt_document, debt_lines
from hisops.console.closing import closing_lines, document, status_lines
from hisops.console.gate import Nobody, Terminal
from hisops.console.live import Watch, watch
from hisops.console.plan import show_plan
from hisops.console.progress import Progress
from hisops.console.remarks import command, has_terminal, type_target
from hisops.console.theme import Screen
from hisops.console.timing import forecast_of
from hisops.engine import amending, assembly
from hisops.engine.amending import Amendment
from hisops.engine.executor import Ended, Run
from hisops.engine.heartbeat import Heartbeat
from hisops.engine.locking import check_copy
from hisops.errors import HisopsError, UsageProblem
from hisops.journal.reader import Entry, LoadedRun, list_runs, load_run
from hisops.journal.run import finish_close
from hisops.journal.writer import RunJournal
from hisops.model.plan import Plan
from hisops.model.records import StatementRefused
from hisops.model.review import Debt, Review
from hisops.model.run import EXIT_OF, fold

__all__ = ["carry_out_plan", "open_desk", "plan_and_carry_out", "plan_only", "read_plan", "resume_run", "show_status"]


Debts = Sequence[tuple[Debt, Review | None]]


def plan_only(call: Invocation, runbook: str, target: str, given: Mapping[str, str], out: Path | None) -> int:
    """Make a plan and show it; save it where asked. Exit code 3 if something forbids it."""
    desk = open_desk(call)
    screen = Screen.of(call)
    planned = _plan(desk, screen, runbook, target, given)
    show_plan(screen, planned.plan, planned.refusals)
    if planned.refusals:
        return 3
    if out is not None:
        write_plan(out, planned.plan)
        command(screen, "Saved. To have it approved:", f"hisops approve {out}")
        command(screen, "To carry it out:", f"hisops run {out}")
    return 0


def plan_and_carry_out(
    call: Invocation, runbook: str, target: str, given: Mapping[str, str], break_glass: str | None = None
) -> int:
    """Plan, show the plan, ask for the target's name, carry it out. Without a terminal: save the plan, exit 10."""
    desk = open_desk(call)
    screen = Screen.of(call)
    planned = _plan(desk, screen, runbook, target, given, break_glass=break_glass is not None)
    show_plan(screen, planned.plan, planned.refusals)
    if planned.refusals:
        return 3
    if not has_terminal(screen):
        path = desk.loaded.dir / "plans" / f"{planned.plan.id}.plan"
        write_plan(path, planned.plan)
        command(screen, "There is no terminal to ask at. The plan is saved; to carry it out:", f"hisops run {path}")
        return EXIT_OF["WAITING"]
    if not type_target(screen, target):
        return 0
    return carry_out_plan(desk, planned.plan, break_glass)


def _plan(
    desk: Desk, screen: Screen, runbook: str, target: str, given: Mapping[str, str], *, break_glass: bool = False
) -> Planned:
    progress = Progress("", target, compose(desk, runbook, target).model)
    with _watching(desk, screen, progress) as observer:
        return make_plan(desk, runbook, target, given, Nobody(), observer, break_glass=break_glass)


def carry_out_plan(desk: Desk, plan: Plan, break_glass: str | None = None) -> int:
    """Carry out `plan` exactly; Refused if the target has moved since. `break_glass` says why without approvals."""
    screen = Screen.of(desk.call)
    progress = _progress("", plan)
    with _watching(desk, screen, progress) as observer:
        check_fresh(desk, plan, Nobody(), observer)
    cited = cite(desk, plan)
    journal = wiring.start_log(desk, plan, cited.approvals)
    journal.write(*(StatementRefused(statement=item.sha256, reason=item.reason) for item in cited.refused))
    return _go(desk, screen, plan, journal, None, break_glass=break_glass)


def resume_run(desk: Desk, name: str, *, ending: bool = False, break_glass: str | None = None) -> int:
    """Go on with a run from wherever its log stands; one that is only brought to its `ending` starts nothing new."""
    screen = Screen.of(desk.call)
    loaded, plan = wiring.loaded_run(desk, name)
    if loaded.sealed:
        finish_close(desk.logs, loaded.run_id, desk.key(), desk.clock)
        return show_status(desk, loaded.run_id)
    check_copy(fold(loaded.records), wiring.locks(desk).here, loaded.run_id)
    amendment = None if ending else amendment_due(desk, screen, loaded, plan)
    if amendment is not None:
        plan = plan.amended(amendment.definitions)
    return _go(desk, screen, plan, wiring.reopen_log(desk, loaded.run_id), loaded, amendment, break_glass)


def _go(
    desk: Desk, screen: Screen, plan: Plan, journal: RunJournal, loaded: LoadedRun | None,
    amendment: Amendment | None = None, break_glass: str | None = None,
) -> int:  # fmt: skip
    progress, ended = _carry(desk, screen, plan, journal, loaded, amendment, break_glass)
    _close(screen, progress, ended, debts_of(desk, load_run(desk.logs, journal.run_id), plan))
    return ended.exit_code


def _carry(
    desk: Desk, screen: Screen, plan: Plan, journal: RunJournal, loaded: LoadedRun | None, amendment: Amendment | None,
    break_glass: str | None,
) -> tuple[Progress, Ended]:  # fmt: skip
    """Carry a run on, until its end or until people are needed; a playbook's own runs likewise, one in the other."""
    progress = _progress(journal.run_id, plan, journal.entries())
    observer = watch(screen, progress, desk.clock.now)
    operator = Terminal(screen, progress, observer.held, desk.clock.now)

    def child(*run: *Carried) -> tuple[Progress, Ended]:
        progress, ended = _carry(desk, screen, *run, break_glass)
        screen.show(closing_lines(progress, screen.page(), ended.exit_code))
        return progress, ended

    ports = wiring.ports(
        desk, journal, operator, observer, SiteRuns(desk, screen, observer, child, break_glass=break_glass is not None)
    )
    try:
        with observer.shown():
            if amendment is not None:
                amending.take(ports, amendment)
            bound, judges = wiring.bound_of(desk, plan)
            key = desk.key()
            run = assembly.assemble(
                ports, bound, judges, plan, key.principal, wiring.everybody(plan, loaded, key.principal), break_glass
            )
            with _signals(run, operator, observer), Heartbeat(run.hands.caller.fences):
                ended = run.carry_out()
    finally:
        ports.reach.close()
        ports.locks.release()
        journal.close()
    return progress, ended


def _close(screen: Screen, progress: Progress, ended: Ended, debts: Debts) -> None:
    screen.show(debt_lines(progress.run_id, debts, screen.page()))
    screen.show(closing_lines(progress, screen.page(), ended.exit_code))
    screen.data({**document(progress, ended.exit_code), "debts": debt_document(debts)})


def show_status(desk: Desk, name: str | None) -> int:
    """Show how far a run is; the exit code is the run's."""
    screen = Screen.of(desk.call)
    runs = list_runs(desk.logs)
    if not runs:
        raise UsageProblem("HIS-2204", "There is no run yet.", "`hisops plan` begins one.")
    loaded, plan = wiring.loaded_run(desk, name or runs[-1])
    progress = _progress(loaded.run_id, plan, loaded.entries)
    debts = debts_of(desk, loaded, plan)
    view = progress.view
    code = view.sealed.exit if view.sealed else EXIT_OF.get(view.state, EXIT_OF["INTERRUPTED"])
    screen.show(debt_lines(progress.run_id, debts, screen.page()))
    screen.show(status_lines(progress, screen.page(), code, desk.clock.now(), live=loaded.live))
    screen.data({**document(progress, code), "debts": debt_document(debts)})
    return code


def _progress(run_id: str, plan: Plan, entries: Sequence[Entry] = ()) -> Progress:
    progress = Progress(run_id, plan.target, plan.procedure, forecast_of(plan))
    for entry in entries:
        progress.apply(entry.record, entry.stamp.time)
    return progress


@contextmanager
def _watching(desk: Desk, screen: Screen, progress: Progress) -> Iterator[Watch]:
    observer = watch(screen, progress, desk.clock.now)
    with observer.shown():
        yield observer


@contextmanager
def _signals(run: Run, operator: Terminal, observer: Watch) -> Iterator[None]:
    """Ctrl-C pauses at the next boundary and, once more, detaches; SIGTERM detaches; SIGHUP is survived."""
    count = 0

    def interrupt(number: int, frame: object) -> None:
        nonlocal count
        count += 1
        if count > 1:
            raise Detached
        operator.leave()
        run.pause()
        observer.pause()

    def detach(number: int, frame: object) -> None:
        raise Detached

    handlers: dict[int, Callable[[int, object], None] | signal.Handlers] = {
        signal.SIGINT: interrupt,
        signal.SIGTERM: detach,
        signal.SIGHUP: signal.SIG_IGN,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Detached(HisopsError):
    """hisops leaves; what runs detached on a host goes on, and `hisops resume` takes it up again."""

    exit_code = 14

    def __init__(self) -> None:
        super().__init__(
            "HIS-6501", "Detached: what was started on the host goes on.", "`hisops resume` takes it up again."
        )
