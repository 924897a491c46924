"""SET MARKUP HTML ON: the same rows and words as a web page, as SQL*Plus writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hisops.lab.tools.sqlplus.table import Field, Look, Nls, cell

_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))


@dataclass(slots=True)
class Markup:
    """What SET MARKUP says."""

    on: bool = False
    entities: bool = True

    def set(self, words: list[str]) -> str | None:
        """Take the words after SET MARKUP; return what SQL*Plus says against them."""
        switch = {"ON": True, "OFF": False}
        if words[:1] != ["HTML"] or words[1:2] not in (["ON"], ["OFF"]):
            return "SP2-0281: HTML option requires ON or OFF"
        self.on = switch[words[1]]
        rest = words[2:]
        for name, value in zip(rest[::2], rest[1::2], strict=False):
            if value not in switch or name not in {"ENTMAP", "SPOOL", "PREFORMAT", "PRE", "SPO", "ENTM"}:
                return f'SP2-0158: unknown SET MARKUP option "{name}"'
            if name in {"ENTMAP", "ENTM"}:
                self.entities = switch[value]
        return None

    def text(self, value: str) -> str:
        """Return a text with its entities."""
        if self.entities:
            for character, entity in _ENTITIES:
                value = value.replace(character, entity)
        return value

    def lines(self, said: Iterable[str]) -> Iterator[str]:
        """Return lines of words as they stand between tables."""
        for line in said:
            yield f"{self.text(line)}<br>"

    def page(self, made: Sequence[Field], rows: Iterable[Sequence[Any]], look: Look, nls: Nls) -> Iterator[str]:
        """Return tables of a page each, and how many rows there were."""
        count, per_page = 0, max(look.pagesize, 1)
        for count, row in enumerate(rows, start=1):
            if count % per_page == 1 or per_page == 1:
                yield from ["</table>", "<p>"] if count > 1 else ["<br>"]
                yield from ["<p>", "<table border='1' width='90%' align='center' summary='Script output'>"]
                yield from self._headings(made, look)
            yield "<tr>"
            for field, value in zip(made, row, strict=True):
                text = cell(field, value, look, nls)
                text = text.rjust(look.numwidth) if field.number and value is not None else text
                opening = '<td align="right">' if field.number else "<td>"
                yield from (opening, self.text(text).replace("\n", "\n<br>\n") if text else "&nbsp;", "</td>")
            yield "</tr>"
        if count:
            yield from ("</table>", "<p>", "")
        if look.feedback and not count:
            yield from ("<br>", "no rows selected<br>")
        elif look.feedback and count >= look.feedback:
            yield f"{count} row{'s' if count != 1 else ''} selected.<br>"

    def _headings(self, made: Sequence[Field], look: Look) -> Iterator[str]:
        if not look.heading:
            return
        yield "<tr>"
        for field in made:
            yield from ('<th scope="col">', self.text(field.name), "</th>")
        yield "</tr>"
