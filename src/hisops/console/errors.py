"""How an error looks: its code and fact, then what to do. The same two sentences in `--json`."""

from __future__ import annotations

from rich.text import Text

from hisops.console.escape import visible
from hisops.console.grid import wrapped
from hisops.console.theme import BAD, Page, Screen, put
from hisops.errors import HisopsError


def error_lines(error: HisopsError, page: Page) -> list[Text]:
    """Return `error HIS-2107  No target …` and the advice below it."""
    head = Text.assemble("  ", (page.say("error"), BAD), f" {error.code}  ")
    lines = wrapped(_sentences(page.say.fact(error)), page.width, first=head, indent=4)
    todo = page.say.todo(error)
    return lines + (wrapped(_sentences(todo), page.width, first=Text("  "), indent=4) if todo else [])


def report_error(screen: Screen, error: HisopsError) -> None:
    """Print `error` to stderr, and as JSON to stdout if that is wanted."""
    screen.data({"error": error_document(error, screen)})
    put(screen.err, error_lines(error, screen.page(screen.err)))


def error_document(error: HisopsError, screen: Screen) -> dict[str, object]:
    """Return the error for `--json`."""
    return {"code": error.code, "fact": screen.say.fact(error), "todo": screen.say.todo(error), "exit": error.exit_code}


def report_bug(screen: Screen, kind: str, saved: str) -> None:
    """Print the one line about a bug, and where its report lies."""
    fact = screen.say("This is a bug in hisops ({kind}); its report is in {saved}", kind=kind, saved=saved)
    todo = screen.say("Look at the report, then pass it on; `hisops status` tells how a run stands.")
    screen.data({"error": {"code": "HIS-2000", "fact": fact, "todo": todo, "exit": 70}})
    page = screen.page(screen.err)
    head = Text.assemble("  ", (page.say("error"), BAD), " HIS-2000  ")
    put(screen.err, wrapped(fact, page.width, first=head, indent=4))
    put(screen.err, wrapped(todo, page.width, first=Text("  "), indent=4))


def _sentences(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))
