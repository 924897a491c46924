"""What was not as the runbook has it. It opens every summary: numbered, with its reason and who answers for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from hisops.console.escape import visible
from hisops.console.grid import wrapped
from hisops.console.i18n import mark
from hisops.console.theme import CARE, Page

KINDS = {
    "skipped": mark("skipped"),
    "resolved": mark("decided by hand"),
    "override": mark("replaced by the site"),
    "already-done": mark("done before this run"),
    "break-glass": mark("done without approval"),
    "killed": mark("tool killed"),
    "undo": mark("undone by hand"),
    "abandoned": mark("abandoned"),
    "left-open": mark("left open"),
    "lock-left": mark("lock left behind"),
    "unlock": mark("lock taken away"),
    "lock-gap": mark("lock missing for a while"),
    "adopted": mark("adopted from a copy of the log"),
    "amend": mark("runbook amended"),
    "window": mark("outside its window"),
    "child": mark("exceptions of its runs"),
}
NOBODY = "hisops"


def deviation_lines(deviations: Sequence[Mapping[str, Any]], page: Page, run: str | None = None) -> list[Text]:
    """Return deviations as `RunView` numbers them; `run` is named where there are several runs."""
    if not deviations:
        return []
    of_run = page.say("Deviations from the runbook in {run}: {count}", run=run, count=len(deviations))
    head = of_run if run else page.say("Deviations from the runbook: {count}", count=len(deviations))
    lines = wrapped(head, page.width, first=Text.assemble("  ", (page.signs.care, CARE), " "), indent=4)
    for item in deviations:
        first = Text(f"    {item['number']}. ")
        lines += wrapped(_told(item, page), page.width, first=first, indent=7)
    return [*lines, Text()]


def _told(item: Mapping[str, Any], page: Page) -> str:
    kind = page.say(KINDS.get(str(item["kind"]), str(item["kind"])))
    step = f"{item['step']}, " if item["step"] else ""
    return f"{step}{kind}: {visible(str(item['reason']))} ({item['by'] or NOBODY})"
