"""What `hisops init` has written, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from hisops.console.grid import Column, grid
from hisops.console.theme import FAINT, GOOD, Page

Files = Sequence[tuple[str, bool]]


def founded_lines(folder: Path, files: Files, page: Page) -> list[Text]:
    """Return each file, and the next commands last."""
    say = page.say
    rows = [
        (Text(page.signs.done, GOOD), name, say("written")) if new else
        (Text(page.signs.todo, FAINT), name, say("was there, left as it is"))
        for name, new in files
    ]  # fmt: skip
    steps = [
        (say("edit"), f"{folder / 'site.yaml'}"),
        (say("key"), "hisops key new NAME@HOSPITAL"),
        (say("check"), f"hisops --site {folder} doctor"),
    ]
    return [
        *grid([Column(), Column(), Column(wraps=True)], rows, page.width),
        Text("  " + say("Next:")),
        *grid([Column(), Column()], steps, page.width, indent=4),
    ]


def founded_document(files: Files) -> dict[str, Any]:
    """Return the files for `--json`."""
    return {"files": [{"file": name, "written": new} for name, new in files]}
