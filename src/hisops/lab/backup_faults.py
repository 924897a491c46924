"""Faults of backups and of what they are made of: files that are gone or damaged, room, the wallet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hisops.lab.layout import Layout
from hisops.lab.media import datafile
from hisops.lab.media.blocks import NOLOGGING, SIZE, Block, Corrupt, decode, encode
from hisops.lab.state import State, Store

DATABASE = "his"
MISSING_PIECE = "missing-piece"
_AWAY = ".gone"
_FILE = "HISPDB/hisdata01.dbf"
_DAMAGED, _UNLOGGED = 4, 7
"""Blocks of that file: one of HIS.PATIENT, one of HIS.DAILY_REPORT."""
_WITHIN = 900


def missing_piece(layout: Layout, on: bool) -> None:
    """Take the newest piece with whole data files away, and its copies on the storage, or bring all back."""
    state = Store(layout.state).read(DATABASE)
    if not on:
        for folder in (Path(state["fra"]["path"]), layout.machine(state["host"]).root / "u01", layout.nas):
            for path in folder.rglob(f"*{_AWAY}"):
                path.rename(path.with_name(path.name.removesuffix(_AWAY)))
        return
    newest = next((Path(one["handle"]) for one in reversed(state["backups"]) if _is_base(one)), None)
    if newest is not None:
        _take_away([newest, *layout.nas.rglob(newest.name)])


def corrupt_piece(layout: Layout, on: bool) -> None:
    """Flip one byte of the newest piece with whole data files and of its copies, or flip it back."""
    state = Store(layout.state).read(DATABASE)
    newest = next((Path(one["handle"]) for one in reversed(state["backups"]) if _is_base(one)), None)
    for path in (newest, *layout.nas.rglob(newest.name)) if newest else ():
        raw = bytearray(path.read_bytes())
        raw[2 * SIZE + _WITHIN] ^= 0x20
        path.write_bytes(raw)


def strike_after_backup(layout: Layout, session_key: int) -> None:
    """Let a piece be missing that the fault has waited for, if the session has written one."""
    state = Store(layout.state).read(DATABASE)
    mine = [Path(one["handle"]) for one in state["backups"] if _is_base(one) and one["session_key"] == session_key]
    if mine and not any(Path(f"{one['handle']}{_AWAY}").exists() for one in state["backups"]):
        _take_away(mine[-1:])


def _is_base(one: State) -> bool:
    """Whether a set holds all of its data files, so that no restore can do without it."""
    return bool(one["files"]) and all(not part["since"] for part in one["parts"].values())


def expired_log(layout: Layout, on: bool) -> None:
    """Remove the oldest archived log from disk behind the control file's back."""
    state = Store(layout.state).read(DATABASE)
    logs = [Path(log["name"]) for log in state["logs"] if log["status"] != "D"]
    if on:
        _take_away(logs[:1])
    for log in logs if not on else ():
        hidden = log.with_name(log.name + _AWAY)
        if hidden.exists():
            hidden.rename(log)


def _take_away(paths: list[Path]) -> None:
    for path in paths:
        if path.exists():
            path.rename(path.with_name(path.name + _AWAY))


def corrupt_block(layout: Layout, on: bool) -> None:
    """Flip one byte of a block on disk, or flip it back."""
    file = _data_file(layout)
    path, at = Path(file["name"]), _DAMAGED * SIZE
    raw = bytearray(path.read_bytes())
    try:
        decode(bytes(raw[at : at + SIZE]), file["file"], _DAMAGED)
        whole = True
    except Corrupt:
        whole = False
    if whole == on:
        raw[at + _WITHIN] ^= 0x20
        path.write_bytes(raw)


def nologging_block(layout: Layout, on: bool) -> None:
    """Let a block have been loaded without redo: it is marked corrupt, and its file says since when."""
    with Store(layout.state).change(DATABASE) as state:
        file = next(one for one in state["datafiles"] if one["name"].endswith(_FILE))
        file["unrecoverable"] = int(state["scn"]) if on else 0
        path = Path(file["name"])
        header = datafile.header_of(path, file["file"])
        with path.open("r+b") as opened:
            opened.seek(_UNLOGGED * SIZE)
            was = decode(opened.read(SIZE), header.file, _UNLOGGED)
            opened.seek(_UNLOGGED * SIZE)
            opened.write(encode(_marked(was, header.checkpoint, on=on)))


def _marked(block: Block, scn: int, *, on: bool) -> Block:
    return Block(
        file=block.file, number=block.number, kind=block.kind, scn=scn, body=block.body, flags=NOLOGGING if on else 0
    )


def fra_full(layout: Layout, on: bool) -> None:
    """Let other things have filled the recovery area."""
    with Store(layout.state).change(DATABASE) as state:
        area = state["fra"]
        area["was_mb"] = area.get("was_mb", area["used_mb"])
        area["used_mb"] = area["limit_mb"] if on else area.pop("was_mb")


def wallet_closed(layout: Layout, on: bool) -> None:
    """Have backups encrypted, by a wallet that nobody has opened since the restart."""
    with Store(layout.state).change(DATABASE) as state:
        state["wallet"] = "CLOSED" if on else "OPEN"
        if on:
            state["configured"]["encryption"] = "ON"
        else:
            state["configured"].pop("encryption", None)


def _data_file(layout: Layout) -> State:
    state = Store(layout.state).read(DATABASE)
    found: State = next(one for one in state["datafiles"] if one["name"].endswith(_FILE))
    return found


CHANGES: dict[str, Callable[[Layout, bool], None]] = {
    MISSING_PIECE: missing_piece,
    "corrupt-piece": corrupt_piece,
    "corrupt-block": corrupt_block,
    "nologging-block": nologging_block,
    "expired-log": expired_log,
    "fra-full": fra_full,
    "wallet-closed": wallet_closed,
}
