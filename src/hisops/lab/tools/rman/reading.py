"""Data files as RMAN reads them: all blocks, or those that were changed; what is corrupt is written down and named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.lab import alert, pair
from hisops.lab.media import checkpoint, datafile
from hisops.lab.media.blocks import DATA, FREE, Block, Corrupt
from hisops.lab.media.carrier import Unreadable
from hisops.lab.media.datafile import Header
from hisops.lab.media.piece import FilePart
from hisops.lab.state import State
from hisops.lab.tools.rman.run import Run, failed_command

_TEXTS = {
    "ALL ZERO": "Completely zero block found",
    "FRACTURED": "Fractured block found",
    "CHECKSUM": "Bad check value found",
    "CORRUPT": "Bad header found",
    "NOLOGGING": "Reread of blocknum found block marked by an unrecoverable operation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What reading a data file has brought to light."""

    file: State
    header: Header
    blocks: dict[int, Block]
    corrupt: list[Corrupt] = field(default_factory=list)

    @property
    def marked(self) -> list[int]:
        """The blocks that are marked corrupt by an operation without redo."""
        return [at for at, block in self.blocks.items() if block.marked]

    @property
    def empty(self) -> int:
        """How many blocks hold nothing."""
        return sum(block.kind == FREE for block in self.blocks.values())

    @property
    def data(self) -> int:
        """How many blocks hold rows."""
        return sum(block.kind == DATA for block in self.blocks.values())


def settle(run: Run) -> None:
    """Let an open database write what it has in memory, so that its files can be read."""
    with pair.changing_one(run.desk.store, run.database) as state:
        if state["status"] == "OPEN" and state["datafiles"]:
            checkpoint.write(run.desk.store, run.database, state, fuzzy=True)


def headers(run: Run, command: str, files: Iterable[State]) -> dict[int, Header]:
    """Return the headers of data files, or fail as RMAN does that cannot access one."""
    found, lost = {}, []
    for file in files:
        try:
            found[file["file"]] = datafile.header_of(Path(file["name"]), file["file"])
        except Unreadable as problem:
            lost.append(file["file"])
            _write_lost(run.state, file, problem)
    if lost:
        raise failed_command(command, *(f"RMAN-06056: could not access datafile {number}" for number in lost))
    return found


def examine(run: Run, file: State, header: Header) -> Examined:
    """Read a data file, every block of it, and write down what is corrupt."""
    blocks, corrupt = {}, []
    for block in datafile.scan(Path(file["name"]), header):
        if isinstance(block, Corrupt):
            corrupt.append(block)
        else:
            blocks[block.number] = block
    seen = Examined(file=file, header=header, blocks=blocks, corrupt=corrupt)
    _note(run, seen)
    return seen


def part(seen: Examined, since: int) -> FilePart:
    """Return what a piece holds of a file: all blocks in use, or those changed at or after an SCN."""
    blocks = {at: block for at, block in seen.blocks.items() if block.kind != FREE and block.scn >= since}
    return FilePart(header=seen.header, since=since, blocks=blocks)


def trace(state: State) -> Path:
    """Return the trace file of RMAN's server process."""
    return alert.folder(state) / f"{state['sid']}_ora_24349.trc"


def _note(run: Run, seen: Examined) -> None:
    """Bring the list of corrupt blocks in the control file in line with what was read."""
    number = seen.file["file"]
    found: list[dict[str, Any]] = [{"file": number, "block": one.number, "kind": one.kind} for one in seen.corrupt]
    found += [{"file": number, "block": at, "kind": "NOLOGGING"} for at in seen.marked]
    known = [one for one in run.state["block_corruption"] if one["file"] == number]
    if found == known:
        return
    with run.desk.store.change(run.database) as state:
        state["block_corruption"] = [one for one in state["block_corruption"] if one["file"] != number] + found
    for one in found:
        _write_corrupt(run.state, seen.file, one)


def _write_corrupt(state: State, file: State, one: dict[str, Any]) -> None:
    address = file["file"] << 22 | one["block"]
    lines = (
        f"Corrupt block relative dba: 0x{address:08x} (file {file['file']}, block {one['block']})",
        f"{_TEXTS[one['kind']]} during validation",
        f"Reread of blocknum={one['block']}, file={file['name']}. found same corrupt data",
    )
    alert.write(state, *lines)
    with trace(state).open("a") as log:
        log.write("".join(f"{line}\n" for line in lines))


def _write_lost(state: State, file: State, problem: Unreadable) -> None:
    why = (
        "ORA-27037: unable to obtain file status"
        if problem.block is None
        else "ORA-01210: data file header is media corrupt"
    )
    alert.write(
        state, f"ORA-01157: cannot identify/lock data file {file['file']} - see DBWR trace file",
        f"ORA-01110: data file {file['file']}: '{file['name']}'", why,
    )  # fmt: skip
