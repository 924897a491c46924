"""What became of a form: where it was written, and how far its logs can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from hisops.console.escape import sentence
from hisops.console.grid import wrapped
from hisops.console.i18n import mark
from hisops.console.theme import Page
from hisops.console.verify import VERDICT
from hisops.model.account import Account

WRITTEN = mark("Written: {file}")


def report_document(record: Mapping[str, Any], written: Sequence[Path]) -> dict[str, Any]:
    """Return the record for machines, and where it was written."""
    return {**record, "written": [str(path) for path in written]}


def report_lines(runs: Sequence[Account], written: Sequence[Path], page: Page) -> list[Text]:
    """Return a line for each run with its verdict, then the files."""
    lines: list[Text] = []
    for run in runs:
        look = VERDICT[run.verdict]
        sign = Text.assemble("  ", (getattr(page.signs, look.sign), look.style), " ")
        told = [f"{run.run_id}  {page.say(look.word)}", *map(sentence, run.doubts)]
        lines += wrapped("; ".join(told), page.width, first=sign, indent=4)
    return [*lines, *(Text(f"  {page.say(WRITTEN, file=path)}") for path in written)]
