"""Which table lies in which blocks of which data file, and what those blocks hold as of an SCN."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from hisops.lab.history import time_of
from hisops.lab.media.blocks import DATA, Block
from hisops.lab.media.datafile import FIRST
from hisops.lab.media.tables import BEATS, DICTIONARY, Row, entries
from hisops.lab.sql.backend import ROOT
from hisops.lab.state import State

MAP = FIRST
"""The block that says which segments the file has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Blocks of a table from `first` on, `rows` to a block; none means that nothing but its blocks matters."""

    table: str
    first: int
    blocks: int
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What redo tells: in this place of a block there is this row since this SCN. Slot -1 is the whole block."""

    scn: int
    at: float
    file: int
    block: int
    table: str
    slot: int
    row: Any


_SYSTEM = (
    Segment(table="SYS.C_OBJ#", first=3, blocks=4),
    Segment(table=DICTIONARY, first=7, blocks=2, rows=12),
)
_PLACES: Mapping[str, tuple[Segment, ...]] = {
    "system01.dbf": _SYSTEM,
    "sysaux01.dbf": (Segment(table="SYS.WRH$_SQLSTAT", first=3, blocks=4),),
    "undotbs01.dbf": (Segment(table="SYS._SYSSMU1$", first=3, blocks=2),),
    "CDB$ROOT users01.dbf": (Segment(table=BEATS, first=3, blocks=2, rows=120),),
    "HISPDB hisdata01.dbf": (
        Segment(table="HIS.DEPT", first=3, blocks=1, rows=60),
        Segment(table="HIS.PATIENT", first=4, blocks=2, rows=40),
        Segment(table="HIS.DAILY_REPORT", first=6, blocks=3),
        Segment(table="HIS.CHARGE", first=9, blocks=4, rows=60),
    ),
    "LISPDB hisdata01.dbf": (Segment(table="LIS.RESULT", first=3, blocks=3, rows=60),),
    "lisdata01.dbf": (Segment(table="LIS.RESULT", first=3, blocks=3, rows=60),),
}


def made_as(file: State) -> str:
    """Return the last part of the name that a data file was made with; a restored one may have another by now."""
    return str(file.get("made_as") or PurePath(file["name"]).name)


def of(file: State) -> tuple[Segment, ...]:
    """Return the segments of a data file, by its container and the name that it was made with."""
    name = made_as(file)
    return _PLACES.get(f"{file['con']} {name}", _PLACES.get(name, ()))


def extents(file: State, count: int) -> Iterator[tuple[str, int, int]]:
    """Yield table, first block and number of blocks of each segment of a file of `count` blocks."""
    own = of(file)
    for segment, after in zip(own, [*own[1:], None][: len(own)], strict=True):
        end = after.first if after else max(count, segment.first + segment.blocks)
        yield segment.table, segment.first, end - segment.first


def image(state: State, file: State, upto: int) -> dict[int, Block]:
    """Return the blocks that hold something as of an SCN, the head left out."""
    number, created = int(file["file"]), int(state["incarnations"][0]["resetlogs"])
    found: dict[int, Block] = {}
    for segment in of(file):
        for at in range(segment.first, segment.first + segment.blocks):
            body = _body(segment.table, []) if segment.rows else _filler(segment.table, at)
            found[at] = Block(file=number, number=at, kind=DATA, scn=created, body=body)
        found |= _filled(state, file, segment, upto)
    told = json.dumps([[s.table, s.first, s.rows] for s in of(file)]).encode()
    found[MAP] = Block(file=number, number=MAP, kind=DATA, scn=created, body=told)
    return found


def changes(state: State, since: int, before: int, *, until: float) -> list[Change]:
    """Return what redo holds of the SCNs from `since` to the one before `before`, in their order."""
    found: list[Change] = []
    for file in state["datafiles"]:
        for segment in of(file):
            found += _changes(state, file, segment, since, before, until)
    return sorted(found, key=lambda one: one.scn)


def rows_of(block: Block) -> tuple[str, dict[int, Row]]:
    """Return the table of a block and its rows by slot; filler has none."""
    held = json.loads(block.body)
    return (str(held["t"]), {int(slot): row for slot, row in held["r"]}) if isinstance(held, dict) else ("", {})


def changed(block: Block, change: Change) -> Block:
    """Return a block with a change made in it."""
    rows = rows_of(block)[1] if block.kind == DATA else {}
    if change.slot < 0:
        rows = dict(enumerate(change.row))
    elif change.row is None:
        rows.pop(change.slot, None)
    else:
        rows[change.slot] = change.row
    body = _body(change.table, sorted(rows.items()))
    return Block(file=block.file, number=block.number, kind=DATA, scn=max(change.scn, block.scn), body=body)


def dictionary(state: State, con: str) -> list[Row]:
    """Return what the dictionary of a container tells: patches, components, invalid objects.

    The root's also tells which pluggable databases there are, and what is known of one that has no files of its own;
    before 12.1 it has the history of the registry.
    """
    root = state["datafiles"][0]["con"] if state["datafiles"] else ROOT
    others = {file["con"] for file in state["datafiles"]} - {root}

    def own(rows: list[State]) -> list[State]:
        return [row for row in rows if (row["con"] not in others if con == root else row["con"] == con)]

    found: list[Row] = [["sqlpatch", row] for row in own(state["sqlpatch"])]
    found += [["invalid", row] for row in own(state["invalid_objects"])]
    if con == root:
        found += [["registry", row] for row in state["registry"]]
        found += [["history", row] for row in state.get("history", ())]
        found += [["pdb", {key: pdb[key] for key in ("name", "con_id", "saved_state")}] for pdb in state["pdbs"]]
    return found


def _filled(state: State, file: State, segment: Segment, upto: int) -> dict[int, Block]:
    number = int(file["file"])
    found: dict[int, tuple[int, list[tuple[int, Row]]]] = {}
    for slot, row, scn in _rows(state, file, segment, upto):
        at = segment.first + slot // segment.rows
        newest, rows = found.setdefault(at, (0, []))
        found[at] = (max(newest, scn), rows if row is None else [*rows, (slot, row)])
    return {
        at: Block(file=number, number=at, kind=DATA, scn=scn, body=_body(segment.table, rows))
        for at, (scn, rows) in found.items()
    }


def _rows(state: State, file: State, segment: Segment, upto: int) -> Iterator[tuple[int, Row | None, int]]:
    if segment.table == DICTIONARY:
        yield from ((slot, row, 0) for slot, row in enumerate(dictionary(state, file["con"])))
    elif segment.rows:
        for entry in entries(state, segment.table, upto):
            yield entry.slot, entry.row if entry.there(upto) else None, entry.changed(upto)


def _changes(state: State, file: State, segment: Segment, since: int, before: int, until: float) -> Iterator[Change]:
    def change(scn: int, slot: int, row: Any, block: int) -> Change:
        at = _when(state, scn, until)
        return Change(scn=scn, at=at, file=int(file["file"]), block=block, table=segment.table, slot=slot, row=row)

    if segment.table == DICTIONARY:
        for at, block in sorted(_filled(state, file, segment, before).items()):
            yield change(before - 1, -1, [row for _, row in sorted(rows_of(block)[1].items())], at)
    elif segment.rows:
        for entry in entries(state, segment.table, before - 1):
            at = segment.first + entry.slot // segment.rows
            if since <= entry.scn < before:
                yield change(entry.scn, entry.slot, entry.row, at)
            if entry.gone is not None and since <= entry.gone < before:
                yield change(entry.gone, entry.slot, None, at)


def _when(state: State, scn: int, until: float) -> float:
    """Return the time of a change; of one that is older than what is remembered, the oldest time."""
    try:
        return time_of(state["marks"], scn, until)
    except LookupError:
        return float(state["marks"][0][1]) if state["marks"] else until


def _body(table: str, rows: list[tuple[int, Row]]) -> bytes:
    return json.dumps({"t": table, "r": rows}, ensure_ascii=False, separators=(",", ":")).encode()


def _filler(table: str, block: int) -> bytes:
    """Return something to read, the same in every file of the lab."""
    return json.dumps([f"{zlib.crc32(f'{table} {block} {line}'.encode()):08x}" for line in range(280)]).encode()
