"""INSERT, UPDATE, DELETE on the lab's own tables."""

from __future__ import annotations

from typing import Any

from hisops.lab.sql.conditions import condition
from hisops.lab.sql.conversions import convert
from hisops.lab.sql.errors import OracleError, not_rehearsed, unknown_column
from hisops.lab.sql.expressions import name_of, value
from hisops.lab.sql.grammar import only
from hisops.lab.sql.outcome import Column
from hisops.lab.sql.scope import Scope, Source
from hisops.lab.sql.types import quoted, text_literal


def change(tree: Any, scope: Scope, returned: int) -> tuple[str, str]:
    """Translate a change of rows; return it and the name of the table that it changes."""
    if returned:
        raise not_rehearsed("RETURNING")
    match type(tree).__name__:
        case "Insert":
            return _insert(tree, scope)
        case "Update":
            return _update(tree, scope)
        case "Delete":
            return _delete(tree, scope)
    raise not_rehearsed(type(tree).__name__)


def _target(node: Any, scope: Scope) -> Source:
    only(node, "this", "db", "alias")
    owner = node.args.get("db")
    name = name_of(node.this)
    found = scope.catalog.table(name, name_of(owner) if owner is not None else None)
    alias = node.args.get("alias")
    source = Source(name_of(alias.this) if alias is not None else name, found)
    scope.sources.append(source)
    return source


def _column(source: Source, name: str) -> Column:
    column = source.column(name)
    if column is None:
        raise unknown_column(name)
    return column


def _insert(tree: Any, scope: Scope) -> tuple[str, str]:
    only(tree, "this", "expression")
    table = tree.this
    names: list[str] = []
    if type(table).__name__ == "Schema":
        names = [name_of(part) for part in table.expressions]
        table = table.this
    target = _target(table, Scope(scope.catalog))
    columns = [_column(target, name) for name in names] or list(target.relation.columns)
    if type(tree.expression).__name__ == "Values":
        source = _values(tree.expression, columns, scope)
    else:
        source = _selected(tree.expression, columns, scope)
    listed = ", ".join(quoted(column.name) for column in columns)
    name = table.name.lower()
    return f"insert into {quoted(name)} ({listed}) {source}", name


def _values(node: Any, columns: list[Column], scope: Scope) -> str:
    only(node, "expressions")
    if len(node.expressions) != 1:
        raise OracleError(933, "SQL command not properly ended")
    parts = node.expressions[0].expressions
    if len(parts) < len(columns):
        raise OracleError(947, "not enough values")
    if len(parts) > len(columns):
        raise OracleError(913, "too many values")
    pairs = zip(parts, columns, strict=True)
    return f"values ({', '.join(_fitting(part, column, scope) for part, column in pairs)})"


def _selected(node: Any, columns: list[Column], scope: Scope) -> str:
    from hisops.lab.sql.queries import query

    inner = query(node, scope.child())
    if len(inner.columns) != len(columns):
        raise OracleError(947 if len(inner.columns) < len(columns) else 913, "values do not fit the columns")
    for given, column in zip(inner.columns, columns, strict=True):
        if given.kind not in (column.kind, "null"):
            raise not_rehearsed("INSERT of other types than the columns have")
    return inner.sql


def _fitting(node: Any, column: Column, scope: Scope) -> str:
    typed = convert(value(node, scope), column.kind, scope.catalog)
    if column.kind == "text":
        return f"ora_fit({typed.sql}, {column.size}, {text_literal(quoted(column.name))})"
    return typed.sql


def _update(tree: Any, scope: Scope) -> tuple[str, str]:
    only(tree, "this", "expressions", "where")
    target = _target(tree.this, scope)
    sets = []
    for part in tree.expressions:
        if type(part).__name__ != "EQ" or type(part.this).__name__ != "Column":
            raise not_rehearsed("UPDATE of this form")
        column = _column(target, name_of(part.this.this))
        sets.append(f"{quoted(column.name)} = {_fitting(part.expression, column, scope)}")
    name = tree.this.name.lower()
    sql = f"update {quoted(name)} as {quoted(target.alias)} set {', '.join(sets)}{_where(tree, scope)}"  # noqa: S608
    return sql, name


def _delete(tree: Any, scope: Scope) -> tuple[str, str]:
    only(tree, "this", "where")
    target = _target(tree.this, scope)
    name = tree.this.name.lower()
    return f"delete from {quoted(name)} as {quoted(target.alias)}{_where(tree, scope)}", name  # noqa: S608


def _where(tree: Any, scope: Scope) -> str:
    where = tree.args.get("where")
    return f" where {condition(where.this, scope)}" if where is not None else ""
