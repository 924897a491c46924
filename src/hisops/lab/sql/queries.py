"""Query blocks: WITH, set operations, SELECT with its clauses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hisops.lab.sql import hierarchy, rownum, sources
from hisops.lab.sql.conditions import condition
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.expressions import name_of, value
from hisops.lab.sql.grammar import only
from hisops.lab.sql.outcome import FLOATING, Column
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Relation, Typed, quoted
from hisops.lab.sql.windows import direction

_SET_OPERATIONS = {"Union": "union", "Except": "except", "Intersect": "intersect"}


@dataclass(frozen=True, slots=True)
class Query:
    """A translated query and its columns."""

    sql: str
    columns: tuple[Column, ...]


def query(node: Any, scope: Scope) -> Query:
    """Translate a query; `scope` is its own."""
    name = type(node).__name__
    if name == "Select":
        return _select(node, scope)
    if name in _SET_OPERATIONS:
        return _set_operation(node, scope)
    if name == "Subquery":
        only(node, "this", "with_")
        return query(node.this, scope)
    raise not_rehearsed(f"{name} as a query")


def with_queries(node: Any, scope: Scope) -> str:
    """Translate WITH: the queries come into sight one after the other."""
    clause = node.args.get("with_")
    if clause is None:
        return ""
    only(clause, "expressions")
    parts = []
    for part in clause.expressions:
        only(part, "this", "alias")
        name = name_of(part.args["alias"].this)
        if part.args["alias"].args.get("columns"):
            raise not_rehearsed("WITH and a column list")
        inner = query(part.this, scope.child())
        scope.with_queries[name] = Relation(inner.columns)
        parts.append(f"{quoted(name)} as materialized ({inner.sql})")
    return f"with {', '.join(parts)} "


def _select(node: Any, scope: Scope) -> Query:
    only(
        node, "with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "order", "limit",
        "offset", "hint", "connect",
    )  # fmt: skip
    start = with_queries(node, scope)
    if node.args.get("from_") is None:
        raise OracleError(923, "FROM keyword not found where expected")
    where = node.args.get("where")
    if node.args.get("connect") is not None:
        origin, conditions = hierarchy.connected(node, scope)
    else:
        origin, conditions = sources.sources(node, scope, where.this if where is not None else None)
    limit, conditions = rownum.extract(conditions, scope, plain=_is_plain(node))
    filters = [condition(part, scope) for part in conditions]
    if _is_plain(node):
        scope.pseudo = {**scope.pseudo, "ROWNUM": Typed("row_number() over ()", "number")}
    items = _projections(node, scope)
    if len({column.name for _, column in items}) < len(items) and scope.parent is not None:
        items = _renamed(items)
    parts = [start, "select ", "distinct " if _is_distinct(node) else ""]
    parts.append(", ".join(f"{sql} as {quoted(column.name)}" for sql, column in items))
    parts.append(f" from {origin}")
    parts.append(f" where {' and '.join(filters)}" if filters else "")
    parts.append(_grouping(node, scope))
    columns = tuple(column for _, column in items)
    order = _order(node, scope, items)
    if limit is not None and order:
        raise not_rehearsed("ROWNUM beside ORDER BY in one query block")
    parts.append(order or hierarchy.default_order(node, scope))
    parts.append(f" limit {limit}" if limit is not None else _fetch(node, scope))
    return Query("".join(parts), columns)


def _is_plain(node: Any) -> bool:
    """Tell whether rows go through one by one, so that ROWNUM has its simple meaning."""
    return not any(node.args.get(part) for part in ("group", "having", "distinct", "connect", "order"))


def _is_distinct(node: Any) -> bool:
    clause = node.args.get("distinct")
    if clause is None:
        return False
    only(clause)
    return True


def _projections(node: Any, scope: Scope) -> list[tuple[str, Column]]:
    items: list[tuple[str, Column]] = []
    for at, part in enumerate(node.expressions, 1):
        kind = type(part).__name__
        if kind == "Star" or (kind == "Column" and type(part.this).__name__ == "Star"):
            items += _star(part, scope)
            continue
        alias = ""
        inner = part
        if kind == "Alias":
            only(part, "this", "alias")
            alias, inner = name_of(part.args["alias"]), part.this
        typed = value(inner, scope)
        plain = name_of(inner.this) if type(inner).__name__ == "Column" else f"COL{at}"
        items.append((typed.sql, described(typed, alias or plain)))
    return items


def _star(part: Any, scope: Scope) -> list[tuple[str, Column]]:
    only(part, "this", "table")
    table = part.args.get("table")
    wanted = name_of(table) if table is not None else None
    matches = [source for source in scope.sources if wanted in (None, source.alias)]
    if not matches:
        raise OracleError(904, f'"{wanted}": invalid identifier')
    if scope.hidden and wanted is None:
        raise not_rehearsed("* over a join with USING")
    return [(source.typed(column).sql, column) for source in matches for column in source.relation.columns]


def _renamed(items: list[tuple[str, Column]]) -> list[tuple[str, Column]]:
    """Give columns of the same name in an inner query names that nobody can ask for."""
    seen: dict[str, int] = {}
    out = []
    for sql, column in items:
        seen[column.name] = seen.get(column.name, 0) + 1
        twin = replace(column, name=f"{column.name}:{seen[column.name]}") if seen[column.name] > 1 else column
        out.append((sql, twin))
    return out


def described(typed: Typed, name: str) -> Column:
    """Return the description of an expression as a column."""
    if typed.column is not None and (typed.column.name or typed.column.precision):
        return replace(typed.column, name=name)
    if typed.kind == "number":
        return Column(name=name, kind="number", scale=FLOATING)
    if typed.column is not None:
        return replace(typed.column, name=name)
    return Column(name=name, kind=typed.kind)


def _grouping(node: Any, scope: Scope) -> str:
    group, having = node.args.get("group"), node.args.get("having")
    out = ""
    if group is not None:
        only(group, "expressions")
        out = " group by " + ", ".join(_group_key(part, scope) for part in group.expressions)
    if having is not None:
        out += f" having {condition(having.this, scope)}"
    return out


def _group_key(part: Any, scope: Scope) -> str:
    name = type(part).__name__
    if name in ("Rollup", "Cube"):
        only(part, "expressions")
        return f"{name.lower()} ({', '.join(_group_key(item, scope) for item in part.expressions)})"
    if name == "Tuple":
        return f"({', '.join(_group_key(item, scope) for item in part.expressions)})"
    if name == "Literal":
        raise OracleError(979, "not a GROUP BY expression")
    return value(part, scope).sql


def _order(node: Any, scope: Scope, items: list[tuple[str, Column]]) -> str:
    clause = node.args.get("order")
    if clause is None:
        return ""
    only(clause, "expressions", "siblings")
    if clause.args.get("siblings"):
        return ""
    names = [column.name for _, column in items]
    keys = []
    for key in clause.expressions:
        only(key, "this", "desc", "nulls_first")
        keys.append(_order_key(key.this, names, scope) + direction(key))
    return " order by " + ", ".join(keys)


def _order_key(node: Any, names: list[str], scope: Scope | None) -> str:
    if type(node).__name__ == "Literal" and not node.is_string:
        at = int(node.this)
        if not 1 <= at <= len(names):
            raise OracleError(1785, "ORDER BY item must be the number of a SELECT-list expression")
        return str(at)
    if type(node).__name__ == "Column" and node.args.get("table") is None and names.count(name_of(node.this)) == 1:
        return str(names.index(name_of(node.this)) + 1)
    if scope is None:
        raise OracleError(1785, "ORDER BY item must be the number of a SELECT-list expression")
    return value(node, scope).sql


def _fetch(node: Any, scope: Scope) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    out = ""
    if limit is not None:
        if type(limit).__name__ != "Fetch":
            raise OracleError(933, "SQL command not properly ended")
        only(limit, "direction", "count", "limit_options")
        options = limit.args.get("limit_options")
        if options is not None:
            only(options, "rows")
        count = value(limit.args["count"], scope).sql if limit.args.get("count") is not None else "1"
        out = f" limit {count}"
    if offset is not None:
        only(offset, "expression")
        out += f" offset {value(offset.expression, scope).sql}"
    return out


def _set_operation(node: Any, scope: Scope) -> Query:
    only(node, "this", "expression", "distinct", "with_", "order", "limit", "offset")
    start = with_queries(node, scope)
    left, right = query(node.this, scope.child()), query(node.expression, scope.child())
    if len(left.columns) != len(right.columns):
        raise OracleError(1789, "query block has incorrect number of result columns")
    columns = tuple(_joined(one, other) for one, other in zip(left.columns, right.columns, strict=True))
    word = _SET_OPERATIONS[type(node).__name__]
    if node.args.get("distinct") is False:
        word += " all"
    names = [column.name for column in columns]
    order = node.args.get("order")
    keys = [_order_key(key.this, names, None) + direction(key) for key in order.expressions] if order else []
    tail = f" order by {', '.join(keys)}" if keys else ""
    return Query(f"{start}({left.sql}) {word} ({right.sql}){tail}{_fetch(node, scope)}", columns)


def _joined(one: Column, other: Column) -> Column:
    kinds = {one.kind, other.kind} - {"null"}
    if len(kinds) > 1:
        raise OracleError(1790, "expression must have same datatype as corresponding expression")
    scale = one.scale if (one.precision, one.scale) == (other.precision, other.scale) else FLOATING
    return replace(
        one, kind=next(iter(kinds), "null"), size=max(one.size, other.size), scale=scale,
        precision=one.precision if scale == one.scale else 0,
    )  # fmt: skip
