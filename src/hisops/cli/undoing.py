"""`hisops undo`: take back what a run has done, from its log, by the same hands that carry runs out."""

from __future__ import annotations

from hisops.cli import wiring
from hisops.cli.asking import check_idle, open_run
from hisops.cli.carrying import resume_run
from hisops.cli.wiring import Desk
from hisops.console.i18n import mark
from hisops.console.remarks import has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.engine.course import Course, UndoOrder
from hisops.engine.way_back import way_back
from hisops.model.run import fold

UNDO = mark("Undo them? Type the target's name, or Enter to leave: ")


def undo_run(desk: Desk, name: str, to: str | None) -> int:
    """Undo finished steps in reverse; Refused before anything starts if one on the way cannot be undone."""
    run, plan = open_run(desk, name)
    check_idle(run)
    runbook = wiring.bound_of(desk, plan)[0].runbook
    steps = way_back(runbook, fold(run.records), to)
    screen = Screen.of(desk.call)
    remark(screen, "To be undone, in this order: {steps}.", steps=", ".join(step.id for step in steps))
    if has_terminal(screen) and not type_target(screen, plan.target, UNDO):
        return 0
    order = UndoOrder(by=desk.key().principal, to=to)
    return resume_run(desk, run.run_id, Course(undo=order), ending=True)
