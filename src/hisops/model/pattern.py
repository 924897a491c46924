"""Regular expressions that people write in YAML: valid, and linear in the text whatever a tool prints.

Python's matcher backtracks, so a careless pattern can take hours over a few megabytes. What is accepted here cannot:
a repeat without limit stands only in a pattern that starts with `^`, over one character that is no line break, and
once; further ones must be possessive (`\\d++`) or have a limit (`.{0,80}`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Annotated, Any

from pydantic import AfterValidator

MOST_WAYS = 1000

_ONE_CHARACTER = {op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN}
_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}


@dataclass(frozen=True, slots=True)
class _Weight:
    """Ways in which a part can match, choices of its widest repeat, repeats without limit, those that backtrack."""

    ways: int = 1
    widest: int = 1
    unlimited: int = 0
    plain: int = 0


@lru_cache(maxsize=4096)
def check_pattern(pattern: str) -> str:
    """Return `pattern`; ValueError if it is no regular expression, or could be slow."""
    try:
        parsed = _parser.parse(pattern, re.MULTILINE)
        re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    if parsed.state.flags & re.DOTALL:
        raise ValueError(f"{pattern!r}: a dot must not match line breaks")
    anchored = bool(parsed) and parsed[0] == (op.AT, op.AT_BEGINNING)
    weight = _weigh(parsed)
    if weight.unlimited and not anchored:
        raise ValueError(f"{pattern!r}: a repeat without limit needs a pattern that starts with ^")
    # An anchored pattern is tried once a line, so its widest repeat costs no more than the length of the line.
    ways = weight.ways // weight.widest if anchored and not weight.plain else weight.ways
    if weight.plain > 1 or ways > MOST_WAYS:
        raise ValueError(f"{pattern!r} could be slow: make all but one repeat possessive (++) or give them limits")
    return pattern


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the compiled `pattern`, `^` and `$` at each line; each is compiled once."""
    return re.compile(pattern, re.MULTILINE)


def _weigh(items: Any) -> _Weight:
    weight = _Weight()
    for code, value in items:
        inner = _weigh_one(code, value)
        weight = _Weight(
            weight.ways * inner.ways,
            max(weight.widest, inner.widest),
            weight.unlimited + inner.unlimited,
            weight.plain + inner.plain,
        )
    return weight


def _weigh_one(code: Any, value: Any) -> _Weight:
    if code in _REPEATS:
        return _weigh_repeat(code, *value)
    if code is op.BRANCH:
        parts = [_weigh(branch) for branch in value[1]]
        return _Weight(
            sum(part.ways for part in parts),
            max(part.widest for part in parts),
            max(part.unlimited for part in parts),
            max(part.plain for part in parts),
        )
    if code is op.SUBPATTERN:
        return _weigh(value[-1])
    if code is op.ATOMIC_GROUP:
        return _weigh(value)
    if code in {op.ASSERT, op.ASSERT_NOT}:
        return _weigh(value[1])
    if code in {op.GROUPREF, op.GROUPREF_EXISTS}:
        raise ValueError("a pattern must not refer back to a group")
    return _Weight()


def _weigh_repeat(code: Any, least: int, most: int, items: Any) -> _Weight:
    possessive = code is op.POSSESSIVE_REPEAT
    single = len(items) == 1 and items[0][0] in _ONE_CHARACTER
    if most != op.MAXREPEAT:
        choices = int(most) - int(least) + 1
        if single:
            return _Weight() if possessive else _Weight(choices, choices)
        inner = _weigh(items)
        times = max(int(most), 1)
        ways = choices * min(inner.ways, MOST_WAYS) ** min(times, 9)
        return _Weight(ways, inner.widest, inner.unlimited, inner.plain * times)
    if not single:
        raise ValueError("a repeat without limit may only be over one character, not over a group")
    if _matches_line_break(items[0]):
        raise ValueError("a repeat without limit must not run over line breaks: write [ \\t] for \\s, add \\n to [^…]")
    return _Weight(unlimited=1, plain=0 if possessive else 1)


def _matches_line_break(item: tuple[Any, Any]) -> bool:
    code, value = item
    if code is op.ANY:
        return False
    if code is op.LITERAL:
        return bool(value == ord("\n"))
    if code is op.NOT_LITERAL:
        return bool(value != ord("\n"))
    negated = value[0][0] is op.NEGATE
    return negated != any(_holds_line_break(part) for part in value)


def _holds_line_break(part: tuple[Any, Any]) -> bool:
    code, value = part
    if code is op.LITERAL:
        return bool(value == ord("\n"))
    if code is op.RANGE:
        return bool(value[0] <= ord("\n") <= value[1])
    return value in {op.CATEGORY_SPACE, op.CATEGORY_NOT_DIGIT, op.CATEGORY_NOT_WORD}


Regex = Annotated[str, AfterValidator(check_pattern)]
