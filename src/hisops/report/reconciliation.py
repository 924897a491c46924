"""The result of a reconciliation as one HTML page for A4: nothing to load, nothing to run, every text escaped."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hisops.model.reconciled.sheets import Cell, Result, Table
from hisops.model.reconciled.words import CLASSES, class_name, label

LISTED = 200
COLOURS: Mapping[str, str] = {
    "only_a": "#1f5fa8", "only_b": "#6a9fd8", "amount": "#b3261e", "state": "#d98324", "in_transit": "#7a7a7a",
    "duplicate": "#7b4ea3", "cents": "#9aa84f", "unclassified": "#222222",
}  # fmt: skip


def to_page(result: Result) -> bytes:
    """Return the page; a class with many rows shows the first of them, and says how many more there are."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=PackageLoader("hisops.report"), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["shown"] = shown
    tables = [_first(result, table) for table in result.faults.values()]
    legend = [(class_name(fault, result.lang), COLOURS[fault]) for fault in CLASSES if fault in result.faults]
    longest = max((sum(counts.values()) for _, counts in result.chart), default=1)
    return (
        environment.get_template("reconciliation.html.j2")
        .render(
            result=result,
            tables=tables,
            legend=legend,
            colours=COLOURS,
            longest=longest,
            say=lambda name: label(name, result.lang),
        )
        .encode()
    )


def _first(result: Result, table: Table) -> Table:
    more = len(table.rows) - LISTED
    if more <= 0:
        return table
    note = label("more", result.lang).format(more=more)
    return Table(table.title, table.columns, table.rows[:LISTED], note=f"{note} {table.note}".strip())


def shown(cell: Cell) -> str:
    """Return a cell as text: amounts with two decimals and groups of three."""
    if cell is None:
        return ""
    return f"{cell:,.2f}" if isinstance(cell, Decimal) else f"{cell:,}" if isinstance(cell, int) else cell
