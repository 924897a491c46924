"""The result for other programs: all differences as CSV that Excel opens, the whole document as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from hisops.model.reconciled.sheets import Cell, Result
from hisops.model.reconciled.words import label

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(result: Result) -> bytes:
    """Return all differences, the class first; UTF-8 with a mark at its beginning, which Excel wants."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for number, table in enumerate(result.faults.values()):
        if number == 0:
            writer.writerow([label("class", result.lang), *(head.title for head in table.columns)])
        writer.writerows([table.title, *map(_safe, row)] for row in table.rows)
    if not result.faults:
        writer.writerow([label("class", result.lang)])
    return out.getvalue().encode("utf-8-sig")


def to_json(document: Mapping[str, Any]) -> bytes:
    """Return the document as it stands in the log, with the run."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _safe(cell: Cell) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else str(cell)
