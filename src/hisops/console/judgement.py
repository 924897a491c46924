"""What a judge says of an output."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from hisops.console.escape import visible
from hisops.console.grid import Column, grid
from hisops.console.theme import Page
from hisops.console.words import verdict_look
from hisops.model.judge import Judgement


def judgement_lines(judgement: Judgement, page: Page) -> list[Text]:
    """Return verdict, rules that matched, values that were read."""
    look = verdict_look(judgement.verdict)
    head = Text.assemble("  ", (f"{getattr(page.signs, look.sign)} {page.say(look.word)}", look.style))
    rows = [(page.say("matched"), ", ".join(judgement.matched) or page.say("none"))]
    rows += [(name, _told(value)) for name, value in judgement.out.items()]
    return [head, *grid([Column(), Column(wraps=True)], rows, page.width, indent=4)]


def judgement_document(judgement: Judgement) -> dict[str, Any]:
    """Return the judgement for `--json`."""
    return {"verdict": judgement.verdict, "matched": list(judgement.matched), "out": judgement.out}


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(visible(str(item)) for item in value) or "-"
    return "-" if value is None else visible(str(value))
