"""The block of all files: 8 KiB with a head, a body, a checksum over everything, and a tail that repeats the head."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

SIZE = 8192
OS_HEAD, FILE_HEAD, DATA, FREE, LOG, PIECE, CONTROL = 0x00, 0x0B, 0x06, 0x02, 0x22, 0x08, 0x15
NOLOGGING = 1
"""Flag of a block whose content was written without redo and is lost: marked, but well formed."""
_FORMAT = 0xA2
_HEAD = struct.Struct(">BBHIQII")  # kind, format, file, number, SCN, length and flags, checksum
_TAIL = struct.Struct(">HBB")
_CHECKSUM = _HEAD.size - 4
ROOM = SIZE - _HEAD.size - _TAIL.size
"""Bytes of a body."""


class Corrupt(Exception):
    """A block is not what was written. `kind` is the word of V$DATABASE_BLOCK_CORRUPTION."""

    def __init__(self, number: int, kind: str) -> None:
        super().__init__(number, kind)
        self.number = number
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a file: `file` is the number of the data file, 0 in files of other kinds."""

    file: int
    number: int
    kind: int
    scn: int
    body: bytes = b""
    flags: int = 0

    @property
    def marked(self) -> bool:
        """Whether the block is marked corrupt by an operation without redo."""
        return bool(self.flags & NOLOGGING)


def encode(block: Block) -> bytes:
    """Return a block as it lies on disk."""
    if len(block.body) > ROOM:
        raise ValueError(f"{len(block.body)} bytes do not fit into a block")
    words = (block.kind, _FORMAT, block.file, block.number, block.scn, block.flags << 24 | len(block.body))
    tail = _TAIL.pack(block.scn & 0xFFFF, block.kind, block.flags)
    draft = bytearray(_HEAD.pack(*words, 0) + block.body.ljust(ROOM, b"\0") + tail)
    draft[_CHECKSUM : _HEAD.size] = zlib.crc32(draft).to_bytes(4)
    return bytes(draft)


def decode(raw: bytes, file: int, number: int) -> Block:
    """Return the block that is expected at this place; Corrupt if it is another, or damaged."""
    if len(raw) < SIZE:
        raise Corrupt(number, "FRACTURED")
    if not any(raw):
        raise Corrupt(number, "ALL ZERO")
    kind, form, own_file, own_number, scn, rest, checksum = _HEAD.unpack_from(raw)
    if _TAIL.unpack_from(raw, SIZE - _TAIL.size)[:2] != (scn & 0xFFFF, kind):
        raise Corrupt(number, "FRACTURED")
    if zlib.crc32(raw[:_CHECKSUM] + b"\0\0\0\0" + raw[_HEAD.size :]) != checksum:
        raise Corrupt(number, "CHECKSUM")
    if (form, own_file, own_number) != (_FORMAT, file, number):
        raise Corrupt(number, "CORRUPT")
    length, flags = rest & 0xFFFFFF, rest >> 24
    body = raw[_HEAD.size : _HEAD.size + length]
    return Block(file=file, number=number, kind=kind, scn=scn, body=body, flags=flags)
