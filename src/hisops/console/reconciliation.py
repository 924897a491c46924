"""What a reconciliation shows on the screen: definitions, a result, one key followed through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.text import Text

from hisops.console.grid import Column, grid, wrapped
from hisops.console.i18n import mark
from hisops.console.theme import BAD, CARE, GOOD, STRONG, Page
from hisops.model.reconciled.sheets import Cell, Table, result_of
from hisops.model.reconciled.words import class_name, label, owner_name
from hisops.model.reconciliation import Reconciliation
from hisops.model.text import Lang

WRITTEN = mark("Written: {file}")


def _lang(page: Page) -> Lang:
    return "zh" if page.say.code == "zh" else "en"


def list_document(found: Iterable[Reconciliation]) -> dict[str, Any]:
    """Return all definitions for machines."""
    return {
        "definitions": [{"id": each.id, "version": each.version, "title": each.title.model_dump()} for each in found]
    }


def list_lines(found: Iterable[Reconciliation], page: Page) -> list[Text]:
    """Return a line for each definition."""
    rows = [(Text(each.id, style=STRONG), each.title.in_(_lang(page))) for each in found]
    return list(grid([Column(), Column(wraps=True)], rows, page.width, indent=2))


def show_document(definition: Reconciliation, digest: str) -> dict[str, Any]:
    """Return a definition for machines."""
    return {"digest": digest, "definition": definition.model_dump(mode="json", by_alias=True)}


def show_lines(definition: Reconciliation, page: Page) -> list[Text]:
    """Return what a definition compares, by what, how far it may differ, and whose each difference is."""
    lang, say = _lang(page), page.say
    lines = [Text(f"{definition.id} {definition.version}  {definition.title.in_(lang)}", style=STRONG)]
    lines += wrapped(definition.purpose.in_(lang), page.width, indent=2)
    for side in (definition.a, definition.b):
        lines += [Text(""), Text(f"  {side.title.in_(lang)}", style=STRONG)]
        for name, column in side.columns.items():
            lines.append(Text(f"    {definition.columns[name].title.in_(lang)}: {column}"))
        if side.states:
            told = ", ".join(f"{value} {page.signs.arrow} {word}" for value, word in side.states.items())
            lines += wrapped(f"{say('States')}: {told}", page.width, indent=4)
        if side.aggregate:
            lines.append(Text(f"    {say('The lines of one key are added up.')}"))
    titles = {name: column.title.in_(lang) for name, column in definition.columns.items()}
    lines += [Text(""), Text(f"  {say('Key')}: {', '.join(titles[name] for name in definition.key)}")]
    lines.append(Text(f"  {say('Compared')}: {', '.join(titles[name] for name in definition.compare)}"))
    for title, limits in ((label("tolerance_row", lang), definition.tolerance.row),
                          (label("tolerance_total", lang), definition.tolerance.total)):  # fmt: skip
        lines += [Text(f"  {title}: {titles[name]} {limit}") for name, limit in limits.items()]
    lines.append(Text(""))
    rows = [
        (Text(class_name(each.fault, lang)), Text(owner_name(each.owner, lang)), Text(each.text.in_(lang)))
        for each in definition.causes
    ]
    lines += grid([Column(), Column(), Column(wraps=True)], rows, page.width, indent=2)
    return lines


def result_document(document: Mapping[str, Any], written: Sequence[Path]) -> dict[str, Any]:
    """Return a result for machines, and where it was written."""
    return {**document, "written": [str(path) for path in written]}


def result_lines(document: Mapping[str, Any], written: Sequence[Path], page: Page) -> list[Text]:
    """Return verdict, totals, classes, who does what, and the files."""
    result = result_of(document, _lang(page))
    style = GOOD if result.balanced else BAD
    sign = page.signs.done if result.balanced else page.signs.bad
    lines = [
        Text(""),
        Text.assemble(
            (f"  {sign} {result.verdict}", f"{style} {STRONG}"), f"  {result.title}  {document['day'] or ''}"
        ),
    ]
    lines += [Text(f"  {page.signs.care} {notice}", style=CARE) for notice in result.notices]
    if document["carry"]["missing"]:
        lines += wrapped(
            label("no_day", _lang(page)), page.width, first=Text(f"  {page.signs.care} ", style=CARE), indent=4
        )
    for table in (result.totals, _narrow(result.classes), result.actions):
        lines += [Text(""), Text(f"  {table.title}", style=STRONG), *_table(table, page)]
    lines.append(Text(""))
    lines += [Text(f"  {page.say(WRITTEN, file=path)}") for path in written]
    return lines


def _narrow(table: Table) -> Table:
    """Leave out what both sides come to where the difference alone fits on a screen."""
    kept = [place for place in range(len(table.columns)) if place < 2 or (place - 2) % 3 == 2]

    def pick(row: Sequence[Any]) -> list[Any]:
        return [row[place] for place in kept]

    return Table(table.title, pick(table.columns), [pick(row) for row in table.rows])


def _table(table: Table, page: Page) -> list[Text]:
    columns = []
    for place, head in enumerate(table.columns):
        title = head.title.removesuffix(label("difference", _lang(page))).strip() or head.title
        columns.append(Column(title, wraps=place > 1) if head.kind == "text" else Column(title, align="right"))
    return list(grid(columns, [[_shown(cell) for cell in row] for row in table.rows], page.width, indent=4))


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,.2f}" if isinstance(cell, Decimal) else f"{cell:,}" if isinstance(cell, int) else cell


def explain_lines(told: Mapping[str, Any], document: Mapping[str, Any], page: Page) -> list[Text]:
    """Return the rows of a key as they stand in the sources and as they were read, and the rule that classed them."""
    lang = _lang(page)
    lines = [Text(f"  {' | '.join(map(str, told['key']))}", style=STRONG)]
    for side in ("a", "b"):
        lines.append(Text(f"  {label(f'side_{side}', lang)}: {document['sides'][side]['title'][lang]}", style=STRONG))
        if not told[side]:
            lines.append(Text(f"    {label('none', lang)}"))
        for row in told[side]:
            raw = ", ".join(f"{name}={value}" for name, value in row["raw"].items() if value is not None)
            read = ", ".join(
                f"{document['columns'][name]['title'][lang]} {value}"
                for name, value in row["read"].items()
                if value is not None
            )
            lines += wrapped(f"{raw} {page.signs.arrow} {read}", page.width, indent=4)
            if row["note"]:
                lines += wrapped(label(row["note"], lang), page.width, indent=6, style=CARE)
    for each in told["differences"]:
        cause = document["causes"][each["cause"]]
        words = f"{class_name(each['class'], lang)}: {cause['text'][lang]} ({owner_name(cause['owner'], lang)})"
        lines += wrapped(words, page.width, first=Text(f"  {page.signs.bad} ", style=BAD), indent=4)
    if not told["differences"]:
        lines.append(Text(f"  {page.signs.done} {class_name('balanced', lang)}", style=GOOD))
    return lines + [Text(f"  {page.signs.care} {label(note, lang)}", style=CARE) for note in told["notes"]]
