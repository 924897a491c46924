"""Backup sets: numbers, names of pieces, what the control file keeps of them, and room in the recovery area."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hisops.lab import alert
from hisops.lab.media import area, carrier, piece
from hisops.lab.media.piece import Piece
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman.run import RmanFailed, Run

_EPOCH = datetime(2007, 1, 1, tzinfo=UTC)
_CODES = {"D": "nnnd", "L": "annnn", "C": "ncnnf", "S": "s", "P": "nnsnf"}
_OWN = ("kind", "level", "cumulative", "tag", "set_count", "set_stamp", "scn", "at", "dbid")
_WARN_PERCENT = 85


class NotWritten(Exception):
    """A piece could not be written: the lines below the failure of the command."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def stamp_of(when: datetime) -> int:
    """Return Oracle's stamp for a time: seconds since an epoch of its own."""
    return int((when - _EPOCH).total_seconds()) + 612_000_000


def open_set(run: Run, kind: str, *, tag: str | None, level: int | None, cumulative: bool = False) -> dict[str, Any]:
    """Return a new set, not yet in the control file."""
    state, begun = run.state, now()
    number = max((known["set_count"] for known in state["backups"]), default=540) + 1
    return {
        "kind": kind,
        "level": level,
        "cumulative": cumulative,
        "tag": (tag or f"TAG{begun:%Y%m%dT%H%M%S}").upper(),
        "set_count": number,
        "set_stamp": stamp_of(begun),
        "session_key": run.session_key,
        "start_time": begun.isoformat(),
        "dbid": state["dbid"],
        "db_name": state["name"],
        "scn": int(state["scn"]),
        "at": float(state["scn_at"]),
    }


def handle_of(state: State, backup: Mapping[str, Any], template: str | None) -> Path:
    """Return where the piece goes: by FORMAT, else into the recovery area."""
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))  # noqa: S311 - a name
    today = now()
    if template:
        return Path(_filled(template, state, backup, letters, today))
    folder = Path(str(state["fra"]["path"])) / str(state["db_unique_name"])
    if backup["kind"] == "S":
        return folder / "autobackup" / f"{today:%Y_%m_%d}" / f"o1_mf_s_{backup['set_stamp']}_{letters}_.bkp"
    level = "f" if backup["level"] is None else backup["level"]
    code = f"{_CODES[backup['kind']]}{level if backup['kind'] == 'D' else ''}"
    return folder / "backupset" / f"{today:%Y_%m_%d}" / f"o1_mf_{code}_{backup['tag']}_{letters}_.bkp"


def _filled(template: str, state: State, backup: Mapping[str, Any], letters: str, today: datetime) -> str:
    count = str(backup["set_count"])
    values = {"%%": "%", "%U": f"{letters}_{count}_1_1", "%u": letters, "%s": count, "%p": "1", "%c": "1"}
    values |= {"%T": f"{today:%Y%m%d}", "%d": str(state["name"]), "%t": str(backup["set_stamp"])}
    values |= {"%I": str(state["dbid"]), "%F": f"c-{state['dbid']}-{today:%Y%m%d}-{backup['set_count'] % 256:02x}"}
    for token, value in values.items():
        template = template.replace(token, value)
    return template


def save(run: Run, backup: dict[str, Any], held: Piece, handle: Path, *, compressed: bool) -> dict[str, Any]:
    """Write the piece of a set and enter it into the control file. Raises NotWritten."""
    state = run.state
    key = wallet_key(run, state) if backup["kind"] in "DL" else ""
    try:
        size = piece.write(handle, held, compressed=compressed, key=key)
    except OSError as error:
        raise NotWritten(
            f'ORA-19504: failed to create file "{handle}"',
            "ORA-27040: file create error, unable to create file",
            f"Linux-x86_64 Error: {error.errno}: {error.strerror}",
        ) from error
    _refuse_full_area(state, handle, size)
    done = entry(handle, size) | {"session_key": run.session_key, "start_time": backup["start_time"]}
    done |= {"tracking": backup.get("tracking", False), "read": backup.get("read", {})}
    with run.desk.store.change(run.database) as state:
        state["backups"].append(done)
    _warn_of_area(run, handle)
    return done


def entry(handle: Path, size: int) -> dict[str, Any]:
    """Return what a control file keeps of a piece, as the piece itself tells it. Raises Unreadable."""
    about = piece.describe(handle)
    files = {int(number): part for number, part in about["files"].items()}
    return {key: about[key] for key in _OWN} | {
        "handle": str(handle),
        "bytes": size,
        "status": "A",
        "files": sorted(files),
        "parts": {str(number): part for number, part in files.items()},
        "logs": about["logs_of"],
        "controlfile": about["controlfile"],
        "spfile": about["spfile"],
        "compressed": about["compressed"],
        "encrypted": about["encrypted"],
        "session_key": 0,
        "start_time": about["start_time"],
        "completion_time": now().isoformat(),
        "tracking": False,
        "read": {},
    }  # fmt: skip


def problems(handle: Path) -> list[carrier.Unreadable]:
    """Return what is wrong with a piece."""
    return carrier.problems(handle)


def wallet_key(run: Run, state: State) -> str:
    """Return the key with which pieces are encrypted, if that is configured. Raises NotWritten without the wallet."""
    if state["configured"].get("encryption") != "ON":
        return ""
    if state["wallet"] != "OPEN":
        raise NotWritten("ORA-19914: unable to encrypt backup", "ORA-28365: wallet is not open")
    return key_of(state)


def key_of(state: State) -> str:
    """Return the key that lies in the wallet of a database."""
    return f"wallet of {state['dbid']}"


def _refuse_full_area(state: State, handle: Path, size: int) -> None:
    limit = area.limit(state)
    if handle.is_relative_to(state["fra"]["path"]) and area.used(state) + size > limit:
        handle.unlink()
        raise NotWritten(
            "ORA-19809: limit exceeded for recovery files",
            f"ORA-19804: cannot reclaim {size} bytes disk space from {limit} bytes limit",
        )


def _warn_of_area(run: Run, handle: Path) -> None:
    state = run.state
    limit, taken = area.limit(state), area.used(state)
    if handle.is_relative_to(state["fra"]["path"]) and taken * 100 > limit * _WARN_PERCENT:
        text = (
            f"ORA-19815: WARNING: db_recovery_file_dest_size of {limit} bytes is {taken / limit * 100:.2f}% used, "
            f"and has {limit - taken} remaining bytes available."
        )
        alert.write(state, text)
        run.say(text)


def written(run: Run, backup: dict[str, Any], held: Piece, template: str | None, *, compressed: bool) -> None:
    """Write the piece of a set, or fail as a command on one channel fails."""
    try:
        put(run, backup, held, template, compressed=compressed)
    except NotWritten as problem:
        when = f"{now():%m/%d/%Y %H:%M:%S}"
        head = f"RMAN-03009: failure of backup command on {run.channel} channel at {when}"
        raise RmanFailed(head, *problem.lines) from problem


def put(run: Run, backup: dict[str, Any], held: Piece, template: str | None, *, compressed: bool) -> None:
    """Write the piece of a set, and say so. Raises NotWritten."""
    handle = handle_of(run.state, backup, template or run.templates.get(run.channel))
    done = save(run, backup, held, handle, compressed=compressed)
    run.on_channel(f"finished piece 1 at {run.when()}")
    run.say(f"piece handle={handle} tag={done['tag']} comment=NONE")
    run.on_channel("backup set complete, elapsed time: 00:00:07")
