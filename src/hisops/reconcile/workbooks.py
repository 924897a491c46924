"""xlsx files: read by calamine, whose numbers are floats, and made texts that are exact again."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from hisops.errors import UsageProblem
from hisops.model.reconciliation import Kind, Reconciliation, SideName
from hisops.reconcile.cells import literal
from hisops.reconcile.sources import Relation, header_names

_BATCH = 50_000
_CENT = Decimal("0.01")
_NEAR = Decimal("0.000001")
_UNREAD = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*><f(?:/>|[^>]*/>|[^>]*>[^<]*</f>)(?:<v/>|<v></v>)?</c>')


def read_workbook(path: Path, definition: Reconciliation, side: SideName, target: Path) -> Relation:
    """Return the first sheet of a workbook as a relation of texts. Raises UsageProblem if it cannot be read."""
    kinds = {name: definition.columns[column].type for column, name in definition.sides[side].columns.items()}
    return workbook_relation(path, kinds, target)


def workbook_relation(path: Path, kinds: Mapping[str, Kind], target: Path) -> Relation:
    """Write the first sheet to the parquet file `target`, amounts exact again where `kinds` says so."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows: Iterator[list[Any]] = iter(
            CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        )
    except (CalamineError, OSError, IndexError, ValueError) as error:
        raise UsageProblem(
            "HIS-8006", "{file} is no workbook that can be read.", "Export it again as xlsx.", file=path
        ) from error
    _refuse_unread_formulas(path)
    names = header_names(path, [_plain(value) or "" for value in next(rows, [])])
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(target, schema) as writer:
        for chunk in _chunks(rows):
            columns = [
                pa.array([_text(row[place], kinds.get(name)) for row in chunk], pa.string())
                for place, name in enumerate(names)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return Relation(sql=f"read_parquet({literal(str(target))})", kind="xlsx", name=path.name, columns=names, path=path)


def _chunks(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while chunk := list(islice(rows, _BATCH)):
        yield chunk


def _refuse_unread_formulas(path: Path) -> None:
    """A formula whose result was never saved reads as empty: say so instead."""
    with zipfile.ZipFile(path) as archive:
        sheets = sorted(name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet1\.xml", name))
        for name in sheets:
            if match := _UNREAD.search(archive.read(name)):
                raise UsageProblem(
                    "HIS-8011", "{file}: the cell {cell} holds a formula whose result was not saved.",
                    "Open it in Excel, save it, and try again; or export the values.",
                    file=path, cell=match.group(1).decode(),
                )  # fmt: skip


def _text(value: Any, kind: Kind | None) -> str | None:
    """Return a cell as text; a float that is meant to be an amount as the cents that it stands for."""
    if kind == "money" and isinstance(value, float):
        exact = Decimal(repr(value))
        cents = exact.quantize(_CENT)
        return format(cents if abs(exact - cents) <= _NEAR else exact, "f")
    return _plain(value)


def _plain(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
