"""The dump of the original Export: a stream in the character set of its client, read to wherever it ends.

So a cut one gives what stands before the cut: that is how Import comes to load half a database.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.lab.tools.logical.content import CODECS

_MAGIC = b"\x03\x03TEXPORT:V"
_PART = 8
Record = dict[str, Any]


class Ended(Exception):
    """The file ends, or is damaged, before it should."""


class NotExport(Exception):
    """The file is no dump of Export, or is none that could be read at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the file says of itself."""

    release: str
    charset: str
    user: str


def write(path: Path, head: Head, records: Iterator[Record]) -> None:
    """Write a dump. OSError as it comes."""
    codec = CODECS.get(head.charset, "ascii")
    about = f"{head.release}\n{head.charset}\n{head.user}\n"
    with path.open("wb") as file:
        file.write(_MAGIC + about.encode())
        for record in [*records, {"kind": "end"}]:
            raw = json.dumps(record, ensure_ascii=False).encode(codec, "replace")
            file.write(len(raw).to_bytes(4) + zlib.crc32(raw).to_bytes(4) + raw)


def head_of(path: Path) -> Head:
    """Return what a dump says of itself. Raises NotExport; OSError as it comes."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotExport
        release, charset, user = (file.readline().decode("ascii", "replace").strip() for _ in range(3))
    if charset not in CODECS:
        raise NotExport
    return Head(release=release, charset=charset, user=user)


def records(path: Path) -> Iterator[Record]:
    """Yield the records of a dump. Raises Ended where it is cut or damaged."""
    codec = CODECS[head_of(path).charset]
    with path.open("rb") as file:
        file.read(len(_MAGIC))
        for _ in range(3):
            file.readline()
        while True:
            start = file.read(_PART)
            raw = file.read(int.from_bytes(start[:4])) if len(start) == _PART else b""
            if len(start) < _PART or zlib.crc32(raw) != int.from_bytes(start[4:]):
                raise Ended
            record: Record = json.loads(raw.decode(codec))
            if record["kind"] == "end":
                return
            yield record
