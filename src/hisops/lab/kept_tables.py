"""The tables of a database whose rows lie in its data files, as SQL sees them: now, or as of an SCN."""

from __future__ import annotations

from hisops.lab import schemas
from hisops.lab.commands import ROOT
from hisops.lab.media import segments, tables
from hisops.lab.sql.backend import Stored, Table
from hisops.lab.sql.seed import TABLES
from hisops.lab.sql.types import declared
from hisops.lab.state import State


def of(source: State, owner_of_files: State, container: str, upto: int) -> dict[str, Stored]:
    """Return the tables that a container shows; the root shows those of its pluggable databases as well.

    What sessions share in memory (HIS.PATIENT, HIS.DEPT of a database that was never restored) is not among them.
    """
    names = {
        segment.table: file["con"]
        for file in owner_of_files["datafiles"]
        for segment in segments.of(file)
        if segment.table in tables.COLUMNS and container in (ROOT, file["con"])
    }
    found = {}
    for full in names:
        owner, _, name = full.partition(".")
        if "kept" in source or name.lower() not in TABLES:
            found[name.lower()] = Stored(owner, _table(source, full, upto))
    return found | schemas.shown(owner_of_files, container)


def _table(source: State, full: str, upto: int) -> Table:
    columns = tables.COLUMNS[full]
    kinds = [column.kind for column in declared(columns)]
    return Table(
        columns,
        [
            tuple(tables.value(kind, item) for kind, item in zip(kinds, row, strict=True))
            for row in tables.rows(source, full, upto)
        ],
    )
