"""ROWNUM in WHERE: an upper bound on the rows of a plain query block becomes LIMIT, anything else is refused."""

from __future__ import annotations

from typing import Any

from hisops.lab.sql.errors import not_rehearsed
from hisops.lab.sql.scope import Scope

_MIRRORED = {"GT": "LT", "GTE": "LTE", "EQ": "EQ"}
_SHIFT = {"LT": -1, "LTE": 0}


def extract(conditions: list[Any], scope: Scope, *, plain: bool) -> tuple[str | None, list[Any]]:
    """Take the ROWNUM conditions out; return the limit and what is left."""
    limits = []
    rest = []
    for part in conditions:
        if not _mentions(part):
            rest.append(part)
            continue
        limits.append(_limit(part, scope))
    if limits and not plain:
        raise not_rehearsed("ROWNUM beside GROUP BY, DISTINCT, ORDER BY or CONNECT BY")
    if len(limits) > 1:
        raise not_rehearsed("several ROWNUM conditions")
    return (limits[0] if limits else None), rest


def _mentions(node: Any) -> bool:
    """Tell whether ROWNUM occurs in this block (not in queries inside it)."""
    if _is_rownum(node):
        return True
    if type(node).__name__ in ("Select", "Union", "Subquery"):
        return False
    return any(_mentions(child) for child in node.iter_expressions())


def _is_rownum(node: Any) -> bool:
    return type(node).__name__ == "Column" and node.name.upper() == "ROWNUM" and node.args.get("table") is None


def _limit(node: Any, scope: Scope) -> str:
    from hisops.lab.sql.conversions import to_number
    from hisops.lab.sql.expressions import value

    operator, left, right = type(node).__name__, node.args.get("this"), node.args.get("expression")
    if right is not None and _is_rownum(right) and operator in _MIRRORED:
        operator, left, right = _MIRRORED[operator], right, left
    if left is None or right is None or not _is_rownum(left) or type(right).__name__ not in ("Literal", "Placeholder"):
        raise not_rehearsed("ROWNUM in this condition")
    if operator == "EQ" and type(right).__name__ == "Literal" and str(right.this) == "1":
        return "1"
    if operator not in _SHIFT:
        raise not_rehearsed("ROWNUM in this condition")
    bound = to_number(value(right, scope)).sql
    # the largest whole number that fulfils it
    whole = f"ceil({bound}) - 1" if operator == "LT" else f"floor({bound})"
    return f"greatest(0, cast({whole} as bigint))"
