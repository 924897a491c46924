"""Names: which sources a query block sees, and what a column name means in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hisops.lab.sql.backend import Kind
from hisops.lab.sql.errors import OracleError, unknown_column, unknown_table
from hisops.lab.sql.outcome import Column
from hisops.lab.sql.types import Relation, Typed, quoted


@dataclass(slots=True)
class Source:
    """A source in FROM: its alias as Oracle sees it and its columns."""

    alias: str
    relation: Relation

    def column(self, name: str) -> Column | None:
        """Return the column `name`."""
        return next((column for column in self.relation.columns if column.name == name), None)

    def typed(self, column: Column) -> Typed:
        """Return the expression for one of its columns."""
        return Typed(f"{quoted(self.alias)}.{quoted(column.name)}", column.kind, column)


@dataclass(slots=True)
class Catalog:
    """Tables by name; notes which are used."""

    lookup: Callable[[str, str | None], Relation | None]
    bind_kinds: tuple[Kind, ...] = ()
    used: set[str] = field(default_factory=set)
    params: set[str] = field(default_factory=set)

    def table(self, name: str, owner: str | None) -> Relation:
        """Return a table or raise ORA-00942."""
        found = self.lookup(name.lower(), owner.upper() if owner else None)
        if found is None:
            raise unknown_table()
        self.used.add(name.lower())
        return found

    def param(self, name: str) -> str:
        """Note that a session value or a bind is needed; return its place."""
        self.params.add(name)
        return f"${name}"


@dataclass(slots=True)
class Scope:
    """One query block: its sources, the WITH queries in sight, and the block around it."""

    catalog: Catalog
    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    with_queries: dict[str, Relation] = field(default_factory=dict)
    pseudo: Mapping[str, Typed] = field(default_factory=dict)  # ROWNUM, LEVEL, ...
    hidden: frozenset[str] = frozenset()  # columns merged by USING: first source wins

    def child(self) -> Scope:
        """Return the scope of a query inside this one."""
        return Scope(self.catalog, self, with_queries=dict(self.with_queries))

    def relation(self, name: str, owner: str | None) -> Relation:
        """Return the WITH query or table `name`."""
        if owner is None and name.upper() in self.with_queries:
            return self.with_queries[name.upper()]
        return self.catalog.table(name, owner)

    def resolve(self, name: str, table: str | None) -> Typed:
        """Return what a column name means: here, or in the blocks around."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._local(name, table)
            if found is not None:
                return found
            scope = scope.parent
        raise unknown_column(f"{table}.{name}" if table else name)

    def _local(self, name: str, table: str | None) -> Typed | None:
        matches = [
            source.typed(column)
            for source in self.sources
            if (table is None or source.alias == table) and (column := source.column(name)) is not None
        ]
        if len(matches) > 1 and not (table is None and name in self.hidden):
            raise OracleError(918, "column ambiguously defined")
        if matches:
            return matches[0]
        return self.pseudo.get(name) if table is None else None
