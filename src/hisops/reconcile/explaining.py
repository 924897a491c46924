"""One key, followed through a side: the rows of the source that have it, as they stand there and as they were read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from hisops.model.reconciliation import Reconciliation, SideName
from hisops.reconcile.cells import masked_sql, narrowed
from hisops.reconcile.reading import LEFT_OUT, OTHER_DAY, UNCLASSIFIED, Shape, detail_sql, side_sql
from hisops.reconcile.sources import Source, relation_of

MOST = 50
NOTES: Mapping[int, str] = {
    UNCLASSIFIED: "note_unclassified",
    LEFT_OUT: "note_left_out",
    OTHER_DAY: "note_other_day",
}


def rows_of(
    definition: Reconciliation, side: SideName, source: Source, key: Sequence[str], day: date | None, scratch: Path
) -> dict[str, Any]:
    """Return {digest, rows: [{raw: {column: text}, read: {column: value}, note}]}; at most 50 rows."""
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="explain-", dir=scratch))
    db = duckdb.connect()
    try:
        found = relation_of(source, definition, side, folder)
        shape = Shape(definition=definition, day=day)
        mapped = definition.sides[side].columns
        raw = ", ".join(
            f"{masked_sql(definition.columns[name], found.cell(place))} as r{at}"
            for at, (name, place) in enumerate(mapped.items())
        )
        told = ", ".join(f"{detail_sql(shape, side, name)} as t{at}" for at, name in enumerate(definition.details))
        read = side_sql(shape, side, found, details=True)
        numbered = f"select *, row_number() over () as place from ({read})"
        wanted = " and ".join(f"{name} = ?" for name in shape.keys)
        parts = [*shape.keys, *shape.values, "st", "rnd", "kind", "place"]
        rows = db.execute(
            f"select {', '.join(parts)}{', ' + told if told else ''} from ({numbered}) where {wanted} limit {MOST}",
            [narrowed(part) for part in key],
        ).fetchall()
        listed = [
            _row(shape, definition, row, parts, _raw(db, found.sql, raw, mapped, row[len(parts) - 1])) for row in rows
        ]
        return {"digest": found.digest(), "rows": listed, "first_row": found.first_row}
    finally:
        db.close()
        shutil.rmtree(folder, ignore_errors=True)


def _raw(db: Any, sql: str, raw: str, mapped: Mapping[str, str], place: int) -> dict[str, Any]:
    cells = db.execute(f"select {raw} from {sql} limit 1 offset {place - 1}").fetchone() or ()
    return dict(zip(mapped.values(), cells, strict=False))


def _row(
    shape: Shape, definition: Reconciliation, row: Sequence[Any], parts: Sequence[str], raw: Mapping[str, Any]
) -> dict[str, Any]:
    cells = dict(zip(parts, row, strict=False))
    read: dict[str, Any] = {name: cells[place] for name, place in zip(definition.key, shape.keys, strict=True)}
    for name, place in zip(definition.compare, shape.values, strict=True):
        value = cells[place]
        money = definition.columns[name].type == "money" and value is not None
        read[name] = f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}" if money else value
    if definition.state is not None:
        read[definition.state] = cells["st"]
    read |= dict(zip(definition.details, row[len(parts) :], strict=True))
    return {"row": cells["place"], "raw": dict(raw), "read": read, "note": NOTES.get(cells["kind"], "")}
