"""Backup sets and their pieces. A piece is a real gzip file that holds what the set holds."""

from __future__ import annotations

import gzip
import random
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman.run import Run

_EPOCH = datetime(2007, 1, 1, tzinfo=UTC)
_CODES = {"D": "nnnd", "L": "annnn", "C": "ncnnf", "S": "s"}


def stamp_of(when: datetime) -> int:
    """Return Oracle's stamp for a time: seconds since an epoch of its own."""
    return int((when - _EPOCH).total_seconds()) + 612_000_000


def open_set(run: Run, kind: str, *, tag: str | None, level: int | None, files: list[int]) -> dict[str, Any]:
    """Return a new set, not yet in the control file."""
    state = run.state
    number = max((known["set_count"] for known in state["backups"]), default=540) + 1
    begun = now()
    return {
        "kind": kind,
        "level": level,
        "tag": (tag or f"TAG{begun:%Y%m%dT%H%M%S}").upper(),
        "files": files,
        "set_count": number,
        "set_stamp": stamp_of(begun),
        "session_key": run.session_key,
        "start_time": begun.isoformat(),
    }


def handle_of(run: Run, backup: dict[str, Any], template: str | None) -> Path:
    """Return where the piece goes: by FORMAT, else into the recovery area."""
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))  # noqa: S311 - a name
    state, today = run.state, now()
    if template:
        unique = f"{letters[:6]}_{backup['set_count']}_1_1"
        values = {"%U": unique, "%u": letters, "%s": str(backup["set_count"]), "%p": "1", "%c": "1"}
        values |= {"%T": f"{today:%Y%m%d}", "%d": state["name"], "%t": str(backup["set_stamp"]), "%%": "%"}
        for token, value in values.items():
            template = template.replace(token, value)
        return Path(template)
    area = Path(str(state["fra"]["path"])) / str(state["db_unique_name"])
    if backup["kind"] == "S":
        return area / "autobackup" / f"{today:%Y_%m_%d}" / f"o1_mf_s_{backup['set_stamp']}_{letters}_.bkp"
    code = f"{_CODES[backup['kind']]}{backup['level'] if backup['level'] is not None else ''}"
    return area / "backupset" / f"{today:%Y_%m_%d}" / f"o1_mf_{code}_{backup['tag']}_{letters}_.bkp"


def write_piece(path: Path, sources: list[Path]) -> int:
    """Write the piece and return its size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb", compresslevel=1) as piece:
        for source in sources:
            piece.write(f"== {source}\n".encode())
            piece.write(source.read_bytes() if source.exists() else b"(simulated)\n")
    return path.stat().st_size


def keep(run: Run, backup: dict[str, Any], handle: Path, mb: int) -> None:
    """Enter the finished set into the control file."""
    done = {**backup, "handle": str(handle), "bytes": handle.stat().st_size, "mb": mb, "status": "A"}
    done["completion_time"] = now().isoformat()
    with run.desk.store.change(run.database) as state:
        state["backups"].append(done)
        if handle.is_relative_to(state["fra"]["path"]):
            state["fra"]["used_mb"] += mb


def readable(handle: Path) -> bool:
    """Whether the piece is there and whole."""
    try:
        with gzip.open(handle, "rb") as piece:
            while piece.read(1 << 20):
                pass
    except (OSError, EOFError):
        return False
    return True


def file_names(state: State, files: list[int]) -> list[Path]:
    """Return the paths of data files by number."""
    return [Path(file["name"]) for file in state["datafiles"] if file["file"] in files]
