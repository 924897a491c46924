"""The findings of `hisops doctor`: each line fine, or what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rich.text import Text

from hisops.console.escape import sentence, visible
from hisops.console.grid import pad, wrapped
from hisops.console.i18n import Language
from hisops.console.theme import BAD, CARE, GOOD, Page

_SUBJECT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. `fact` and `todo` are templates over `values`."""

    subject: str
    state: Literal["ok", "care", "bad"]
    fact: str
    todo: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


_LOOKS = {"ok": ("done", GOOD), "care": ("care", CARE), "bad": ("bad", BAD)}


def check_line(check: Check, page: Page) -> list[Text]:
    """Return one finding, and below it what to do."""
    sign, style = _LOOKS[check.state]
    fact, todo = said(check, page.say)
    head = Text.assemble("  ", (getattr(page.signs, sign), style), " ", pad(check.subject, _SUBJECT), "  ")
    lines = wrapped(sentence(fact), page.width, first=head, indent=6 + _SUBJECT)
    for part in todo.split("\n") if todo else ():
        lines += wrapped(visible(part), page.width, first=Text(" " * 6 + f"{page.signs.arrow} "), indent=8)
    return lines


def doctor_lines(checks: Sequence[Check], page: Page) -> list[Text]:
    """Return the sum."""
    bad = sum(check.state == "bad" for check in checks)
    if bad:
        return [Text("  " + page.say("{count} thing(s) to mend before a run", count=bad), BAD)]
    return [Text("  " + page.say("Nothing stands in the way of a run."), GOOD)]


def doctor_document(checks: Sequence[Check], say: Language) -> dict[str, Any]:
    """Return all findings for `--json`."""
    rows = []
    for check in checks:
        fact, todo = said(check, say)
        rows.append({"subject": check.subject, "state": check.state, "fact": fact, "todo": todo})
    return {"checks": rows}


def said(check: Check, say: Language) -> tuple[str, str]:
    """Return fact and advice in the chosen language."""
    return say(check.fact).format(**check.values), say(check.todo).format(**check.values)
