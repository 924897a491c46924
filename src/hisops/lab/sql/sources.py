"""FROM: tables, queries, joins of both styles (ANSI, and commas with the outer join mark), PIVOT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hisops.lab.sql.conditions import condition, conjuncts
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.expressions import name_of
from hisops.lab.sql.grammar import only
from hisops.lab.sql.scope import Scope, Source
from hisops.lab.sql.types import Relation, quoted


@dataclass(frozen=True, slots=True)
class Item:
    """One comma-separated item of FROM: its SQL, its sources, and whether ANSI joins hang on it."""

    sql: str
    aliases: frozenset[str]


def sources(node: Any, scope: Scope, where: Any | None) -> tuple[str, list[Any]]:
    """Translate FROM; return it and the conditions that are left for WHERE."""
    items = [_item(node.args["from_"].this, scope)]
    for join in node.args.get("joins") or []:
        if _is_comma(join):
            items.append(_item(join.this, scope))
        else:
            items[-1] = _ansi(items[-1], join, scope)
    conditions = conjuncts(where) if where is not None else []
    marked = [part for part in conditions if _marks(part)]
    if not marked:
        return ", ".join(item.sql for item in items), conditions
    plain = [part for part in conditions if not _marks(part)]
    return _outer_joined(items, marked, scope), plain


def _is_comma(join: Any) -> bool:
    return not any(join.args.get(part) for part in ("side", "kind", "on", "using", "method"))


def _item(node: Any, scope: Scope) -> Item:
    source, sql = relation(node, scope)
    if any(known.alias == source.alias for known in scope.sources):
        raise not_rehearsed(f"two sources named {source.alias}")
    scope.sources.append(source)
    return Item(sql, frozenset({source.alias}))


def relation(node: Any, scope: Scope) -> tuple[Source, str]:
    """Translate one source; return it under its alias."""
    kind = type(node).__name__
    if kind == "Table":
        only(node, "this", "db", "alias", "pivots")
        name = name_of(node.this)
        owner = node.args.get("db")
        found = scope.relation(name, name_of(owner) if owner is not None else None)
        is_query = owner is None and name in scope.with_queries
        sql = quoted(name if is_query else name.lower())
    elif kind == "Subquery":
        from hisops.lab.sql.queries import query

        only(node, "this", "alias", "pivots")
        name = f"Q:{len(scope.sources) + 1}"
        inner = query(node.this, scope.child())
        found, sql = Relation(inner.columns), f"({inner.sql})"
    else:
        raise not_rehearsed(f"{kind} in FROM")
    alias = node.args.get("alias")
    if alias is not None:
        only(alias, "this")
        name = name_of(alias.this)
    if node.args.get("pivots"):
        from hisops.lab.sql.pivot import pivoted

        found, sql = pivoted(node.args["pivots"], found, sql, scope)
    return Source(name, found), f"{sql} as {quoted(name)}"


def _ansi(left: Item, join: Any, scope: Scope) -> Item:
    only(join, "this", "side", "kind", "on", "using")
    side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
    if side not in ("", "LEFT", "RIGHT", "FULL") or kind not in ("", "INNER", "OUTER", "CROSS"):
        raise not_rehearsed(f"{side} {kind} JOIN")
    right = _item(join.this, scope)
    aliases = left.aliases | right.aliases
    if kind == "CROSS":
        return Item(f"{left.sql} cross join {right.sql}", aliases)
    if join.args.get("using"):
        names = [name_of(part) for part in join.args["using"]]
        if side not in ("", "LEFT"):
            raise not_rehearsed(f"{side} JOIN with USING")
        scope.hidden |= frozenset(names)
        tail = f"using ({', '.join(quoted(name) for name in names)})"
    elif join.args.get("on") is not None:
        tail = f"on {condition(join.args['on'], scope)}"
    else:
        raise OracleError(905, "missing keyword")
    return Item(f"{left.sql} {side.lower()} join {right.sql} {tail}", aliases)


def _marks(node: Any) -> set[str]:
    """Return the sources that carry the outer join mark in a condition."""
    from sqlglot import exp

    marks = set()
    for column in node.find_all(exp.Column):
        if column.args.get("join_mark"):
            if column.args.get("table") is None:
                raise not_rehearsed("(+) on a column without its table")
            marks.add(name_of(column.args["table"]))
    return marks


def _outer_joined(items: list[Item], marked: list[Any], scope: Scope) -> str:
    """Join the marked tables to the others, each by the conditions that mark it."""
    on: dict[str, list[Any]] = {}
    for part in marked:
        marks = _marks(part)
        if len(marks) > 1:
            raise OracleError(1468, "a predicate may reference only one outer-joined table")
        if type(part).__name__ in ("Or", "In"):
            raise OracleError(1719, "outer join operator (+) not allowed in operand of OR or IN")
        on.setdefault(marks.pop(), []).append(part)
    inner = [item for item in items if not item.aliases & on.keys()]
    if not inner:
        raise OracleError(1416, "two tables cannot be outer-joined to each other")
    if any(len(item.aliases) > 1 for item in items):
        raise not_rehearsed("(+) beside ANSI joins")
    joined = " cross join ".join(item.sql for item in inner)
    present = frozenset().union(*(item.aliases for item in inner))
    waiting = [item for item in items if item not in inner]
    while waiting:
        ready = next((item for item in waiting if _needs(on, item) <= present | item.aliases), None)
        if ready is None:
            raise OracleError(1416, "two tables cannot be outer-joined to each other")
        waiting.remove(ready)
        conditions = [condition(_unmarked(part), scope) for part in on[next(iter(ready.aliases))]]
        joined += f" left join {ready.sql} on {' and '.join(conditions)}"
        present |= ready.aliases
    return joined


def _needs(on: dict[str, list[Any]], item: Item) -> frozenset[str]:
    from sqlglot import exp

    needed = set()
    for part in on[next(iter(item.aliases))]:
        for column in part.find_all(exp.Column):
            if column.args.get("table") is None:
                raise not_rehearsed("(+) beside a column without its table")
            needed.add(name_of(column.args["table"]))
    return frozenset(needed)


def _unmarked(node: Any) -> Any:
    from sqlglot import exp

    copy = node.copy()
    for column in copy.find_all(exp.Column):
        column.set("join_mark", None)
    return copy
