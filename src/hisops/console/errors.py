"""How an error looks: its code and fact, then what to do. The same two sentences in `--json`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from hisops.console.escape import sentence
from hisops.console.grid import wrapped
from hisops.console.problems import Problem, problem_document, problem_lines
from hisops.console.reasons import known_words
from hisops.console.theme import BAD, Page, Screen, put
from hisops.errors import HisopsError


def error_lines(error: HisopsError, page: Page) -> list[Text]:
    """Return `error HIS-2107  No target …` and the advice below it."""
    head = Text.assemble("  ", (page.say("error"), BAD), f" {error.code}  ")
    lines = wrapped(sentence(known_words(page.say.fact(error), page.say)), page.width, first=head, indent=4)
    todo = page.say.todo(error)
    return lines + (wrapped(sentence(todo), page.width, first=Text("  "), indent=4) if todo else [])


def report_error(screen: Screen, error: HisopsError, problems: Sequence[Problem] = ()) -> None:
    """Print `error` to stderr, after the places in files that it is about, and as JSON to stdout if that is wanted."""
    say = screen.say
    document = {"code": error.code, "fact": say.fact(error), "todo": say.todo(error), "exit": error.exit_code}
    places = {"problems": [problem_document(problem, say) for problem in problems]} if problems else {}
    screen.data({"error": {**document, **places, **getattr(error, "details", {})}})
    page = screen.page(screen.err)
    for problem in problems:
        put(screen.err, problem_lines(problem, page))
    put(screen.err, error_lines(error, page))


def report_bug(screen: Screen, kind: str, saved: str) -> None:
    """Print the one line about a bug, and where its report lies."""
    fact = screen.say("This is a bug in hisops ({kind}); its report is in {saved}", kind=kind, saved=saved)
    todo = screen.say("Look at the report, then pass it on; `hisops status` tells how a run stands.")
    screen.data({"error": {"code": "HIS-2000", "fact": fact, "todo": todo, "exit": 70}})
    page = screen.page(screen.err)
    head = Text.assemble("  ", (page.say("error"), BAD), " HIS-2000  ")
    put(screen.err, wrapped(fact, page.width, first=head, indent=4))
    put(screen.err, wrapped(todo, page.width, first=Text("  "), indent=4))
