"""HTML and docx: all cells are there, escaped, and the pages are made for paper."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.model.report import Report
from hisops.report.html import to_html
from hisops.report.record import record
from hisops.report.sheet import Cell, Filled, Grid, Heading, Notice, Part, Ref, Sheet
from hisops.report.tongue import Tongue
from tests.report.conftest import told
from tests.support.drill import Drill
from tests.support.journal import Site

RUN = "2026-11-24-0201-his-7k3"


class Page(HTMLParser):
    """What a browser makes of a page: texts, tags, attributes."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def word_text(data: bytes) -> str:
    """Return all text of a .docx, cell by cell."""
    document = Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def one(text: str, title: str = "Box") -> Sheet:
    """Return a sheet with one text in a box, in a table and in a notice."""
    cell = Cell(value=text, text=text, refs=(Ref(run="r-1", segment=1, line=2),))
    part = Part(
        id="part", title=title, boxes=(Filled("box", title, (cell,)),),
        grids=(Grid((Heading("a", "A", 1), Heading("b", "B", 3)), ((cell, cell),)),),
    )  # fmt: skip
    return Sheet(
        form="drill", version="1.0.0", lang="zh", title=title, notices=(Notice(text),), parts=(part,), remarks=(),
        runs=(("r-1", "1"),), sign_words=("a", "b"),
    )  # fmt: skip


@pytest.fixture
def sheet(site: Site, form: Report) -> Sheet:
    Drill(site).whole()
    return record(form, told(site, RUN), "zh")


def test_html_is_one_file_that_loads_and_runs_nothing(sheet: Sheet) -> None:
    page = Page(to_html(sheet))
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in {"src", "href"} or name.startswith("on")]
    assert "url(" not in to_html(sheet).decode()
    assert "@import" not in to_html(sheet).decode()


def test_html_is_made_for_a4_with_repeated_heads_and_whole_rows(sheet: Sheet) -> None:
    style = to_html(sheet).decode()
    assert re.search(r"@page \{ size: A4", style)
    assert "thead { display: table-header-group }" in style
    assert "tr { break-inside: avoid }" in style
    assert 'lang="zh-CN"' in style


def test_html_shows_every_cell_with_its_references(sheet: Sheet) -> None:
    text = Page(to_html(sheet)).text
    for cell in sheet.cells():
        assert cell.text in text
        assert all(part in text for part in sheet.told(cell.refs))
    for name in ("记录人", "总指挥", "信息科", "观察员"):
        assert name in text


def test_docx_shows_every_cell_with_its_references(sheet: Sheet) -> None:
    text = word_text(to_docx(sheet))
    for cell in sheet.cells():
        assert cell.text in text
        assert all(part in text for part in sheet.told(cell.refs))


def test_docx_is_a4_with_repeated_heads_whole_rows_and_a_chinese_font(sheet: Sheet) -> None:
    document: Any = Document(BytesIO(to_docx(sheet)))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    heads = [table for table in document.tables if table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")]
    assert len(heads) == 4
    assert all(row._tr.xpath("./w:trPr/w:cantSplit") for table in document.tables for row in table.rows)
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "宋体"
    assert document.core_properties.author == "hisops"


def test_a_blank_is_seen_as_one(site: Site, form: Report) -> None:
    Drill(site, parameters={}).whole()
    sheet = record(form, told(site, RUN), "zh")
    assert '<div class="cell blank">' in to_html(sheet).decode()
    assert "……………… 未记录" in word_text(to_docx(sheet))


HOSTILE = ["<script>alert(1)</script>", "</td></tr></table>", "{{ 7*7 }}{% for x in y %}", '" onload="x', "]]>&amp;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_shown_and_not_obeyed(text: str) -> None:
    page = Page(to_html(one(text, title=text)))
    assert page.tags.count("table") == 2
    assert "script" not in page.tags
    assert page.text.count(text) >= 4
    assert word_text(to_docx(one(text))).count(text) >= 3


@pytest.mark.parametrize("text", ["\x00\x07\x1b[2J", "a\u202eb\u2066c", "\ud800", "\x85\u2028", "\ufffe\uffff"])
def test_what_would_act_on_a_screen_becomes_visible(form: Report, text: str) -> None:
    shown = Tongue(form, "en").foreign(text)
    assert shown.isprintable()
    assert shown in Page(to_html(one(shown))).text
    assert shown in word_text(to_docx(one(shown)))


def test_texts_from_right_to_left_do_not_turn_what_stands_around_them() -> None:
    text = "שלום 123"
    assert f'<bdi class="text ">{text}</bdi>' in to_html(one(text)).decode()


def test_a_very_long_text_is_cut_and_counted(form: Report) -> None:
    shown = Tongue(form, "zh").foreign("长" * 5000)
    assert shown == "长" * 1000 + "……（另有 4000 字，见日志）"


@given(st.text(max_size=1200))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_page_or_gets_lost(form: Report, text: str) -> None:
    shown = Tongue(form, "en").foreign(text)
    page = Page(to_html(one(shown)))
    assert page.tags.count("td") == 3
    assert page.text.count(shown) >= 4
    assert word_text(to_docx(one(shown))).count(shown) >= 3


def to_docx(sheet: Sheet) -> bytes:
    from hisops.report.word import to_docx as draw

    return draw(sheet)
