"""The page of `hisops explain`."""

from __future__ import annotations

from rich.text import Text

from hisops.console.codes import AREAS, EXITS
from hisops.console.grid import wrapped
from hisops.console.theme import STRONG, Page


def explain_lines(code: str, meaning: str, page: Page) -> list[Text]:
    """Return what `code` means."""
    head = Text.assemble("  ", (code, STRONG), f"  {page.say(AREAS[code[4]])}")
    return [head, *wrapped(meaning, page.width, indent=2)]


def exit_lines(code: int, page: Page) -> list[Text]:
    """Return what the exit code `code`, one of `EXITS`, means."""
    return [Text.assemble("  ", (page.say("exit {code}", code=code), STRONG), f"  {page.say(EXITS[code])}")]
