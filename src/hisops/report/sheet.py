"""A filled form, before it is drawn: cells with their references, boxes, tables, signatures. No layout, no log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 1
Tone = Literal["", "good", "bad", "care"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """Where in the logs something stands: a line of a segment, of the ledger, or a file of the run.

    `part` says where in what that line names: the plan is a text of its own, named by the first line of a segment.
    """

    run: str
    segment: int | None = None
    line: int | None = None
    file: str | None = None
    part: str | None = None

    @property
    def place(self) -> str:
        """The place within the run, as people write it: `seg-0003:46`."""
        name = f"seg-{self.segment:04d}" if self.segment is not None else self.file or ""
        return name if self.line is None else f"{name}:{self.line}"

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        file = f"seg-{self.segment:04d}.jsonl" if self.segment is not None else self.file
        known = {"run": self.run, "file": file, "line": self.line, "part": self.part}
        return {key: value for key, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One thing that is shown. `value` is what the log says, `text` how a person reads it; blank: nobody wrote it."""

    value: Any = None
    text: str = ""
    label: str = ""
    refs: tuple[Ref, ...] = ()
    tone: Tone = ""
    blank: bool = False
    digest: bool = False

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        value = None if self.blank else self.value
        return {"value": value, "text": self.text, "refs": [ref.document() for ref in self.refs]}


@dataclass(frozen=True, slots=True)
class Filled:
    """A box of the form: its title and the cells in it."""

    id: str
    title: str
    cells: tuple[Cell, ...]
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column, and its share of the width."""

    id: str
    title: str
    share: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `title` tells tables of several runs apart."""

    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the sheet: boxes, tables or signatures."""

    id: str
    title: str
    remark: str = ""
    boxes: tuple[Filled, ...] = ()
    grids: tuple[Grid, ...] = ()
    empty: str = ""
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What must not be overlooked; `large` stands at the very top."""

    text: str
    large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole filled form. `runs` are the ids of the runs that it is about, each with its short name in references."""

    form: str
    version: str
    lang: str
    title: str
    notices: tuple[Notice, ...]
    parts: tuple[Part, ...]
    remarks: tuple[str, ...]
    runs: tuple[tuple[str, str], ...]
    sign_words: tuple[str, str]

    def cells(self) -> Iterator[Cell]:
        """Give every cell, in order."""
        for part in self.parts:
            for box in part.boxes:
                yield from box.cells
            for grid in part.grids:
                for row in grid.rows:
                    yield from row

    def told(self, refs: Iterable[Ref]) -> list[str]:
        """Return references as they are printed, in parts that stay whole, with its run where there are several."""
        names, places = dict(self.runs), dict[str, list[str]]()
        for ref in refs:
            plan = ["plan"] if (ref.part or "").startswith("plan.") else []
            places.setdefault(ref.run, []).append(" ".join([ref.place, *plan]))
        told: list[str] = []
        for run, found in places.items():
            if len(self.runs) > 1:
                told.append(names.get(run, run))
            told += dict.fromkeys(found)
        return told

    def document(self) -> dict[str, Any]:
        """Return the record for machines."""
        return {
            "schema_version": SCHEMA_VERSION,
            "form": self.form,
            "version": self.version,
            "lang": self.lang,
            "title": self.title,
            "runs": [run for run, _ in self.runs],
            "notices": [notice.text for notice in self.notices],
            "fields": {
                box.id: {"title": box.title, "values": [cell.document() for cell in box.cells]}
                for part in self.parts
                for box in part.boxes
            },
            "tables": {part.id: [_rows(grid) for grid in part.grids] for part in self.parts if part.grids},
        }


def _rows(grid: Grid) -> dict[str, Any]:
    names = [heading.id for heading in grid.headings]
    rows = [{name: cell.document() for name, cell in zip(names, row, strict=True)} for row in grid.rows]
    return {"title": grid.title, "rows": rows}
