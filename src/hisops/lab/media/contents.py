"""What a database shows that is opened from data files: the rows and the dictionary that their blocks hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hisops.lab.media import datafile, segments
from hisops.lab.media.tables import BEATS, DICTIONARY, Row
from hisops.lab.state import State


def rows(files: Mapping[int, Path]) -> dict[str, list[tuple[int, Row]]]:
    """Return each table's rows in their order, with the SCN of their block. Raises Unreadable."""
    found: dict[str, list[tuple[int, Row]]] = {}
    for number, path in sorted(files.items()):
        header = datafile.header_of(path, number)
        for block in datafile.good(path, header).values():
            if block.number > segments.MAP and block.body and not block.marked:
                table, held = segments.rows_of(block)
                found.setdefault(table, []).extend((block.scn, row) for _, row in sorted(held.items()))
    return {table: held for table, held in found.items() if table}


def adopt(state: State, files: Mapping[int, Path]) -> None:
    """Let a database have what its files hold: rows, patches, components, invalid objects, pluggable databases."""
    held = rows(files)
    beats = held.pop(BEATS, [])
    told: dict[str, list[Any]] = {}
    for _, (kind, item) in held.pop(DICTIONARY, []):
        told.setdefault(kind, []).append(item)
    state["beats"] = [{"beat": row[0], "at": row[1], "scn": scn, "gone": None} for scn, row in beats]
    state["kept"] = {table: [{"row": row, "scn": scn} for scn, row in own] for table, own in held.items()}
    state.update(
        work=[], sqlpatch=told.get("sqlpatch", []), invalid_objects=told.get("invalid", []),
        registry=told.get("registry", []), history=told.get("history", []),
        pdbs=[pdb | {"open_mode": "MOUNTED", "restricted": "NO"} for pdb in told.get("pdb", [])],
    )  # fmt: skip
