"""What is wrong in files that people wrote: place, rule, fact, advice, and the line with a caret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.text import Text

from hisops.console.escape import visible
from hisops.console.grid import wrapped
from hisops.console.i18n import Language
from hisops.console.theme import BAD, CARE, FAINT, GOOD, Page


class Problem(Protocol):
    """One problem at one place (`documents.problems.Problem`)."""

    @property
    def where(self) -> str:
        """`file:line:column`."""

    @property
    def rule(self) -> str:
        """The id of the rule."""

    @property
    def severity(self) -> str:
        """`error` or `warning`."""

    @property
    def fact(self) -> str:
        """The template of what is wrong."""

    @property
    def todo(self) -> str:
        """The template of what to do."""

    @property
    def values(self) -> Mapping[str, object]:
        """What fills the templates."""

    @property
    def excerpt(self) -> str:
        """The source line and a caret below the place."""


def problems_lines(problems: Sequence[Problem], page: Page, files: int) -> list[Text]:
    """Return all problems, and how many there are."""
    lines = [line for problem in problems for line in problem_lines(problem, page)]
    if not problems:
        count = page.say("{count} file(s), nothing to complain about", count=files)
        return [Text.assemble("  ", (f"{page.signs.done} ", GOOD), count)]
    return [*lines, Text("  " + page.say("{count} problem(s)", count=len(problems)))]


def problem_lines(problem: Problem, page: Page) -> list[Text]:
    """Return one problem; its place stands first on the line, as editors read it."""
    fact, todo = said(problem, page.say)
    style = BAD if problem.severity == "error" else CARE
    head = Text.assemble(f"{problem.where}: ", (page.say(problem.severity), style), f" {problem.rule} ")
    lines = wrapped(visible(fact), page.width, first=head, indent=4)
    lines += [Text("    " + visible(line), FAINT) for line in problem.excerpt.splitlines()]
    return lines + (wrapped(visible(todo), page.width, indent=4) if todo else [])


def problems_document(problems: Sequence[Problem], say: Language) -> dict[str, Any]:
    """Return all problems for `--json`."""
    return {"problems": [problem_document(problem, say) for problem in problems]}


def problem_document(problem: Problem, say: Language) -> dict[str, str]:
    """Return one problem for `--json`."""
    fact, todo = said(problem, say)
    return {"where": problem.where, "severity": problem.severity, "rule": problem.rule, "fact": fact, "todo": todo}


def said(problem: Problem, say: Language) -> tuple[str, str]:
    """Return fact and advice of a problem in the chosen language."""
    return say(problem.fact).format(**problem.values), say(problem.todo).format(**problem.values)
