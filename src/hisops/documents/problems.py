"""What is wrong in a file that a person wrote: where, which rule, one sentence of fact, one of what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from hisops.errors import UsageProblem

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem at one place. `fact` and `todo` are templates over `values`, as in `HisopsError`."""

    file: str
    line: int
    column: int
    rule: str
    fact: str
    todo: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    severity: Severity = "error"

    @property
    def message(self) -> str:
        """The fact in English."""
        return self.fact.format(**self.values)

    @property
    def hint(self) -> str:
        """What to do, in English; empty if the fact says it all."""
        return self.todo.format(**self.values)

    @property
    def excerpt(self) -> str:
        """The source line with a caret below the place; empty if there is no such line."""
        if not self.source.strip():
            return ""
        return f"{self.source}\n{_blank(self.source[: self.column - 1])}^"

    @property
    def where(self) -> str:
        """`file:line:column`, as editors understand it."""
        return f"{self.file}:{self.line}:{self.column}"

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        excerpt = "".join(f"\n    {line}" for line in self.excerpt.splitlines())
        return f"{self.where}: {self.severity} {self.rule}: {self.message}{hint}{excerpt}"


class DocumentProblems(UsageProblem):
    """All problems of the files that were read; nothing ran."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        files = ", ".join(dict.fromkeys(problem.file for problem in problems))
        super().__init__(
            "HIS-1001",
            "{count} problem(s) in {files}.",
            "Correct the places named below; `hisops runbook lint FILE` checks again.",
            count=len(self.problems),
            files=files,
            details="\n".join(str(problem) for problem in problems),
        )

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.values['details']}"


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the word of `known` that `word` was probably meant to be, or None."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return close[0] if close else None


def _blank(text: str) -> str:
    """Return white space as wide as `text` on a terminal: Chinese characters take two columns."""
    from unicodedata import east_asian_width

    return "".join("\t" if char == "\t" else "  " if east_asian_width(char) in {"W", "F"} else " " for char in text)
