"""How far a run is: `hisops status`, what is shown when a process leaves a run, and what others show of it."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.cli import wiring
from hisops.cli.reviewing import debts_of
from hisops.cli.wiring import Desk
from hisops.console.approvals import debt_document, debt_lines
from hisops.console.closing import closing_lines, document, status_lines
from hisops.console.progress import Progress
from hisops.console.theme import Screen
from hisops.console.timing import forecast_of
from hisops.errors import UsageProblem
from hisops.journal.reader import Entry, list_runs, load_run
from hisops.model.plan import Plan
from hisops.model.run import EXIT_OF, RunView


def show_status(desk: Desk, name: str | None) -> int:
    """Show how far a run is; the exit code is the run's."""
    screen = Screen.of(desk.call)
    runs = list_runs(desk.logs)
    if not runs:
        raise UsageProblem("HIS-2204", "There is no run yet.", "`hisops plan` begins one.")
    loaded, plan = wiring.loaded_run(desk, name or runs[-1])
    progress = progress_of(loaded.run_id, plan, loaded.entries)
    debts, page, code = debts_of(desk, loaded, plan), screen.page(), exit_of(progress.view)
    owed = debt_lines(progress.run_id, debts, page)
    screen.show(status_lines(progress, page, code, desk.clock.now(), live=loaded.live, owed=owed))
    screen.data({**document(progress, code), "debts": debt_document(debts)})
    return code


def show_closing(desk: Desk, screen: Screen, progress: Progress, plan: Plan, code: int) -> int:
    """Show how a process leaves a run; return `code`."""
    debts, page = debts_of(desk, load_run(desk.logs, progress.run_id), plan), screen.page()
    screen.show(closing_lines(progress, page, code, owed=debt_lines(progress.run_id, debts, page)))
    screen.data({**document(progress, code), "debts": debt_document(debts)})
    return code


def progress_of(run_id: str, plan: Plan, entries: Sequence[Entry] = ()) -> Progress:
    """Return how far a run is by its log."""
    progress = Progress(run_id, plan.target, plan.procedure, forecast_of(plan))
    for entry in entries:
        progress.apply(entry.record, entry.stamp.time)
    return progress


def exit_of(view: RunView) -> int:
    """Return the exit code that goes with how a run stands."""
    return view.sealed.exit if view.sealed else EXIT_OF.get(view.state, EXIT_OF["INTERRUPTED"])
