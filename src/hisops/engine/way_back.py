"""Which steps an undo takes back, and whether it may: decided from the log alone, before anything starts."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from hisops.errors import Refused, UsageProblem
from hisops.model.run import RunView
from hisops.model.runbook import Runbook, Step

# In these states a step may have happened in part or not at all: its probe is asked before it is undone.
DOUBTFUL = frozenset({"FAILED", "UNKNOWN"})
OPEN = frozenset({"STARTING", "RUNNING", "VERIFYING"})
TO_UNDO = frozenset({"SUCCEEDED", "UNDOING", "UNDO_FAILED"})


def known_step(runbook: Runbook, step_id: str) -> Step:
    """Return the step `step_id`; UsageProblem naming what is near if there is none."""
    names = [step.id for step in runbook.steps]
    if step_id in names:
        return runbook.step(step_id)
    near = get_close_matches(step_id, names, n=3, cutoff=0.5)
    raise UsageProblem(
        "HIS-6601",
        "There is no step {step} in {runbook}.",
        "Did you mean {near}?" if near else "The steps are {near}.",
        step=step_id,
        runbook=runbook.id,
        near=", ".join(near or names),
    )


def way_back(runbook: Runbook, view: RunView, to: str | None) -> list[Step]:
    """Return the steps to undo, newest first, back to and including `to`; Refused if one of them has no way back."""
    last = known_step(runbook, to) if to else runbook.steps[0]
    steps = [step for step in _back_to(runbook, last) if _touched(step, view)]
    if not steps:
        raise Refused(
            "HIS-6602",
            "There is nothing to undo: no step that changes anything has been carried out there.",
            "`hisops status` shows how far the run is; `hisops cancel` ends it.",
        )
    for step in steps:
        if (why := no_way_back(step)) and not (view.step(step.id).state in DOUBTFUL and step.probe):
            raise Refused(
                "HIS-6603",
                "Step {step} cannot be undone: {why}. Nothing was started.",
                "With `--to` a later step is as far as an undo can go.",
                step=step.id,
                why=why,
            )
    return steps


def no_way_back(step: Step) -> str | None:
    """Return why `step` cannot be undone, or None if it can."""
    if step.point_of_no_return:
        return "it is a point of no return"
    if step.child is not None:
        return "it stands for a run of its own, which is undone by itself"
    if step.undo is None:
        return "it has no undo"
    return step.undo.none.en if step.undo.none is not None else None


def first_to_redo(runbook: Runbook, view: RunView) -> Step | None:
    """Return the step from which a run goes forward again after it was undone in part; None if it was not."""
    if view.undo is None or view.undo.to is None:
        return None
    names = {view.undo.to}
    return next((step for step in runbook.steps if step.id in names or view.step(step.id).state == "UNDONE"), None)


def _back_to(runbook: Runbook, last: Step) -> Iterator[Step]:
    for step in reversed(runbook.steps):
        yield step
        if step.id == last.id:
            return


def _touched(step: Step, view: RunView) -> bool:
    return step.writes and view.step(step.id).state in TO_UNDO | DOUBTFUL | OPEN
