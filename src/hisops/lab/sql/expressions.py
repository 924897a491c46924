"""Values: each kind of node has its own translation, and a kind without one is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hisops.lab.sql import conditions, functions, times
from hisops.lab.sql.conversions import POINTS_IN_TIME, alike, comparable, kind_of, to_number, to_text
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.grammar import only
from hisops.lab.sql.outcome import Column
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed, text_literal

_BIND = re.compile(r"lab_bind_(\d+)", re.IGNORECASE)
_UNITS = {"DAY": "day", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second", "MONTH": "month", "YEAR": "year"}
_BIND_TYPES = {"text": "varchar", "date": "timestamp_s", "timestamp": "timestamp", "zoned": "timestamp"}


def value(node: Any, scope: Scope) -> Typed:
    """Translate an expression that yields a value."""
    handler = _HANDLERS.get(type(node).__name__)
    if handler is None:
        raise not_rehearsed(type(node).__name__)
    return handler(node, scope)


def name_of(identifier: Any) -> str:
    """Return an identifier's name as Oracle folds it."""
    return str(identifier.this if identifier.args.get("quoted") else identifier.this.upper())


def _column(node: Any, scope: Scope) -> Typed:
    only(node, "this", "table", "db")
    table = node.args.get("table")
    name = name_of(node.this)
    if table is None and not node.this.args.get("quoted"):
        special = functions.without_parentheses(name, scope)
        if special is not None:
            return special
    return scope.resolve(name, name_of(table) if table is not None else None)


def _literal(node: Any, _scope: Scope) -> Typed:
    if not node.is_string:
        return Typed(str(node.this), "number")
    text = str(node.this)
    if not text:
        return Typed("cast(NULL as varchar)", "null")
    return Typed(text_literal(text), "text", Column(name="", kind="text", size=len(text.encode())))


def _null(_node: Any, _scope: Scope) -> Typed:
    return Typed("NULL", "null")


def _bind(node: Any, scope: Scope) -> Typed:
    match = _BIND.fullmatch(str(node.this))
    if match is None:
        raise not_rehearsed("a bind of this form")
    at = int(match[1])
    kinds = scope.catalog.bind_kinds
    if at >= len(kinds):
        raise OracleError(1008, "not all variables bound")
    place = scope.catalog.param(f"b{at}")
    kind = kinds[at]
    if kind == "number":
        return Typed(place, "number")
    return Typed(f"cast({place} as {_BIND_TYPES.get(kind, 'interval')})", kind)


def _paren(node: Any, scope: Scope) -> Typed:
    only(node, "this")
    inner = value(node.this, scope)
    return Typed(f"({inner.sql})", inner.kind)


def _negative(node: Any, scope: Scope) -> Typed:
    return Typed(f"(-{to_number(value(node.this, scope)).sql})", "number")


def _add(node: Any, scope: Scope) -> Typed:
    left, right = value(node.this, scope), value(node.expression, scope)
    if right.kind in POINTS_IN_TIME and left.kind not in POINTS_IN_TIME:
        left, right = right, left
    if left.kind in POINTS_IN_TIME:
        return _moved(left, right, "+")
    if left.kind == right.kind == "interval":
        return Typed(f"({left.sql} + {right.sql})", "interval")
    return _arithmetic("+", left, right)


def _subtract(node: Any, scope: Scope) -> Typed:
    left, right = value(node.this, scope), value(node.expression, scope)
    if left.kind in POINTS_IN_TIME and right.kind in POINTS_IN_TIME:
        if left.kind == right.kind == "date":
            return Typed(f"((epoch({left.sql}) - epoch({right.sql})) / 86400)", "number")
        return Typed(f"(cast({left.sql} as timestamp) - cast({right.sql} as timestamp))", "interval")
    if left.kind in POINTS_IN_TIME:
        return _moved(left, right, "-")
    if left.kind == right.kind == "interval":
        return Typed(f"({left.sql} - {right.sql})", "interval")
    return _arithmetic("-", left, right)


def _moved(point: Typed, by: Typed, sign: str) -> Typed:
    """Move a date by days or by an interval; only a timestamp moved by an interval keeps its fraction."""
    if by.kind in POINTS_IN_TIME:
        raise OracleError(975, "date + date not allowed")
    if by.kind == "interval" and point.kind != "date":
        return Typed(f"({point.sql} {sign} {by.sql})", point.kind)
    step = by.sql if by.kind == "interval" else f"ora_days({to_number(by).sql})"
    return Typed(f"cast({point.sql} {sign} {step} as timestamp_s)", "date")


def _multiply(node: Any, scope: Scope) -> Typed:
    return _arithmetic("*", value(node.this, scope), value(node.expression, scope))


def _divide(node: Any, scope: Scope) -> Typed:
    left, right = to_number(value(node.this, scope)), to_number(value(node.expression, scope))
    return Typed(f"ora_divide({left.sql}, {right.sql})", "number")


def _arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
    return Typed(f"({to_number(left).sql} {operator} {to_number(right).sql})", "number")


def _concat(node: Any, scope: Scope) -> Typed:
    parts: list[Any] = []
    rest = node
    while type(rest).__name__ == "DPipe":
        parts.append(rest.expression)
        rest = rest.this
    parts.append(rest)
    texts = [to_text(value(part, scope), scope.catalog).sql for part in reversed(parts)]
    return Typed(f"nullif(concat({', '.join(texts)}), '')", "text")


def _case(node: Any, scope: Scope) -> Typed:
    only(node, "this", "ifs", "default")
    branches = [value(branch.args["true"], scope) for branch in node.args["ifs"]]
    default = node.args.get("default")
    results = alike([*branches, *([value(default, scope)] if default is not None else [])], scope.catalog)
    subject = node.args.get("this")
    parts = []
    for branch, result in zip(node.args["ifs"], results, strict=False):
        parts.append(f"when {_when(subject, branch.this, scope)} then {result.sql}")
    tail = f" else {results[-1].sql}" if default is not None else ""
    return Typed(f"case {' '.join(parts)}{tail} end", kind_of(results))


def _when(subject: Any, test: Any, scope: Scope) -> str:
    if subject is None:
        return conditions.condition(test, scope)
    left, right = comparable([value(subject, scope), value(test, scope)], scope.catalog)
    return f"{left.sql} = {right.sql}"


def _cast(node: Any, scope: Scope) -> Typed:
    only(node, "this", "to")
    return functions.cast(node, value(node.this, scope), scope)


def _extract(node: Any, scope: Scope) -> Typed:
    only(node, "this", "expression")
    part = str(node.this.name).upper()
    source = value(node.expression, scope)
    if part not in _UNITS:
        raise not_rehearsed(f"extract {part}")
    if source.kind == "date" and part in ("HOUR", "MINUTE", "SECOND"):
        raise OracleError(30076, "invalid extract field for extract source")
    if source.kind not in (*POINTS_IN_TIME, "interval"):
        raise OracleError(30076, "invalid extract field for extract source")
    return Typed(f"extract({_UNITS[part]} from {source.sql})", "number")


def _interval(node: Any, _scope: Scope) -> Typed:
    only(node, "this", "unit")
    unit = str(node.args["unit"].name).upper() if node.args.get("unit") is not None else ""
    text = str(node.this.this)
    if unit not in ("DAY", "HOUR", "MINUTE", "SECOND") or not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        raise not_rehearsed("an interval of this form")
    return Typed(f"(interval '{text}' {unit.lower()})", "interval")


def _subquery(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql.queries import query

    only(node, "this")
    inner = query(node.this if type(node).__name__ == "Subquery" else node, scope.child())
    if len(inner.columns) != 1:
        raise OracleError(913, "too many values")
    return Typed(f"({inner.sql})", inner.columns[0].kind)


def _function(node: Any, scope: Scope) -> Typed:
    only(node, "this", "expressions")
    return functions.call(str(node.this).upper(), node.expressions, scope)


def _trim(node: Any, scope: Scope) -> Typed:
    only(node, "this", "expression", "position")
    characters = node.args.get("expression")
    verb = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    subject = to_text(value(node.this, scope), scope.catalog).sql
    extra = "' '" if characters is None else to_text(value(characters, scope), scope.catalog).sql
    return Typed(f"nullif({verb}({subject}, {extra}), '')", "text")


def _current_time(node: Any, scope: Scope) -> Typed:
    only(node, "sysdate")
    return times.now(scope, "date" if node.args.get("sysdate") else "zoned")


def _local_time(node: Any, scope: Scope) -> Typed:
    only(node)
    return times.now(scope, "timestamp")


def _at_time_zone(node: Any, scope: Scope) -> Typed:
    only(node, "this", "zone")
    return times.at_time_zone(value(node.this, scope), value(node.args["zone"], scope), scope)


def _current_date(node: Any, scope: Scope) -> Typed:
    only(node)
    return times.now(scope, "date")


def _date_literal(node: Any, _scope: Scope) -> Typed:
    only(node, "this")
    return times.ansi_literal(str(node.this.this), "date")


def _timestamp_literal(node: Any, _scope: Scope) -> Typed:
    only(node, "this", "format")
    return times.ansi_literal(str(node.this.this), "timestamp")


def _window(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql import windows

    return windows.window(node, scope)


def _within_group(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql import windows

    return windows.listagg(node, scope, "")


def _prior(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql import hierarchy

    return hierarchy.prior(node, scope)


def _root(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql import hierarchy

    return hierarchy.root(node, scope)


_HANDLERS: dict[str, Callable[[Any, Scope], Typed]] = {
    "Column": _column,
    "Literal": _literal,
    "Null": _null,
    "Placeholder": _bind,
    "Paren": _paren,
    "Neg": _negative,
    "Add": _add,
    "Sub": _subtract,
    "Mul": _multiply,
    "Div": _divide,
    "DPipe": _concat,
    "Case": _case,
    "Cast": _cast,
    "Extract": _extract,
    "Interval": _interval,
    "Subquery": _subquery,
    "Anonymous": _function,
    "Trim": _trim,
    "Systimestamp": _current_time,
    "CurrentTimestamp": _current_time,
    "CurrentDate": _current_date,
    "AtTimeZone": _at_time_zone,
    "Localtimestamp": _local_time,
    "DateStrToDate": _date_literal,
    "StrToTime": _timestamp_literal,
    "Window": _window,
    "WithinGroup": _within_group,
    "Prior": _prior,
    "ConnectByRoot": _root,
}
