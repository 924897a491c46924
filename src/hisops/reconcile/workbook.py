"""The result as a workbook: the result sheet, a sheet for each class, what is carried over. Text is never a formula."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from hisops.model.reconciled.sheets import Cell, Heading, Result, Table
from hisops.model.reconciled.words import label

_WIDEST = 46
_MOST_ROWS = 1_048_000
_LOOKED_AT = 2000


def write_workbook(result: Result, path: Path) -> None:
    """Write the workbook to a new file."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path),
        {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False},
    )
    formats = _Formats(book)
    _front(book.add_worksheet(label("sheet", result.lang)[:31]), result, formats)
    for table in result.faults.values():
        _listing(book.add_worksheet(table.title[:31]), table, formats)
    for table in (result.carried, result.cleared):
        _listing(book.add_worksheet(table.title[:31]), table, formats)
    book.close()


class _Formats:
    """The looks of cells."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
        box = {**base, "border": 1, "border_color": "#777777"}
        self.title = book.add_format({**base, "font_size": 16, "bold": True})
        self.good = book.add_format({**base, "font_size": 16, "bold": True, "font_color": "#14591d"})
        self.bad = book.add_format({**base, "font_size": 16, "bold": True, "font_color": "#9b1111"})
        self.notice = book.add_format({**base, "bold": True, "font_color": "#9b1111"})
        self.plain = book.add_format(base)
        self.section = book.add_format({**base, "font_size": 12, "bold": True})
        self.head = book.add_format({**box, "bold": True, "bg_color": "#eef1f4", "text_wrap": True})
        looks: dict[str, dict[str, Any]] = {
            "text": {"num_format": "@", "text_wrap": True}, "money": {"num_format": "#,##0.00;[Red]-#,##0.00"},
            "count": {"num_format": "#,##0"},
        }  # fmt: skip
        self.cell = {kind: book.add_format({**box, **look}) for kind, look in looks.items()}
        self.sum = {kind: book.add_format({**box, **look, "bold": True, "top": 2}) for kind, look in looks.items()}
        self.sign = book.add_format({**box, "valign": "top"})


def _front(sheet: Any, result: Result, formats: _Formats) -> None:
    tables = (result.totals, result.classes, result.actions)
    widths = [
        max(
            10,
            *(
                _width(_column(table, place), table.columns[place].title)
                for table in tables
                if place < len(table.columns)
            ),
        )
        for place in range(max(len(table.columns) for table in tables))
    ]
    widths[0] = max(widths[0], *(min(_wide(name) + 2, _WIDEST) for name, _ in result.facts))
    _set_up(sheet, widths)
    sheet.set_row(0, 24)
    sheet.set_row(1, 24)
    row = 0
    sheet.write_string(row, 0, result.title, formats.title)
    row += 1
    sheet.write_string(row, 0, result.verdict, formats.good if result.balanced else formats.bad)
    for notice in result.notices:
        row += 1
        sheet.write_string(row, 0, notice, formats.notice)
    for name, value in result.facts:
        row += 1
        sheet.write_string(row, 0, name, formats.plain)
        sheet.write_string(row, 1, value, formats.plain)
    for table in tables:
        row = _section(sheet, row + 2, table, formats)
    row += 2
    for place, name in enumerate(result.signatures):
        sheet.write_string(row, place, f"{name}:", formats.sign)
    row += 1
    sheet.set_row(row, 36)
    for place in range(len(result.signatures)):
        sheet.write_string(row, place, f"{result.date}:", formats.sign)
    sheet.write_string(row + 2, 0, result.scope, formats.plain)


def _section(sheet: Any, row: int, table: Table, formats: _Formats) -> int:
    sheet.write_string(row, 0, table.title, formats.section)
    row += 1
    _heads(sheet, row, table.columns, formats)
    for cells in table.rows:
        row += 1
        _cells(sheet, row, cells, table.columns, formats.cell)
    if table.sum is not None:
        row += 1
        _cells(sheet, row, table.sum, table.columns, formats.sum)
    if table.note:
        row += 1
        sheet.write_string(row, 0, table.note, formats.notice)
    return row


def _listing(sheet: Any, table: Table, formats: _Formats) -> None:
    widths = [_width(_column(table, place), head.title) for place, head in enumerate(table.columns)]
    _set_up(sheet, widths)
    _heads(sheet, 0, table.columns, formats)
    rows = table.rows[:_MOST_ROWS]
    for number, cells in enumerate(rows, 1):
        _cells(sheet, number, cells, table.columns, formats.cell)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(table.columns) - 1)
    if table.note:
        sheet.write_string(len(rows) + 1, 0, table.note, formats.notice)


def _set_up(sheet: Any, widths: Sequence[int]) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&F&R&P / &N")
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)


def _heads(sheet: Any, row: int, columns: Sequence[Heading], formats: _Formats) -> None:
    for place, head in enumerate(columns):
        sheet.write_string(row, place, head.title, formats.head)


def _cells(sheet: Any, row: int, cells: Sequence[Cell], columns: Sequence[Heading], formats: dict[str, Any]) -> None:
    for place, (cell, head) in enumerate(zip(cells, columns, strict=True)):
        look = formats[head.kind]
        if cell is None:
            sheet.write_blank(row, place, None, look)
        elif isinstance(cell, int | Decimal):
            sheet.write_number(row, place, cell, look)
        else:
            sheet.write_string(row, place, cell, look)


def _column(table: Table, place: int) -> list[Cell]:
    """Return the cells of a column, of as many rows as tell its width."""
    return [row[place] for row in table.rows[:_LOOKED_AT]]


def _width(cells: Sequence[Cell], title: str) -> int:
    """Return the width of a column; Chinese characters count twice."""
    texts = [f"{cell:,}" if isinstance(cell, int | Decimal) else cell or "" for cell in cells]
    longest = max([_wide(text) for text in texts] + [min(_wide(title), 22)], default=8)
    return min(max(longest + 2, 8), _WIDEST)


def _wide(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
