"""What a verification found, under six separate answers, and the one word that they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Answer = Literal["integrity", "completeness", "authorship", "authorisation", "time", "reach"]
Level = Literal["failed", "untrusted", "incomplete", "unanchored", "note"]
Verdict = Literal["failed", "untrusted", "incomplete", "unanchored", "verified"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
WORST_FIRST: tuple[Verdict, ...] = get_args(Verdict)
EXIT_OF: dict[Verdict, int] = {"verified": 0, "failed": 20, "incomplete": 21, "unanchored": 21, "untrusted": 22}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say: under which answer, how much it weighs, in an English template with its values."""

    answer: Answer
    level: Level
    fact: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.fact.format(**self.values)


class Findings:
    """Findings in the order in which they were made."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)

    def add(self, answer: Answer, level: Level, fact: str, **values: object) -> None:
        """Take down one finding."""
        self._found.append(Finding(answer, level, fact, values))

    def failed(self, answer: Answer, fact: str, **values: object) -> None:
        """Take down something that is false."""
        self.add(answer, "failed", fact, **values)

    def incomplete(self, answer: Answer, fact: str, **values: object) -> None:
        """Take down something that is missing and explained by nothing."""
        self.add(answer, "incomplete", fact, **values)

    def note(self, answer: Answer, fact: str, **values: object) -> None:
        """Take down something that a reader should know."""
        self.add(answer, "note", fact, **values)

    def extend(self, others: Iterable[Finding]) -> None:
        """Take over the findings of another part."""
        self._found.extend(others)

    @property
    def sound(self) -> bool:
        """True if nothing is false under integrity: only then it makes sense to ask what the log says."""
        return not any(found.answer == "integrity" and found.level == "failed" for found in self._found)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return the worst that was found; `verified` if nothing weighs."""
    return worst(found.level for found in findings if found.level != "note")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of `verdicts`; `verified` if there are none."""
    given = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in given), "verified")
