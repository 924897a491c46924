"""PIVOT: written out as a grouping with one filtered aggregate for each value."""

from __future__ import annotations

from typing import Any

from hisops.lab.sql import aggregates
from hisops.lab.sql.conversions import comparable
from hisops.lab.sql.errors import not_rehearsed
from hisops.lab.sql.expressions import name_of, value
from hisops.lab.sql.grammar import only
from hisops.lab.sql.outcome import FLOATING, Column
from hisops.lab.sql.scope import Scope, Source
from hisops.lab.sql.types import Relation, quoted

_INNER = "P:"


def pivoted(pivots: list[Any], inner: Relation, sql: str, scope: Scope) -> tuple[Relation, str]:
    """Return the relation that PIVOT makes of a source."""
    if len(pivots) != 1 or pivots[0].args.get("unpivot"):
        raise not_rehearsed("UNPIVOT")
    pivot = pivots[0]
    if len(pivot.expressions) != 1 or len(pivot.args["fields"]) != 1 or pivot.args.get("group") is not None:
        raise not_rehearsed("PIVOT of several columns")
    function, field = pivot.expressions[0], pivot.args["fields"][0]
    if type(function).__name__ != "Anonymous" or type(field).__name__ != "In" or type(field.this).__name__ != "Column":
        raise not_rehearsed("PIVOT of this form")
    block = scope.child()
    block.sources.append(Source(_INNER, inner))
    used = {name_of(field.this.this), *_columns_of(function)}
    kept = [column for column in inner.columns if column.name not in used]
    items = [f"{quoted(_INNER)}.{quoted(column.name)} as {quoted(column.name)}" for column in kept]
    made = []
    for choice in field.expressions:
        if type(choice).__name__ != "PivotAlias":
            raise not_rehearsed("PIVOT without an alias for each value")
        only(choice, "this", "alias")
        subject, wanted = comparable([value(field.this, block), value(choice.this, block)], scope.catalog)
        result = aggregates.aggregate(
            str(function.this).upper(), function.expressions, block, filtered=f"{subject.sql} = {wanted.sql}"
        )
        name = name_of(choice.args["alias"])
        items.append(f"{result.sql} as {quoted(name)}")
        made.append(Column(name=name, kind=result.kind, scale=FLOATING if result.kind == "number" else 0))
    keys = [str(at) for at in range(1, len(kept) + 1)]
    grouping = f" group by {', '.join(keys)}" if keys else ""
    grouped = f"(select {', '.join(items)} from {sql} as {quoted(_INNER)}{grouping})"  # noqa: S608
    return Relation((*kept, *made)), grouped


def _columns_of(function: Any) -> set[str]:
    from sqlglot import exp

    return {name_of(column.this) for column in function.find_all(exp.Column) if not isinstance(column.this, exp.Star)}
