"""Backup pieces: blocks of data files, archived logs, a control file, a parameter file; made of blocks themselves.

A piece says what it holds: its set, tag and level, and for each data file from which SCN on its changes are in it
(`since`, 0 for all) and up to which checkpoint. An encrypted one can be read by whoever has the wallet's key.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from hisops.lab.media import carrier, datafile
from hisops.lab.media.blocks import PIECE, SIZE, Block, decode, encode
from hisops.lab.media.datafile import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """What a piece holds of one data file: its header at the checkpoint, and blocks."""

    header: Header
    since: int
    blocks: Mapping[int, Block] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a piece holds. `about` is its set: dbid, db_name, set_stamp, set_count, kind, tag, level, scn, at."""

    about: Mapping[str, Any]
    files: Mapping[int, FilePart] = field(default_factory=dict)
    logs: Mapping[str, bytes] = field(default_factory=dict)
    control: bytes = b""
    spfile: str | None = None


class Locked(Exception):
    """A piece is encrypted, and there is no key."""


def write(path: Path, piece: Piece, *, compressed: bool = False, key: str = "") -> int:
    """Write a piece and return its size. With a key it is encrypted."""
    content = b"".join(_framed(told, raw) for told, raw in _held(piece))
    content = zlib.compress(content, 1) if compressed else content
    return carrier.write(
        path,
        PIECE,
        _described(piece) | {"compressed": compressed, "encrypted": bool(key)},
        _turned(content, key) if key else content,
    )


def read(path: Path, *, key: str = "") -> Piece:
    """Return what a piece holds after looking at every block. Raises Unreadable, and Locked without the key."""
    about, content = carrier.read(path)
    if about["encrypted"] and not key:
        raise Locked(str(path))
    plain = _turned(content, key) if about["encrypted"] else content
    plain = zlib.decompress(plain) if about["compressed"] else plain
    files, logs, control, spfile = {}, {}, b"", None
    for told, raw in _parts(memoryview(plain)):
        match told["part"]:
            case "file":
                header = Header(**told["header"])
                files[header.file] = FilePart(
                    header=header, since=told["since"], blocks=_blocks(header, told["at"], raw)
                )
            case "log":
                logs[told["name"]] = raw
            case "control":
                control = raw
            case "spfile":
                spfile = raw.decode()
    return Piece(about=about, files=files, logs=logs, control=control, spfile=spfile)


def describe(path: Path) -> dict[str, Any]:
    """Return what a piece says of itself, without reading the rest. Raises Unreadable."""
    return carrier.describe(path)


def create_files(pieces: Iterable[Piece], names: Mapping[int, Path]) -> dict[int, Header]:
    """Write data files from full pieces and lay incremental ones over them, older ones first; return the headers."""
    done: dict[int, Header] = {}
    for piece in pieces:
        for number, part in piece.files.items():
            if number not in names:
                continue
            write_to = datafile.put if part.since else datafile.create
            write_to(names[number], part.header, part.blocks)
            done[number] = part.header
    return done


def _held(piece: Piece) -> Iterator[tuple[dict[str, Any], bytes]]:
    for part in piece.files.values():
        told = {"part": "file", "header": asdict(part.header), "since": part.since, "at": sorted(part.blocks)}
        yield told, b"".join(encode(block) for _, block in sorted(part.blocks.items()))
    yield from (({"part": "log", "name": name}, raw) for name, raw in piece.logs.items())
    if piece.control:
        yield {"part": "control"}, piece.control
    if piece.spfile is not None:
        yield {"part": "spfile"}, piece.spfile.encode()


def _described(piece: Piece) -> dict[str, Any]:
    files = {
        str(number): {
            "since": part.since,
            "checkpoint": part.header.checkpoint,
            "checkpoint_at": part.header.checkpoint_at,
            "resetlogs": part.header.resetlogs,
            "of": part.header.blocks,
            "blocks": len(part.blocks),
            "marked": sum(block.marked for block in part.blocks.values()),
        }
        for number, part in piece.files.items()
    }
    held = {"controlfile": bool(piece.control), "spfile": piece.spfile is not None}
    return {**piece.about, **held, "files": files, "logs": list(piece.logs)}


def _blocks(header: Header, numbers: list[int], raw: bytes) -> dict[int, Block]:
    return {number: decode(raw[at * SIZE : (at + 1) * SIZE], header.file, number) for at, number in enumerate(numbers)}


def _framed(told: Mapping[str, Any], raw: bytes) -> bytes:
    head = json.dumps(dict(told), ensure_ascii=False).encode()
    return len(head).to_bytes(4) + head + len(raw).to_bytes(4) + raw


def _parts(content: memoryview) -> Iterable[tuple[dict[str, Any], bytes]]:
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        head = json.loads(bytes(content[at + 4 : at + 4 + size]))
        at += 4 + size
        size = int.from_bytes(content[at : at + 4])
        yield head, bytes(content[at + 4 : at + 4 + size])
        at += 4 + size


def _turned(content: bytes, key: str) -> bytes:
    """Encrypt or decrypt, which is the same: a stream made of the key."""
    count = -(-len(content) // 32)
    stream = b"".join(sha256(f"{key} {at}".encode()).digest() for at in range(count))[: len(content)]
    return (int.from_bytes(content) ^ int.from_bytes(stream)).to_bytes(len(content))
