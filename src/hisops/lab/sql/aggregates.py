"""Aggregates: the plain ones, COUNT with its forms, and KEEP (DENSE_RANK FIRST or LAST)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hisops.lab.sql.backend import Kind
from hisops.lab.sql.conversions import to_number
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed

_NUMERIC = {"SUM": "sum", "AVG": "avg", "MEDIAN": "median", "STDDEV": "stddev_samp", "VARIANCE": "var_samp"}
NAMES = frozenset({"COUNT", "MIN", "MAX", *_NUMERIC})


def aggregate(name: str, arguments: Sequence[Any], scope: Scope, filtered: str = "") -> Typed:
    """Translate an aggregate; `filtered` restricts it to the rows that fulfil a condition."""
    from hisops.lab.sql.expressions import value

    if len(arguments) != 1:
        raise OracleError(909, "invalid number of arguments")
    tail = f" filter (where {filtered})" if filtered else ""
    node = arguments[0]
    if type(node).__name__ == "Star":
        if name != "COUNT":
            raise OracleError(936, "missing expression")
        return Typed(f"count(*){tail}", "number")
    distinct = type(node).__name__ == "Distinct"
    if distinct:
        if len(node.expressions) != 1:
            raise OracleError(909, "invalid number of arguments")
        node = node.expressions[0]
    inner = value(node, scope)
    word = "distinct " if distinct else ""
    if name == "COUNT":
        return Typed(f"count({word}{inner.sql}){tail}", "number")
    if name in _NUMERIC:
        return Typed(f"{_NUMERIC[name]}({word}{to_number(inner).sql}){tail}", "number")
    kind: Kind = inner.kind
    return Typed(f"{name.lower()}({inner.sql}){tail}", kind)


def keep(name: str, arguments: Sequence[Any], keys: Any, scope: Scope, *, first: bool) -> Typed:
    """Translate MIN or MAX (...) KEEP (DENSE_RANK FIRST or LAST ORDER BY one key): NULL keys are the largest."""
    from hisops.lab.sql.expressions import value

    if name not in ("MIN", "MAX") or len(arguments) != 1 or len(keys) != 1:
        raise not_rehearsed(f"KEEP with {name} or several keys")
    subject, key = value(arguments[0], scope), value(keys[0].this, scope)
    descending = bool(keys[0].args.get("desc"))
    nulls_first = bool(keys[0].args.get("nulls_first"))
    lowest = first != descending
    null_wins = nulls_first == first
    edge = f"{'min' if lowest else 'max'}({key.sql})"
    held = f"list({{'k': {key.sql}, 'v': {subject.sql}}})"
    wanted = f"case when {'count(*) > count' if null_wins else '0 = count'}({key.sql}) then NULL else {edge} end"
    return Typed(f"ora_keep_{name.lower()}({held}, {wanted})", subject.kind)
