"""Data files: block 0 for the operating system, block 1 the file header, then bitmap and data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hisops.lab.media.blocks import FILE_HEAD, FREE, OS_HEAD, SIZE, Block, Corrupt, decode, encode
from hisops.lab.media.carrier import Unreadable

FIRST = 2
"""The first block after the head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a data file says of itself."""

    dbid: int
    db_name: str
    file: int
    tablespace: str
    con: str
    created: int
    checkpoint: int
    checkpoint_at: float
    resetlogs: int
    blocks: int
    fuzzy: bool


def head(header: Header) -> dict[int, Block]:
    """Return the blocks 0 and 1."""
    about = json.dumps(asdict(header), ensure_ascii=False).encode()
    size = f"{header.blocks * SIZE}".encode()
    return {
        0: Block(file=header.file, number=0, kind=OS_HEAD, scn=0, body=size),
        1: Block(file=header.file, number=1, kind=FILE_HEAD, scn=header.checkpoint, body=about),
    }


def create(path: Path, header: Header, blocks: Mapping[int, Block]) -> None:
    """Write a whole file; what is not given is free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {**blocks, **head(header)}
    free = (Block(file=header.file, number=at, kind=FREE, scn=0) for at in range(header.blocks))
    path.write_bytes(b"".join(encode(known.get(block.number, block)) for block in free))


def put(path: Path, header: Header, blocks: Mapping[int, Block]) -> None:
    """Write some blocks of a file that is there, and its head; it grows as far as the header says."""
    with path.open("r+b") as file:
        have = file.seek(0, 2) // SIZE
        new = {at: Block(file=header.file, number=at, kind=FREE, scn=0) for at in range(have, header.blocks)}
        for number, block in sorted((new | dict(blocks) | head(header)).items()):
            file.seek(number * SIZE)
            file.write(encode(block))


def header_of(path: Path, file: int) -> Header:
    """Return the header of data file number `file`. Raises Unreadable, also for one of another number."""
    try:
        with path.open("rb") as opened:
            raw = opened.read((FIRST) * SIZE)
    except OSError as error:
        raise Unreadable(path, errno=error.errno or 0) from error
    try:
        decode(raw[:SIZE], file, 0)
        about: dict[str, Any] = json.loads(decode(raw[SIZE:], file, 1).body)
    except Corrupt as wrong:
        raise Unreadable(path, wrong.number, wrong.kind) from wrong
    return Header(**about)


def scan(path: Path, header: Header) -> Iterator[Block | Corrupt]:
    """Yield each block after the head, or what is wrong with it."""
    with path.open("rb") as opened:
        opened.seek(FIRST * SIZE)
        for number in range(FIRST, header.blocks):
            try:
                yield decode(opened.read(SIZE), header.file, number)
            except Corrupt as wrong:
                yield wrong


def good(path: Path, header: Header) -> dict[int, Block]:
    """Return the blocks after the head. Raises Unreadable at the first that is corrupt."""
    found = {}
    for block in scan(path, header):
        if isinstance(block, Corrupt):
            raise Unreadable(path, block.number, block.kind)
        found[block.number] = block
    return found


def stamp(path: Path, header: Header, **changes: Any) -> Header:
    """Change what the header says and return it."""
    changed = replace(header, **changes)
    put(path, changed, {})
    return changed
