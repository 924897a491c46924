"""The page of `hisops explain`."""

from __future__ import annotations

import re
from typing import Any

from rich.text import Text

from hisops.console.codes import AREAS, EXITS, Code
from hisops.console.grid import wrapped
from hisops.console.i18n import Language
from hisops.console.theme import STRONG, Page


def explain_lines(name: str, code: Code, page: Page) -> list[Text]:
    """Return what a code means: its area, an explanation, and what it is raised with."""
    lines = [Text.assemble("  ", (name, STRONG), f"  {page.say(AREAS[name[4]])}")]
    if meaning := page.say.of(code):
        lines += wrapped(meaning, page.width, indent=2)
    for fact, todo in said(code, page.say):
        lines += [Text(), *wrapped(fact, page.width, indent=4)]
        lines += wrapped(todo, page.width, first=Text(f"    {page.signs.arrow} "), indent=6) if todo else []
    return lines


def explain_document(name: str, code: Code, say: Language) -> dict[str, Any]:
    """Return what a code means for `--json`."""
    messages = [{"fact": fact, "todo": todo} for fact, todo in said(code, say)]
    return {"code": name, "area": say(AREAS[name[4]]), "meaning": say.of(code), "messages": messages}


def said(code: Code, say: Language) -> list[tuple[str, str]]:
    """Return the facts and advices of a code, each slot as its name in capitals."""
    return [(_named(say(fact)), _named(say(todo))) for fact, todo in code.said]


def exit_lines(code: int, page: Page) -> list[Text]:
    """Return what the exit code `code`, one of `EXITS`, means."""
    return [Text.assemble("  ", (page.say("exit {code}", code=code), STRONG), f"  {page.say(EXITS[code])}")]


def _named(template: str) -> str:
    slotted = re.sub(r"(?<!\{)\{(\w+)\}", lambda slot: slot[1].upper(), template)
    return slotted.replace("{{", "{").replace("}}", "}")
