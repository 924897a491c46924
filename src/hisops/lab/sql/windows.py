"""Analytic functions, LISTAGG, and the ORDER BY that Oracle and DuckDB fill with nulls differently."""

from __future__ import annotations

from typing import Any

from hisops.lab.sql import aggregates
from hisops.lab.sql.conversions import alike, convert, kind_of, to_number, to_text
from hisops.lab.sql.errors import not_rehearsed
from hisops.lab.sql.grammar import only
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed

_RANKINGS = {"ROW_NUMBER": "row_number", "RANK": "rank", "DENSE_RANK": "dense_rank"}
_BOUNDS = {"UNBOUNDED", "CURRENT ROW"}


def ordering(expressions: list[Any], scope: Scope) -> str:
    """Translate sort keys with the place of nulls written out."""
    from hisops.lab.sql.expressions import value

    keys = []
    for key in expressions:
        only(key, "this", "desc", "nulls_first")
        keys.append(value(key.this, scope).sql + direction(key))
    return ", ".join(keys)


def direction(key: Any) -> str:
    """Return the direction and the place of nulls of a sort key."""
    return f" {'desc' if key.args.get('desc') else 'asc'} nulls {'first' if key.args.get('nulls_first') else 'last'}"


def window(node: Any, scope: Scope) -> Typed:
    """Translate `function OVER (...)`, or KEEP, which the parser gives the same shape."""
    if str(node.args.get("over") or "").upper() == "KEEP":
        return _keep(node, scope)
    only(node, "this", "partition_by", "order", "spec", "over")
    over = _over(node, scope)
    inner = node.this
    if type(inner).__name__ == "WithinGroup":
        if node.args.get("order") is not None:
            raise not_rehearsed("LISTAGG OVER with an order")
        return listagg(inner, scope, over)
    if type(inner).__name__ == "Window" and str(inner.args.get("over") or "").upper() == "KEEP":
        raise not_rehearsed("KEEP with OVER")
    if type(inner).__name__ != "Anonymous":
        raise not_rehearsed(f"{type(inner).__name__} OVER")
    only(inner, "this", "expressions")
    return _analytic(str(inner.this).upper(), inner.expressions, over, scope)


def _over(node: Any, scope: Scope) -> str:
    from hisops.lab.sql.expressions import value

    parts = []
    partition = node.args.get("partition_by") or []
    if partition:
        parts.append("partition by " + ", ".join(value(part, scope).sql for part in partition))
    order = node.args.get("order")
    if order is not None:
        only(order, "expressions")
        parts.append("order by " + ordering(order.expressions, scope))
    if node.args.get("spec") is not None:
        parts.append(_frame(node.args["spec"]))
    return f" over ({' '.join(parts)})"


def _frame(spec: Any) -> str:
    only(spec, "kind", "start", "start_side", "end", "end_side")
    start, end = spec.args.get("start"), spec.args.get("end")
    if any(bound is not None and bound not in _BOUNDS for bound in (start, end)):
        raise not_rehearsed("a window frame with an offset")
    first = f"{start} {spec.args.get('start_side') or ''}".strip()
    last = f"{end} {spec.args.get('end_side') or ''}".strip() if end else "current row"
    kind = str(spec.args["kind"]).lower()
    if kind not in ("rows", "range"):
        raise not_rehearsed(f"window frame {kind}")
    return f"{kind} between {first} and {last}"


def _analytic(name: str, arguments: list[Any], over: str, scope: Scope) -> Typed:
    from hisops.lab.sql.expressions import value

    if name in _RANKINGS and not arguments:
        return Typed(f"{_RANKINGS[name]}(){over}", "number")
    if name in aggregates.NAMES:
        inner = aggregates.aggregate(name, arguments, scope)
        return Typed(f"{inner.sql}{over}", inner.kind)
    values = [value(part, scope) for part in arguments]
    if name in ("LAG", "LEAD") and 1 <= len(values) <= 3:
        return _shifted(name, values, over, scope)
    if name in ("FIRST_VALUE", "LAST_VALUE") and len(values) == 1:
        return Typed(f"{name.lower()}({values[0].sql}){over}", values[0].kind)
    if name == "NTILE" and len(values) == 1:
        return Typed(f"ntile(cast({to_number(values[0]).sql} as integer)){over}", "number")
    if name == "RATIO_TO_REPORT" and len(values) == 1:
        number = to_number(values[0]).sql
        return Typed(f"({number} / nullif(sum({number}){over}, 0))", "number")
    raise not_rehearsed(f"analytic function {name}")


def _shifted(name: str, values: list[Typed], over: str, scope: Scope) -> Typed:
    texts = [values[0].sql]
    if len(values) > 1:
        texts.append(f"cast({to_number(values[1]).sql} as integer)")
    if len(values) > 2:
        subject, default = alike([values[0], values[2]], scope.catalog)
        texts.append(convert(default, kind_of([subject, default]), scope.catalog).sql)
    return Typed(f"{name.lower()}({', '.join(texts)}){over}", values[0].kind)


def _keep(node: Any, scope: Scope) -> Typed:
    only(node, "this", "order", "over", "first", "alias")
    function = node.this
    if type(function).__name__ != "Anonymous" or str(node.args.get("alias")).upper() != "DENSE_RANK":
        raise not_rehearsed("KEEP of this form")
    keys = node.args["order"].expressions
    return aggregates.keep(
        str(function.this).upper(), function.expressions, keys, scope, first=bool(node.args["first"])
    )


def listagg(node: Any, scope: Scope, over: str) -> Typed:
    """Translate LISTAGG(text, separator) WITHIN GROUP (ORDER BY ...)."""
    from hisops.lab.sql.expressions import value

    only(node, "this", "expression")
    function, order = node.this, node.expression
    if type(function).__name__ != "Anonymous" or str(function.this).upper() != "LISTAGG":
        raise not_rehearsed("WITHIN GROUP with another function")
    if not 1 <= len(function.expressions) <= 2 or type(function.expressions[0]).__name__ == "Distinct":
        raise not_rehearsed("LISTAGG of this form")
    texts = [to_text(value(part, scope), scope.catalog).sql for part in function.expressions]
    separator = texts[1] if len(texts) == 2 else "''"
    keys = ordering(order.expressions, scope)
    return Typed(f"nullif(string_agg({texts[0]}, {separator} order by {keys}){over}, '')", "text")
