"""START WITH ... CONNECT BY as a recursive query. Rows carry their level and path: the path gives order and loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hisops.lab.sql import aggregates
from hisops.lab.sql.conditions import condition, conjuncts
from hisops.lab.sql.conversions import to_number, to_text
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.expressions import value
from hisops.lab.sql.grammar import only
from hisops.lab.sql.scope import Scope, Source
from hisops.lab.sql.types import Typed, quoted
from hisops.lab.sql.windows import ordering

_LEVEL, _PATH, _RANK = '"H:LEVEL"', '"H:PATH"', '"H:RANK"'
_PARENT, _WALK, _BASE = "H:PARENT", '"H:WALK"', '"H:BASE"'
_PRIOR = "H:PRIOR"  # where a scope keeps that PRIOR means the parent row


@dataclass(frozen=True, slots=True)
class Carried:
    """A value that every row inherits along the path: at the root, at each step below, and its kind."""

    root: str
    step: str
    typed: Typed


def connected(node: Any, scope: Scope) -> tuple[str, list[Any]]:
    """Translate FROM, START WITH and CONNECT BY to one source; return it and the conditions of WHERE."""
    from hisops.lab.sql.sources import relation

    if node.args.get("joins"):
        raise not_rehearsed("CONNECT BY over a join")
    connect = node.args["connect"]
    only(connect, "start", "connect", "nocycle")
    source, sql = relation(node.args["from_"].this, scope)
    alias = quoted(source.alias)
    if _has_prior(connect):
        carried = _carried(node, source, scope)
        walked = _recursion(node, source, sql, carried, scope)
    else:
        carried = {}
        levels = f"unnest(range(1, {_bound(connect, scope)} + 1)) as {_LEVEL}"
        walked = f"select {alias}.*, {levels} from {sql}"  # noqa: S608
    scope.sources.append(source)
    scope.pseudo = {
        **scope.pseudo,
        "LEVEL": Typed(f"{alias}.{_LEVEL}", "number"),
        **{key: one.typed for key, one in carried.items()},
    }
    where = node.args.get("where")
    return f"({walked}) as {alias}", conjuncts(where.this) if where is not None else []


def default_order(node: Any, scope: Scope) -> str:
    """Return the order of rows down the tree, where the block has none of its own and rows are not grouped."""
    connect = node.args.get("connect")
    if connect is None or not _has_prior(connect) or node.args.get("group") or node.args.get("distinct"):
        return ""
    if any(_is_aggregate(call) for part in node.expressions for call in _calls(part)):
        return ""
    return f" order by {quoted(scope.sources[0].alias)}.{_PATH}"


def prior(node: Any, scope: Scope) -> Typed:
    """Translate PRIOR: the value of the parent row."""
    only(node, "this")
    parent = scope.pseudo.get(_PRIOR)
    if parent is None:
        raise not_rehearsed("PRIOR outside CONNECT BY")
    source = next(iter(scope.sources))
    return value(node.this, Scope(scope.catalog, scope.parent, [Source(_PARENT, source.relation)]))


def root(node: Any, scope: Scope) -> Typed:
    """Translate CONNECT_BY_ROOT: the value of the row at the top."""
    return _inherited(_key(node), scope)


def path(arguments: Sequence[Any], scope: Scope) -> Typed:
    """Translate SYS_CONNECT_BY_PATH(text, separator): the values from the top down."""
    if len(arguments) != 2:
        raise OracleError(909, "invalid number of arguments")
    return _inherited(_path_key(arguments), scope)


def _inherited(key: str, scope: Scope) -> Typed:
    found = scope.pseudo.get(key)
    if found is None:
        raise OracleError(30002, "SYS_CONNECT_BY_PATH function is not allowed here")
    return found


def _recursion(node: Any, source: Source, sql: str, carried: dict[str, Carried], scope: Scope) -> str:
    connect, alias = node.args["connect"], quoted(source.alias)
    base = Scope(scope.catalog, scope.parent, [source], dict(scope.with_queries))
    step = Scope(scope.catalog, scope.parent, [source], dict(scope.with_queries))
    step.pseudo = {
        _PRIOR: Typed("", "null"),
        "LEVEL": Typed(f'({quoted(_PARENT)}.{_LEVEL} + 1)', "number"),
    }  # fmt: skip
    start = condition(connect.args["start"], base) if connect.args.get("start") is not None else "true"
    roots = "".join(f", {one.root}" for one in carried.values())
    steps = "".join(f", {one.step}" for one in carried.values())
    parent = quoted(_PARENT)
    loop = f"list_contains({parent}.{_PATH}, {alias}.{_RANK})"
    fate = "false" if connect.args.get("nocycle") else "error('ORA-01436: CONNECT BY loop in user data')::boolean"
    linked = condition(connect.args["connect"], step)
    numbered = f"select {alias}.*, row_number() over ({_siblings(node, base)}) as {_RANK} from {sql}"  # noqa: S608
    first = f"select {alias}.*, cast(1 as bigint) as {_LEVEL}, [{alias}.{_RANK}] as {_PATH}{roots}"
    next_one = f"{parent}.{_LEVEL} + 1, list_append({parent}.{_PATH}, {alias}.{_RANK}){steps}"
    guarded = f"case when {linked} then case when {loop} then {fate} else true end else false end"
    return (
        f"with recursive {_BASE} as ({numbered}), {_WALK} as ({first} from {_BASE} as {alias} where {start} "  # noqa: S608
        f"union all select {alias}.*, {next_one} from {_BASE} as {alias}, {_WALK} as {parent} where {guarded}) "
        f"select * from {_WALK}"
    )


def _siblings(node: Any, base: Scope) -> str:
    order = node.args.get("order")
    if order is None or not order.args.get("siblings"):
        return ""
    return f"order by {ordering(order.expressions, base)}"


def _carried(node: Any, source: Source, scope: Scope) -> dict[str, Carried]:
    """Find CONNECT_BY_ROOT and SYS_CONNECT_BY_PATH in the block and say how their values come down the path."""
    from sqlglot import exp

    base = Scope(scope.catalog, scope.parent, [source], dict(scope.with_queries))
    found: dict[str, Carried] = {}
    for call in node.find_all(exp.ConnectByRoot, exp.Anonymous):
        place = f'"H:{len(found)}"'
        ours, theirs = f"{quoted(source.alias)}.{place}", f"{quoted(_PARENT)}.{place}"
        if type(call).__name__ == "ConnectByRoot":
            inner = value(call.this, base)
            found[_key(call)] = Carried(f"{inner.sql} as {place}", theirs, Typed(ours, inner.kind))
        elif str(call.this).upper() == "SYS_CONNECT_BY_PATH" and len(call.expressions) == 2:
            text, separator = (to_text(value(part, base), scope.catalog).sql for part in call.expressions)
            first, next_one = f"concat({separator}, {text})", f"concat({theirs}, {separator}, {text})"
            found[_path_key(call.expressions)] = Carried(f"{first} as {place}", next_one, Typed(ours, "text"))
    return found


def _key(node: Any) -> str:
    return f"H:ROOT {node.this.sql()}"


def _path_key(arguments: Sequence[Any]) -> str:
    return "H:PATH " + " ".join(part.sql() for part in arguments)


def _has_prior(connect: Any) -> bool:
    from sqlglot import exp

    return connect.args["connect"].find(exp.Prior) is not None


def _bound(connect: Any, scope: Scope) -> str:
    """Return the last level of a generator (CONNECT BY LEVEL <= n); the first row comes in any case."""
    test = connect.args["connect"]
    is_level = type(test.this).__name__ == "Column" and test.this.name.upper() in ("LEVEL", "ROWNUM")
    if connect.args.get("start") is not None or not is_level or type(test).__name__ not in ("LT", "LTE"):
        raise not_rehearsed("CONNECT BY without PRIOR")
    limit = to_number(value(test.expression, scope.child())).sql
    last = f"ceil({limit}) - 1" if type(test).__name__ == "LT" else f"floor({limit})"
    return f"greatest(1, cast({last} as bigint))"


def _calls(node: Any) -> list[Any]:
    """Return the calls in an expression that do not stand under OVER or in a query of their own."""
    if type(node).__name__ in ("Window", "Select", "Subquery"):
        return []
    inner = [call for child in node.iter_expressions() for call in _calls(child)]
    return [node, *inner] if type(node).__name__ in ("Anonymous", "WithinGroup") else inner


def _is_aggregate(call: Any) -> bool:
    return type(call).__name__ == "WithinGroup" or str(call.this).upper() in aggregates.NAMES
