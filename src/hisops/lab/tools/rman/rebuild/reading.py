"""Reading backup pieces on the host of a restore: what is not of this host is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hisops.lab import mounting
from hisops.lab.media import piece
from hisops.lab.media.carrier import Unreadable
from hisops.lab.media.piece import Piece
from hisops.lab.state import State
from hisops.lab.tools.rman.pieces import key_of
from hisops.lab.tools.rman.run import Run

Set = dict[str, Any]
_NO_FILE = ("ORA-27037: unable to obtain file status", "Linux-x86_64 Error: 2: No such file or directory",
            "Additional information: 7")  # fmt: skip


class Unusable(Exception):
    """A piece cannot be read: the lines that say why."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def known(state: State) -> list[Set]:
    """Return the backups that a restore on this host may use, as far as the control file knows."""
    branches = {int(one["resetlogs"]) for one in state["incarnations"]}
    return [
        one
        for one in state["backups"]
        if one["status"] == "A"
        and mounting.on_host(state, Path(one["handle"]))
        and all(int(part["resetlogs"]) in branches for part in one["parts"].values())
    ]


def read(run: Run, handle: str) -> Piece:
    """Return what a piece holds after looking at every block of it. Raises Unusable."""
    head, state = f"ORA-19870: error while restoring backup piece {handle}", run.state
    if not mounting.there(state, Path(handle)):
        raise Unusable(head, f'ORA-19505: failed to identify file "{handle}"', *_NO_FILE)
    closed = run.desk.armed("wallet-closed")
    try:
        about = piece.describe(Path(handle))
        return piece.read(Path(handle), key="" if closed else key_of({"dbid": about["dbid"]}))
    except piece.Locked as problem:
        raise Unusable(head, "ORA-19913: unable to decrypt backup", "ORA-28365: wallet is not open") from problem
    except Unreadable as problem:
        if not problem.block:
            raise Unusable(head, "ORA-19587: error occurred reading 8192 bytes at block number 1",
                           f"ORA-27091: unable to queue I/O on {handle}") from problem  # fmt: skip
        raise Unusable(
            head, f"ORA-19599: block number {problem.block} is corrupt in backup piece {handle}"
        ) from problem


def finished(run: Run, one: Set, handle: str) -> None:
    """Say that a piece has been read."""
    run.on_channel(f"piece handle={handle} tag={one['tag']}", "restored backup piece 1",
                   "restore complete, elapsed time: 00:00:03")  # fmt: skip


def not_created(state: State, path: Path) -> tuple[str, ...]:
    """Return why a file cannot be written where a restore wants it; nothing if it can."""
    if mounting.on_host(state, path) and path.parent.is_dir():
        return ()
    return (
        f'ORA-19504: failed to create file "{path}"',
        "ORA-27040: file create error, unable to create file",
        "Linux-x86_64 Error: 2: No such file or directory",
        "Additional information: 1",
    )
