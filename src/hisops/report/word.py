"""A sheet as a .docx of tables, A4. The only python-docx."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from hisops.report.layout import lines, widths
from hisops.report.sheet import Cell, Filled, Grid, Part, Sheet

_WHOLE = 184.0  # mm between the margins
_BOXES = (0.17, 0.33, 0.17, 0.33)
_TONES = {"good": "14591D", "bad": "9B1111", "care": "7A4A00"}
_GREY, _SHADE = "667077", "EEF1F4"
_LATIN, _CHINESE, _CHINESE_HEAD = "Arial", "宋体", "黑体"
_SIZE, _SMALL, _TINY = 9.0, 7.5, 6.0


def to_docx(sheet: Sheet) -> bytes:
    """Return the sheet as a Word document."""
    document = _blank_document(sheet)
    for notice in sheet.notices:
        _notice(document, notice.text, large=notice.large)
    _line(document.add_paragraph(style="Title"), sheet.title)
    for part in sheet.parts:
        _part(document, part, sheet)
    _line(document.add_paragraph(), "", size=_TINY)
    for remark in sheet.remarks:
        _line(document.add_paragraph(), remark, size=_SMALL, colour=_GREY)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _blank_document(sheet: Sheet) -> Any:
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(13)
    page.top_margin, page.bottom_margin = Mm(14), Mm(16)
    for name, size, head in (
        ("Normal", _SIZE, False),
        ("Title", 17, True),
        ("Heading 1", 11.5, True),
        ("Heading 2", 9.5, True),
    ):
        style = document.styles[name]
        _fonts(style, size, head=head)
        style.paragraph_format.space_before = Pt(8 if name.startswith("Heading") else 3 if head else 0)
        style.paragraph_format.space_after = Pt(3 if head else 0)
        style.paragraph_format.keep_with_next = head
    title = document.styles["Title"]
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in title.element.xpath("./w:pPr/w:pBdr"):
        border.getparent().remove(border)
    core = document.core_properties
    core.title, core.author, core.comments = sheet.title, "hisops", ""
    core.language = "zh-CN" if sheet.lang == "zh" else "en-GB"
    _footer(page, sheet)
    return document


def _fonts(style: Any, size: float, *, head: bool) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size, style.font.bold = _LATIN, Pt(size), head
    style.font.color.rgb = RGBColor(0x11, 0x11, 0x11)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # they would outweigh the names
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:hAnsi"), _LATIN)
    fonts.set(qn("w:eastAsia"), _CHINESE_HEAD if head else _CHINESE)


def _footer(page: Any, sheet: Sheet) -> None:
    """The run and the page number, on every page."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Mm

    paragraph = page.footer.paragraphs[0]
    paragraph.style = "Normal"  # the style for footers brings tab stops of its own
    paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(_WHOLE), WD_TAB_ALIGNMENT.RIGHT)
    _line(paragraph, f"{sheet.runs[0][0]}\t", size=_SMALL, colour=_GREY)
    for name, text in (("PAGE", ""), ("", " / "), ("NUMPAGES", "")):
        run = paragraph.add_run(text)
        _dress(run, _SMALL, _GREY)
        for kind, code in (("begin", ""), ("", name), ("end", "")) if name else ():
            run._r.append(_field(kind, code))


def _field(kind: str, code: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement("w:fldChar" if kind else "w:instrText")
    if kind:
        element.set(qn("w:fldCharType"), kind)
    else:
        element.text = code
    return element


def _part(document: Any, part: Part, sheet: Sheet) -> None:
    _line(document.add_paragraph(style="Heading 1"), part.title)
    if part.remark:
        _line(document.add_paragraph(), part.remark, size=_SMALL, colour=_GREY)
    if part.boxes:
        _boxes(document, part.boxes, sheet)
    for grid in part.grids:
        _grid(document, grid, sheet)
    if part.empty and not part.grids:
        _line(document.add_paragraph(), part.empty)
    if part.signatures:
        _signatures(document, part.signatures, sheet)


def _boxes(document: Any, boxes: Sequence[Filled], sheet: Sheet) -> None:
    set_lines = lines(boxes)
    table = _table(document, len(set_lines), [_WHOLE * part for part in _BOXES])
    for row, line in zip(table.rows, set_lines, strict=True):
        cells = row.cells
        for place, box in enumerate(line):
            _shade(cells[place * 2])
            _line(cells[place * 2].paragraphs[0], box.title, bold=True)
            where = cells[place * 2 + 1]
            if len(line) == 1:
                where = where.merge(cells[3])
            _fill(where, box.cells, sheet)


def _grid(document: Any, grid: Grid, sheet: Sheet) -> None:
    if grid.title:
        _line(document.add_paragraph(style="Heading 2"), grid.title)
    table = _table(document, len(grid.rows) + 1, widths(grid.headings, _WHOLE))
    head = table.rows[0]
    _mark_row(head, "w:tblHeader")
    for cell, heading in zip(head.cells, grid.headings, strict=True):
        _shade(cell)
        _line(cell.paragraphs[0], heading.title, bold=True)
    for number, row in enumerate(grid.rows, 1):
        for where, cell in zip(table.rows[number].cells, row, strict=True):
            _fill(where, (cell,), sheet)


def _signatures(document: Any, names: Sequence[str], sheet: Sheet) -> None:
    from docx.shared import Mm

    count = (len(names) + 1) // 2
    table = _table(document, count, [_WHOLE / 2] * 2)
    for number, name in enumerate(names):
        row = table.rows[number // 2]
        row.height = Mm(20)
        cell = row.cells[number % 2]
        _line(cell.paragraphs[0], name)
        signed, dated = sheet.sign_words
        _line(cell.add_paragraph(), "")
        _line(cell.add_paragraph(), f"{signed} ____________________ {dated} ______________", size=_SMALL, colour=_GREY)


def _notice(document: Any, text: str, *, large: bool) -> None:
    table = _table(document, 1, [_WHOLE])
    _shade(table.rows[0].cells[0], "9B1111" if large else "FBECEC")
    size, colour = (13.0, "FFFFFF") if large else (_SIZE, "9B1111")
    _line(table.rows[0].cells[0].paragraphs[0], text, size=size, colour=colour, bold=True)
    _line(document.add_paragraph(), "", size=4)


def _fill(where: Any, cells: Sequence[Cell], sheet: Sheet) -> None:
    """Write cells below one another, each with its references in small print."""
    for number, cell in enumerate(cells):
        paragraph = where.paragraphs[0] if number == 0 else where.add_paragraph()
        if cell.label:
            _line(paragraph, f"{cell.label} ", colour=_GREY)
        dotted = cell.blank and cell.text != "–"
        if dotted:
            _line(paragraph, "……………… ", colour=_GREY)
        _line(paragraph, cell.text, size=_SMALL if dotted or cell.digest else _SIZE, bold=cell.tone == "bad",
              colour=_GREY if cell.blank else _TONES.get(cell.tone, ""))  # fmt: skip
        if cell.refs:
            _line(where.add_paragraph(), "  ".join(sheet.told(cell.refs)), size=_TINY, colour=_GREY)


def _table(document: Any, rows: int, columns: Sequence[float]) -> Any:
    """Return a table of fixed widths in mm whose rows are never broken over pages."""
    from docx.shared import Mm

    table = document.add_table(rows=rows, cols=len(columns), style="Table Grid")
    table.autofit = False
    table._tbl.tblPr.append(_cell_margins())
    for column, width in zip(table.columns, columns, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        _mark_row(row, "w:cantSplit")
        for cell, width in zip(row.cells, columns, strict=True):
            cell.width = Mm(width)
    return table


def _cell_margins() -> Any:
    """Room between text and border, in twentieths of a point."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", 40), ("left", 80), ("bottom", 40), ("right", 80)):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(width))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    return margins


def _mark_row(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _shade(cell: Any, colour: str = _SHADE) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _line(paragraph: Any, text: str, *, size: float = 0, colour: str = "", bold: bool = False) -> None:
    run = paragraph.add_run(text)
    _dress(run, size, colour)
    if bold:
        run.bold = True


def _dress(run: Any, size: float, colour: str) -> None:
    from docx.shared import Pt, RGBColor

    if size:
        run.font.size = Pt(size)
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
