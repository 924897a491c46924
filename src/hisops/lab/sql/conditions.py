"""Conditions: what may stand in WHERE, HAVING, ON and WHEN. Oracle keeps them apart from values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hisops.lab.sql.conversions import comparable, to_text
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.grammar import only
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed

_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def condition(node: Any, scope: Scope) -> str:
    """Translate a condition."""
    handler = _HANDLERS.get(type(node).__name__)
    if handler is None:
        raise not_rehearsed(f"{type(node).__name__} as a condition")
    return handler(node, scope)


def conjuncts(node: Any) -> list[Any]:
    """Return the parts of a condition that AND joins."""
    if type(node).__name__ == "And":
        return conjuncts(node.this) + conjuncts(node.expression)
    return [node]


def _value(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql.expressions import value

    return value(node, scope)


def _junction(node: Any, scope: Scope) -> str:
    word = "and" if type(node).__name__ == "And" else "or"
    return f"({condition(node.this, scope)} {word} {condition(node.expression, scope)})"


def _not(node: Any, scope: Scope) -> str:
    return f"(not {condition(node.this, scope)})"


def _paren(node: Any, scope: Scope) -> str:
    return f"({condition(node.this, scope)})"


def _comparison(node: Any, scope: Scope) -> str:
    if type(node.this).__name__ == "Tuple" or type(node.expression).__name__ in ("Any", "All", "Tuple"):
        raise not_rehearsed("a comparison of lists")
    left, right = comparable([_value(node.this, scope), _value(node.expression, scope)], scope.catalog)
    return f"({left.sql} {_COMPARISONS[type(node).__name__]} {right.sql})"


def _is_null(node: Any, scope: Scope) -> str:
    if type(node.expression).__name__ != "Null":
        raise not_rehearsed("IS with something else than NULL")
    return f"({_value(node.this, scope).sql} is null)"


def _between(node: Any, scope: Scope) -> str:
    only(node, "this", "low", "high")
    subject, low, high = comparable(
        [_value(node.this, scope), _value(node.args["low"], scope), _value(node.args["high"], scope)], scope.catalog
    )
    return f"({subject.sql} between {low.sql} and {high.sql})"


def _in(node: Any, scope: Scope) -> str:
    only(node, "this", "expressions", "query")
    if node.args.get("query") is not None:
        return _in_query(node, scope)
    if type(node.this).__name__ == "Tuple":
        return _in_tuples(node, scope)
    subject, *items = comparable([_value(part, scope) for part in (node.this, *node.expressions)], scope.catalog)
    return f"({subject.sql} in ({', '.join(item.sql for item in items)}))"


def _in_tuples(node: Any, scope: Scope) -> str:
    choices = []
    for item in node.expressions:
        if len(item.expressions) != len(node.this.expressions):
            raise OracleError(1789, "query block has incorrect number of result columns")
        pairs = zip(node.this.expressions, item.expressions, strict=True)
        equal = [comparable([_value(left, scope), _value(right, scope)], scope.catalog) for left, right in pairs]
        choices.append("(" + " and ".join(f"{left.sql} = {right.sql}" for left, right in equal) + ")")
    return "(" + " or ".join(choices) + ")"


def _in_query(node: Any, scope: Scope) -> str:
    from hisops.lab.sql.queries import query

    inner = query(node.args["query"].this, scope.child())
    is_tuple = type(node.this).__name__ == "Tuple"
    subjects = [_value(part, scope) for part in (node.this.expressions if is_tuple else [node.this])]
    if len(subjects) != len(inner.columns):
        raise OracleError(913, "too many values")
    for subject, column in zip(subjects, inner.columns, strict=True):
        if len({subject.kind, column.kind} - {"null"}) > 1:
            raise not_rehearsed("IN over different types")
    left = ", ".join(subject.sql for subject in subjects)
    return f"(({left}) in ({inner.sql}))" if is_tuple else f"({left} in ({inner.sql}))"


def _exists(node: Any, scope: Scope) -> str:
    from hisops.lab.sql.queries import query

    only(node, "this")
    return f"(exists ({query(node.this, scope.child()).sql}))"


def _like(node: Any, scope: Scope) -> str:
    escape = ""
    if type(node).__name__ == "Escape":
        escape = f" escape {to_text(_value(node.expression, scope), scope.catalog).sql}"
        node = node.this
    if type(node).__name__ != "Like":
        raise not_rehearsed(type(node).__name__)
    only(node, "this", "expression", "negate")
    word = "not like" if node.args.get("negate") else "like"
    subject = to_text(_value(node.this, scope), scope.catalog)
    pattern = to_text(_value(node.expression, scope), scope.catalog)
    return f"({subject.sql} {word} {pattern.sql}{escape})"


def _function(node: Any, scope: Scope) -> str:
    if str(node.this).upper() != "REGEXP_LIKE" or len(node.expressions) not in (2, 3):
        raise not_rehearsed(f"{node.this} as a condition")
    texts = [to_text(_value(part, scope), scope.catalog).sql for part in node.expressions]
    if len(texts) == 3 and texts[2] not in ("'i'", "'c'"):
        raise not_rehearsed("REGEXP_LIKE with these flags")
    subject, pattern, flags = (*texts, "'c'")[:3]
    return f"ora_regexp_like({subject}, {pattern}, {flags})"


_HANDLERS: dict[str, Callable[[Any, Scope], str]] = {
    **dict.fromkeys(_COMPARISONS, _comparison),
    "And": _junction,
    "Or": _junction,
    "Not": _not,
    "Paren": _paren,
    "Is": _is_null,
    "Between": _between,
    "In": _in,
    "Exists": _exists,
    "Like": _like,
    "Escape": _like,
    "Anonymous": _function,
}
