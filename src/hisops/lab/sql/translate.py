"""From a statement in Oracle's SQL to one in DuckDB's, with what it gives and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hisops.lab.sql import dml
from hisops.lab.sql.backend import Kind
from hisops.lab.sql.grammar import parse
from hisops.lab.sql.lexer import Statement, Token
from hisops.lab.sql.outcome import Column
from hisops.lab.sql.queries import query
from hisops.lab.sql.scope import Catalog, Scope
from hisops.lab.sql.types import Relation


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated statement. `tables` are used (the first is changed, if it is DML), `params` must be given."""

    sql: str
    columns: tuple[Column, ...]
    tables: frozenset[str]
    params: frozenset[str]
    target: str = ""


def translate(
    statement: Statement, lookup: Callable[[str, str | None], Relation | None], bind_kinds: tuple[Kind, ...]
) -> Translation:
    """Translate a query or a change of rows."""
    catalog = Catalog(lookup, bind_kinds)
    tree = parse(_with_named_binds(statement))
    scope = Scope(catalog)
    if statement.kind == "query":
        inner = query(tree, scope)
        columns = _titled(tree, statement, inner.columns)
        return Translation(inner.sql, columns, frozenset(catalog.used), frozenset(catalog.params))
    sql, target = dml.change(tree, scope, len(statement.returned))
    return Translation(sql, (), frozenset(catalog.used), frozenset(catalog.params), target)


def _with_named_binds(statement: Statement) -> str:
    """Give every place of a bind a name of its own; numbers as names are not parsed."""
    out, at, count = [], 0, 0
    for token in statement.tokens:
        if token.kind == "bind":
            out += [statement.text[at : token.start], f":lab_bind_{count}"]
            at = token.start + len(token.text)
            count += 1
    text = "".join([*out, statement.text[at:]]).rstrip().rstrip("\0")
    return text[:-1] if text.endswith(";") else text


def _titled(tree: Any, statement: Statement, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Name columns without an alias by their text, as Oracle does: without blanks, in capitals."""
    block = tree
    while type(block).__name__ in ("Union", "Except", "Intersect", "Subquery"):
        block = block.this
    titles = _titles(statement.tokens)
    expressions = block.expressions
    if len(expressions) != len(columns) or len(titles) != len(columns):
        return columns
    kinds = [type(part).__name__ for part in expressions]
    return tuple(
        column if kind in ("Alias", "Column", "Star") else replace(column, name=title)
        for column, kind, title in zip(columns, kinds, titles, strict=True)
    )


def _titles(tokens: tuple[Token, ...]) -> list[str]:
    depth, begun = 0, False
    titles: list[list[str]] = [[]]
    for token in tokens:
        word = token.text.upper()
        depth += (token.text == "(") - (token.text == ")")
        if not begun:
            begun = word == "SELECT" and depth == 0
            continue
        if depth == 0 and word == "FROM":
            break
        if depth == 0 and token.text == ",":
            titles.append([])
        elif word not in ("DISTINCT", "UNIQUE", "ALL") or titles != [[]]:
            titles[-1].append(token.text if token.kind in ("string", "quoted") else word)
    return ["".join(title)[:128] for title in titles]
