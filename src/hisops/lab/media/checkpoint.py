"""Checkpoints: bring the data files of a database to an SCN, by writing the blocks that have changed and no others.

An instance knows what it has written (its cache, kept beside the lab's state); so a block that was damaged on disk
stays damaged until its content changes. What has changed since when is also what block change tracking tells.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from hisops.lab.media import datafile, segments
from hisops.lab.media.blocks import Block, Corrupt
from hisops.lab.media.carrier import Unreadable
from hisops.lab.media.datafile import Header
from hisops.lab.media.tables import DICTIONARY
from hisops.lab.state import State, Store

Known = dict[int, list[int]]
"""What was written into the blocks of a file: checksum of the body, and SCN."""
_SPARE = 4


def write(store: Store, name: str, state: State, *, fuzzy: bool) -> None:
    """Write the data files of a database as of its SCN. A file whose header cannot be read is left as it is."""
    cache = _cache(store, name)
    known = _read(cache)
    for file in state["datafiles"]:
        image = segments.image(state, file, int(state["scn"]))
        own = known.get(str(file["file"])) or _found(state, file, image)
        new = _changed(image, own, int(state["scn"]))
        if _put(state, file, new, fuzzy=fuzzy, fresh=not own):
            own |= {at: [zlib.crc32(block.body), block.scn] for at, block in new.items()}
        known[str(file["file"])] = own
    cache.parent.mkdir(exist_ok=True)
    draft = cache.with_suffix(".new")
    draft.write_text(json.dumps(known))
    draft.replace(cache)


def tracked(store: Store, name: str, file: int, since: int) -> frozenset[int]:
    """Return the blocks of a data file that were changed at or after an SCN, as far as they are written."""
    own = _read(_cache(store, name)).get(str(file), {})
    return frozenset(at for at, (_, scn) in own.items() if scn >= since)


def forget(store: Store, name: str) -> None:
    """Forget what was written: the files are others now (restored ones)."""
    _cache(store, name).unlink(missing_ok=True)


def header(state: State, file: State, blocks: int, *, fuzzy: bool) -> Header:
    """Return the header that a data file has at a checkpoint of its database."""
    return Header(
        dbid=state["dbid"],
        db_name=state["name"],
        file=file["file"],
        tablespace=tablespace(file),
        con=file["con"],
        created=int(state["incarnations"][0]["resetlogs"]),
        checkpoint=int(state["scn"]),
        checkpoint_at=float(state["scn_at"]),
        resetlogs=int(state["incarnations"][-1]["resetlogs"]),
        blocks=blocks,
        fuzzy=fuzzy,
    )


def tablespace(file: State) -> str:
    """Return the tablespace of a data file, which the lab names after the file."""
    plain = segments.made_as(file).partition(".")[0].rstrip("0123456789").upper()
    return {"UNDOTBS": "UNDOTBS1", "HISDATA": "LISDATA" if file["con"] == "LISPDB" else "HISDATA"}.get(plain, plain)


def _changed(image: Mapping[int, Block], own: Known, scn: int) -> dict[int, Block]:
    """Return the blocks whose content is not what was written last; one of the dictionary has changed just now."""
    found = {}
    for at, block in image.items():
        if own.get(at, [None])[0] == zlib.crc32(block.body):
            continue
        told = segments.rows_of(block)[0]
        found[at] = block if told != DICTIONARY else _at(block, scn)
    return found


def _found(state: State, file: State, image: Mapping[int, Block]) -> Known:
    """Return what lies in a file that nobody remembers to have written: a restored one. Damage is left as it is."""
    path = Path(file["name"])
    try:
        header = datafile.header_of(path, file["file"])
    except Unreadable:
        return {}
    found: Known = {}
    for block in datafile.scan(path, header) if header.dbid == state["dbid"] else ():
        found[block.number] = [zlib.crc32(_held(block, image)), 0 if isinstance(block, Corrupt) else block.scn]
    return found


def _held(block: Block | Corrupt, image: Mapping[int, Block]) -> bytes:
    """Return what a block holds; of one that is damaged, what it ought to hold."""
    if not isinstance(block, Corrupt) and not block.marked:
        return block.body
    return image[block.number].body if block.number in image else b""


def _at(block: Block, scn: int) -> Block:
    return Block(file=block.file, number=block.number, kind=block.kind, scn=scn, body=block.body)


def _put(state: State, file: State, blocks: Mapping[int, Block], *, fuzzy: bool, fresh: bool) -> bool:
    path, last = Path(file["name"]), max(blocks, default=0)
    if fresh or not path.exists():
        if path.exists() or fresh:
            datafile.create(path, header(state, file, last + 1 + _SPARE, fuzzy=fuzzy), blocks)
        return fresh
    try:
        there = datafile.header_of(path, file["file"])
    except Unreadable:
        return False
    size = there.blocks if last < there.blocks else last + 1 + _SPARE
    datafile.put(path, header(state, file, size, fuzzy=fuzzy), blocks)
    return True


def _cache(store: Store, name: str) -> Path:
    return store.record.parent / "cache" / f"{name}.json"


def _read(path: Path) -> dict[str, Known]:
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {file: {int(at): known for at, known in own.items()} for file, own in found.items()}
