"""The runs of a playbook on the screen of the playbook's own run."""

from __future__ import annotations

from collections.abc import Mapping

from hisops.console.i18n import mark
from hisops.console.progress import Progress, short_id
from hisops.console.theme import Page
from hisops.model.run import RUN_ENDED, StepView

STARTED = mark("run {run}")


def children_document(progress: Progress) -> Mapping[str, object]:
    """Return what is known of the child runs, for `--json`; nothing for a run that has none."""
    views = [progress.step(step) for step in progress.runbook.steps]
    rows = [
        {
            "step": view.id, "run": view.child.run, "runbook": view.child.runbook, "target": view.child.target,
            "state": view.child_ended.state if view.child_ended else None,
            "exit": view.child_ended.exit if view.child_ended else None,
        }
        for view in views
        if view.child
    ]  # fmt: skip
    return {"children": rows} if rows else {}


def child_rows(progress: Progress, page: Page) -> list[tuple[str, str, str]]:
    """Return what can be typed while a run of the playbook waits: it is answered like any other run."""
    if progress.view.state in RUN_ENDED:
        return []
    waiting = [view for step in progress.runbook.steps if (view := progress.step(step)) and is_open(view)]
    if not waiting:
        return []
    say = page.say
    rows = [(say("look"), f"hisops status {short_id(view.child.run)}", say("it has its own gates"))
            for view in waiting if view.child]  # fmt: skip
    return [*rows, (say("then"), f"hisops resume {short_id(progress.run_id)}", "")]


def is_open(view: StepView) -> bool:
    """Tell whether the step stands for a run that has begun and not ended."""
    return view.child is not None and view.child_ended is None and view.state == "RUNNING"
