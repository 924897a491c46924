"""What was changed in the definitions of a run: in colour on a terminal, told by its signs everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from hisops.console.escape import visible
from hisops.console.grid import folded
from hisops.console.i18n import mark
from hisops.console.theme import BAD, FAINT, GOOD, STRONG, Page
from hisops.model.difference import HEAD

SIGN_AMENDMENT = mark("Sign this amendment? Type the target's name, or Enter to leave: ")
_STYLES = {"@": STRONG, "+": GOOD, "-": BAD}


def difference_lines(difference: Sequence[str], page: Page) -> list[Text]:
    """Return the difference line by line; nothing of it is left out, long lines go on below."""
    return [line for each in difference for line in _line(visible(each), page)]


def _line(text: str, page: Page) -> list[Text]:
    style = _STYLES.get(text[:1], FAINT)
    if text.startswith(HEAD):
        return [Text(), Text("  " + text.removeprefix(HEAD), style)]
    sign, rest = text[:1] or " ", text[1:]
    inner = rest.lstrip(" ")
    edge = f"    {sign}{' ' * (len(rest) - len(inner))}"  # what stands deeper in the file stands deeper here
    first, *more = folded(inner, max(20, page.width - len(edge) - 2)) or [""]
    return [Text(edge + first, style), *(Text(" " * len(edge) + "  " + line, style) for line in more)]
