"""Compare two sides by a definition: read, bring together by key, class, add up. The one way into this package."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hisops.errors import UsageProblem
from hisops.model.reconciliation import Reconciliation, SideName
from hisops.reconcile.balancing import first_pass
from hisops.reconcile.cells import wrong
from hisops.reconcile.classing import add_entries, carry_in, class_entries
from hisops.reconcile.outcome import document, sums_do_not_add_up
from hisops.reconcile.reading import Shape
from hisops.reconcile.sources import FileSource, Relation, RowsSource, Source, csv_relation, relation_of, transcoded

__all__ = ["FileSource", "Order", "RowsSource", "reconcile"]

WRONG: Mapping[str, tuple[str, str, str]] = {
    "amount": (
        "HIS-8014", '{file}, row {row}, column "{column}": {text} is no amount.',
        "Mend the cell, or export the file again.",
    ),
    "decimals": (
        "HIS-8014", '{file}, row {row}, column "{column}": {text} has more than two decimals.',
        "Mend the cell, or export the file again.",
    ),
    "large": (
        "HIS-8014", '{file}, row {row}, column "{column}": {text} is too large.',
        "Mend the cell, or export the file again.",
    ),
    "whole": (
        "HIS-8014", '{file}, row {row}, column "{column}": {text} is no whole number.',
        "Mend the cell, or export the file again.",
    ),
    "date": (
        "HIS-8014", '{file}, row {row}, column "{column}": {text} is no date such as 2026-11-23.',
        "Mend the cell, or export the file again.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be compared, for which account day, with what the day before carried over; `scratch` is emptied."""

    definition: Reconciliation
    day: date | None
    a: Source
    b: Source
    scratch: Path
    carried: Sequence[Mapping[str, Any]] = ()
    memory: str = "2GB"


def reconcile(order: Order) -> dict[str, Any]:
    """Return the result. Raises UsageProblem for what cannot be read, naming file, row and column."""
    order.scratch.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="reconcile-", dir=order.scratch))
    try:
        return _reconciled(order, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _reconciled(order: Order, scratch: Path) -> dict[str, Any]:
    import duckdb

    found: dict[SideName, Relation] = {
        "a": relation_of(order.a, order.definition, "a", scratch),
        "b": relation_of(order.b, order.definition, "b", scratch),
    }
    threads = 0
    while True:  # once more for each side that turns out to be of another encoding, and where memory is short
        db = _database(order, scratch, threads)
        try:
            result = _classed(db, order, found)
            break
        except (duckdb.OutOfMemoryException, duckdb.InternalException):
            threads = _fewer(threads, order.memory)
        except duckdb.Error:
            mended = {side: _mended(each, order.definition, side, scratch) for side, each in found.items()}
            if mended == found:
                raise
            found = mended
        finally:
            db.close()
    if problems := sums_do_not_add_up(result):
        raise AssertionError(f"the sums do not add up: {problems}")
    return result


def _classed(db: Any, order: Order, found: Mapping[SideName, Relation]) -> dict[str, Any]:
    shape = Shape(definition=order.definition, day=order.day)
    carry_in(db, shape, order.carried)
    balance = first_pass(db, shape, found)
    add_entries(db, shape, found)
    class_entries(db, shape)
    return document(db, shape, found, balance, order.carried)


def _fewer(threads: int, memory: str) -> int:
    """Return how many threads to try with next: each takes its share of the memory. 0 is as many as there are."""
    if threads == 1:
        raise UsageProblem(
            "HIS-8031",
            "The rows need more memory than {memory}.",
            "Compare fewer rows at once: one account day.",
            memory=memory,
        )
    return 1


def _database(order: Order, scratch: Path, threads: int) -> Any:
    import duckdb

    db = duckdb.connect(config={
        "memory_limit": order.memory, "temp_directory": str(scratch / "spill"), "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    })  # fmt: skip
    db.execute("set preserve_insertion_order = false")
    db.execute("set enable_progress_bar = false")
    if threads:
        db.execute(f"set threads = {threads}")
    return db


def _mended(found: Relation, definition: Reconciliation, side: SideName, scratch: Path) -> Relation:
    """Return a CSV that is no UTF-8 as what it is; raise the sentence for the cell that ended the reading."""
    if found.kind == "csv" and found.path is not None and not _is_utf8(found.path):
        text = transcoded(found.path, scratch / f"{side}.csv")
        mended = csv_relation(found.path, text)
        if mended.sql != found.sql:
            mended.take_digest(found)
            return mended
    if found.kind == "csv":
        _refuse_ragged(found, scratch / f"{side}.csv")
    _refuse_bad_cell(found, definition, side)
    return found


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            while file.read(1 << 22):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _refuse_ragged(found: Relation, text: Path) -> None:
    """Name the first row that has another number of cells than the header."""
    if found.path is None:
        return
    with (text if text.exists() else found.path).open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=found.delimiter)
        try:
            for number, row in enumerate(rows, 1):
                if row and len(row) != len(found.columns):
                    raise UsageProblem(
                        "HIS-8012", "{file}, row {row}: there are {count} cells, but the header has {wanted}.",
                        "Mend the row, or export the file again.",
                        file=found.name, row=number, count=len(row), wanted=len(found.columns),
                    )  # fmt: skip
        except csv.Error as error:
            raise UsageProblem(
                "HIS-8013", "{file}, row {row}: {why}.", "Mend the row, or export the file again.",
                file=found.name, row=number + 1, why=error,
            ) from error  # fmt: skip


def _refuse_bad_cell(found: Relation, definition: Reconciliation, side: SideName) -> None:
    """Name the first cell that cannot be read as what its column is."""
    import duckdb

    mapped = definition.sides[side].columns
    picked = ", ".join(found.cell(name) for name in mapped.values())
    db = duckdb.connect()
    try:
        cursor = db.execute(f"select {picked} from {found.sql}")
        number = found.first_row
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                for column, source, text in zip(mapped, mapped.values(), row, strict=True):
                    if why := wrong(definition.columns[column].type, text):
                        code, fact, todo = WRONG[why]
                        raise UsageProblem(
                            code, fact, todo, file=found.name, row=number, column=found.named(source), text=repr(text)
                        )
                number += 1
    finally:
        db.close()
