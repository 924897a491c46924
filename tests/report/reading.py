"""Reads sheets as a person would, and follows their references back into the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hisops.report.sheet import Cell, Ref, Sheet


def box(sheet: Sheet, name: str) -> tuple[Cell, ...]:
    """Return the cells of a box."""
    return next(box.cells for part in sheet.parts for box in part.boxes if box.id == name)


def text(sheet: Sheet, name: str) -> str:
    """Return all that stands in a box."""
    return " ".join(cell.text for cell in box(sheet, name))


def table(sheet: Sheet, name: str, number: int = 0) -> list[dict[str, Cell]]:
    """Return the rows of a table by the names of the columns."""
    grids = next(part.grids for part in sheet.parts if part.id == name)
    if not grids:
        return []
    return [dict(zip((each.id for each in grids[number].headings), row, strict=True)) for row in grids[number].rows]


def line_of(logs: Path, ref: Ref) -> dict[str, Any]:
    """Return the line of the log that a reference names."""
    segment = logs / "runs" / ref.run / f"seg-{ref.segment or 0:04d}.jsonl"
    path = segment if ref.segment is not None else logs / str(ref.file)
    found: dict[str, Any] = json.loads(path.read_text().splitlines()[(ref.line or 1) - 1])
    return found


def plan_of(logs: Path, line: dict[str, Any]) -> dict[str, Any]:
    """Return the plan that the first line of a segment names."""
    from hisops.journal.blobs import Blobs

    plan: dict[str, Any] = json.loads(Blobs(logs / "runs" / line["run"] / "blobs").read(line["plan_blob"]))
    return plan
