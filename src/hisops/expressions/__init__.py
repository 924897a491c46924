"""Expressions of runbooks: CEL, boolean, checked before anything runs. The only place that uses `cel`.

What is checked at compile time: the syntax; that every name, output and function exists; that no comparison, `in`,
`&&`, `||` or `!` mixes two types that are known and differ; that the result is boolean. What is not: members of SQL
rows and of other open values (`map`, `list`, `any`), and the arguments of most functions. These are checked against
the types of the real values when the expression is evaluated, before CEL sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from hisops.errors import CheckFailed, UsageProblem
from hisops.expressions import syntax
from hisops.expressions.check import Fault, check
from hisops.expressions.kinds import types_of
from hisops.expressions.names import references
from hisops.expressions.versions import satisfies, version_key

__all__ = [
    "Expression",
    "ExpressionFailed",
    "ExpressionInvalid",
    "Fault",
    "evaluate",
    "faults_in",
    "names_in",
    "satisfies",
    "version_key",
]


class ExpressionInvalid(UsageProblem):
    """The expression cannot be meant as written; `faults` holds all that is wrong with it."""

    def __init__(self, text: str, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "HIS-1002",
            "The expression `{text}` is not valid: {why}",
            "Correct it; the page for runbook authors lists what an expression may use.",
            text=text,
            why=" ".join(str(fault) for fault in faults),
        )


class ExpressionFailed(CheckFailed):
    """The expression has no answer; it is not false, it is unknown."""

    def __init__(self, text: str, why: object) -> None:
        super().__init__(
            "HIS-1003",
            "The expression `{text}` could not be evaluated: {why}",
            "Look at the values that the step gave; the answer counts as unknown, never as false.",
            text=text,
            why=why,
        )


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was checked against declared names."""

    text: str
    names: tuple[str, ...]

    @staticmethod
    def compile(text: str, names: Mapping[str, str]) -> Expression:
        """Check `text` against `names` (dotted name to type) and return it. Raises ExpressionInvalid."""
        if faults := faults_in(text, names):
            raise ExpressionInvalid(text, faults)
        return Expression(text, names_in(text))

    def evaluate(self, values: Mapping[str, Any]) -> bool:
        """Return the answer over `values`. Raises ExpressionFailed."""
        return evaluate(self.text, values)


def faults_in(text: str, names: Mapping[str, str]) -> list[Fault]:
    """Return all that is wrong with `text` over `names`; empty if it is fine.

    Types are string, integer, number, boolean, version, timestamp, list, list[TYPE], map and any.
    """
    try:
        _program(text)
        tree = syntax.parse(text)
    except ValueError as error:
        said = re.search(r":1:(\d+): (?:Syntax error: )?([^\n]*)", str(error))
        offset = int(said[1]) - 1 if said else getattr(error, "offset", 0)
        why = said[2].split(" expecting ")[0] if said else error
        return [Fault(min(offset, len(text)), "This is no expression: {why}.", "", {"why": why})]
    return check(tree, names)


def names_in(text: str) -> tuple[str, ...]:
    """Return the dotted names that `text` uses, each once, in order. Raises ExpressionInvalid if it is none."""
    try:
        return tuple(dict.fromkeys(references(syntax.parse(text))))
    except syntax.SyntaxProblem as error:
        raise ExpressionInvalid(text, [Fault(error.offset, "This is no expression.")]) from error


def evaluate(text: str, values: Mapping[str, Any]) -> bool:
    """Return the answer of `text` over `values`. Raises ExpressionFailed; it never takes an error for false."""
    try:
        program = _program(text)
        if faults := check(syntax.parse(text), types_of(values), lenient=True):
            raise ExpressionFailed(text, " ".join(str(fault) for fault in faults))
        answer = program.execute(_library().Context(dict(values), {"version": version_key}))
    except ExpressionFailed:
        raise
    except KeyError as error:
        raise ExpressionFailed(text, f"there is no {error}.") from error
    except Exception as error:  # the library raises what it likes; each means that there is no answer
        raise ExpressionFailed(text, _short(error)) from error
    if not isinstance(answer, bool):
        raise ExpressionFailed(text, f"it gives a {type(answer).__name__}, not true or false.")
    return answer


@lru_cache(maxsize=512)
def _program(text: str) -> Any:
    return _library().compile(text)


@cache
def _library() -> Any:
    """Return the library: late, since it takes long to import, and quiet, since it logs what it raises as well."""
    import logging

    import cel

    logging.getLogger("cel").addHandler(logging.NullHandler())
    return cel


def _short(error: Exception) -> str:
    """Return the first sentence of what the library said."""
    return str(error).split("\n")[0].split(". ")[0].rstrip(".") + "."
