"""Files that carry a string of bytes in blocks: archived logs, control files, backup pieces.

Block 0 says what follows, block 1 describes the content as JSON, the others hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hisops.lab.media.blocks import FILE_HEAD, OS_HEAD, ROOM, SIZE, Block, Corrupt, decode, encode

Description = Mapping[str, Any]


class Unreadable(Exception):
    """A file is not there, or a block of it is corrupt (`block`)."""

    def __init__(self, path: Path, block: int | None = None, kind: str = "", errno: int = 0) -> None:
        super().__init__(str(path), block, kind)
        self.path = path
        self.block = block
        self.kind = kind
        self.errno = errno


def write(path: Path, kind: int, description: Description, content: bytes) -> int:
    """Write a file and return its size. OSError as it comes."""
    chunks = [content[at : at + ROOM] for at in range(0, len(content), ROOM)]
    about = dict(description) | {"blocks": len(chunks) + 2}
    scn = int(description.get("scn", 0))
    head = [(OS_HEAD, str(len(chunks) + 2).encode()), (FILE_HEAD, json.dumps(about, ensure_ascii=False).encode())]
    parts = [*head, *((kind, chunk) for chunk in chunks)]
    raw = b"".join(
        encode(Block(file=0, number=number, kind=word, scn=scn, body=body)) for number, (word, body) in enumerate(parts)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return len(raw)


def describe(path: Path) -> dict[str, Any]:
    """Return the description alone. Raises Unreadable."""
    with _opened(path) as raw:
        _block(path, raw, 0)
        return _description(path, raw)


def read(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return description and content after looking at every block. Raises Unreadable."""
    with _opened(path) as raw:
        for problem in problems_of(path, raw):
            raise problem
        about = _description(path, raw)
        return about, b"".join(_block(path, raw, number).body for number in range(2, about["blocks"]))


def problems(path: Path) -> list[Unreadable]:
    """Return all that is wrong with a file."""
    try:
        with _opened(path) as raw:
            return list(problems_of(path, raw))
    except Unreadable as gone:
        return [gone]


def problems_of(path: Path, raw: memoryview) -> Iterator[Unreadable]:
    """Yield the corrupt blocks of a file that has been read; missing ones and strange ones are corrupt, too."""
    count = max(-(-len(raw) // SIZE), _announced(path, raw))
    for number in range(count):
        try:
            decode(bytes(raw[number * SIZE : (number + 1) * SIZE]), 0, number)
        except Corrupt as wrong:
            yield Unreadable(path, number, wrong.kind)


def _announced(path: Path, raw: memoryview) -> int:
    """Return how many blocks there ought to be, as far as the file itself still says so."""
    try:
        return int(_block(path, raw, 0).body)
    except Unreadable:
        return 2


def _opened(path: Path) -> memoryview:
    try:
        return memoryview(path.read_bytes())
    except OSError as error:
        raise Unreadable(path, errno=error.errno or 0) from error


def _block(path: Path, raw: memoryview, number: int) -> Block:
    try:
        return decode(bytes(raw[number * SIZE : (number + 1) * SIZE]), 0, number)
    except Corrupt as wrong:
        raise Unreadable(path, number, wrong.kind) from wrong


def _description(path: Path, raw: memoryview) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_block(path, raw, 1).body)
    return found
