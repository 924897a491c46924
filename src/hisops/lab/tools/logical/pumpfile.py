"""The dump of Data Pump: blocks with checksums in the character set of the database, the master table at its end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hisops.lab.media import carrier
from hisops.lab.media.blocks import PIECE
from hisops.lab.media.carrier import Unreadable
from hisops.lab.tools.logical.content import CODECS, Coded, TableData

_BLOCK = 4096
_KIND = "data pump"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What a dump holds."""

    release: str
    charset: str
    job: str
    tables: list[TableData]
    code: list[Coded]


class BadDump(Exception):
    """The file is no whole dump of Data Pump; carries what is said of it."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def write(path: Path, dump: Dump) -> int:
    """Write a dump and return its size. OSError as it comes."""
    about = {"what": _KIND, "release": dump.release, "charset": dump.charset, "job": dump.job}
    held = {"tables": [asdict(one) for one in dump.tables], "code": [asdict(one) for one in dump.code]}
    raw = json.dumps(held, ensure_ascii=False).encode(CODECS[dump.charset], "replace")
    return carrier.write(path, PIECE, about, raw)


def read(path: Path) -> Dump:
    """Return what a dump holds, after looking at every block of it. Raises BadDump."""
    head = _head(path)
    if head.startswith(b"\x03\x03TEXPORT"):
        raise BadDump(f'ORA-39143: dump file "{path}" may be an original export dump file')
    try:
        about, raw = carrier.read(path)
    except (Unreadable, ValueError) as problem:
        raise BadDump(*_unreadable(path)) from problem
    if about.get("what") != _KIND:
        raise BadDump(f'ORA-31619: invalid dump file "{path}"')
    held: dict[str, Any] = json.loads(raw.decode(CODECS[about["charset"]]))
    return Dump(
        release=about["release"], charset=about["charset"], job=about["job"],
        tables=[TableData(**one) for one in held["tables"]], code=[Coded(**one) for one in held["code"]],
    )  # fmt: skip


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError:
        raise BadDump(
            f'ORA-31640: unable to open dump file "{path}" for read',
            "ORA-27037: unable to obtain file status",
            "Linux-x86_64 Error: 2: No such file or directory",
            "Additional information: 7",
        ) from None


def _unreadable(path: Path) -> list[str]:
    if path.stat().st_size % _BLOCK:
        return [
            f'ORA-31640: unable to open dump file "{path}" for read',
            f'ORA-19505: failed to identify file "{path}"',
            "ORA-27046: file size is not a multiple of logical block size",
            "Additional information: 1",
        ]
    return [f'ORA-31619: invalid dump file "{path}"']
