"""Opening a database from files: what is refused of them, and that it has what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hisops.lab import mounting
from hisops.lab.commands import CommandRefused
from hisops.lab.media import contents, datafile
from hisops.lab.media.carrier import Unreadable
from hisops.lab.media.datafile import Header
from hisops.lab.state import State


def check(state: State, *, resetlogs: bool) -> None:
    """Refuse to open files that are not there, not of this database, of another incarnation, or not recovered."""
    heads = dict(_headers(state))
    branches = {int(one["resetlogs"]) for one in state["incarnations"]}
    furthest = max((header.checkpoint for header in heads.values()), default=0)
    for number, header in heads.items():
        if header.resetlogs not in branches:
            raise _refused(state, number, 1190, f"control file or data file {number} is from before the last RESETLOGS")
        if resetlogs and (header.fuzzy or header.checkpoint != furthest):
            raise _refused(state, number, 1194, f"file {number} needs more recovery to be consistent")
        if not resetlogs and header.checkpoint < int(state["scn"]):
            raise _refused(state, number, 1113, f"file {number} needs media recovery")
    if resetlogs:
        _refuse_logs(state)


def logfiles(state: State) -> list[str]:
    """Return the members of the online log, as the control file names them."""
    if "logfiles" in state:
        return [str(name) for name in state["logfiles"]]
    if not state["datafiles"]:
        return []
    folder = str(state["datafiles"][0]["name"]).rpartition("/")[0]
    return [f"{folder}/redo{group:02d}{side}.log" for group in (1, 2, 3) for side in "ab"]


def take(state: State) -> None:
    """Let a database that opens have what its files hold. The saved states of its containers are another instance's."""
    names = _names(state)
    contents.adopt(state, names)
    for pdb in state["pdbs"]:
        pdb["saved_state"] = pdb["saved_state"] and pdb.get("saved_by") == state["sid"]
    for name in logfiles(state):
        Path(name).touch()


def stamp(state: State) -> None:
    """Write into the files that they are open, and of which incarnation."""
    for number, path in _names(state).items():
        branch = int(state["incarnations"][-1]["resetlogs"])
        header = datafile.header_of(path, number)
        datafile.stamp(path, header, resetlogs=branch, checkpoint=int(state["scn"]), fuzzy=True)


def _names(state: State) -> dict[int, Path]:
    return {int(file["file"]): Path(file["name"]) for file in state["datafiles"]}


def _headers(state: State) -> Iterator[tuple[int, Header]]:
    for number, path in _names(state).items():
        try:
            if not mounting.there(state, path):
                raise Unreadable(path, errno=2)
            header = datafile.header_of(path, number)
        except Unreadable as problem:
            why = f"cannot identify/lock data file {number} - see DBWR trace file"
            raise _refused(state, number, 1157, why) from problem
        if header.dbid != state["dbid"]:
            raise _refused(
                state, number, 1122, f"database file {number} failed verification check",
                "ORA-01206: file is not part of this database - wrong database id",
            )  # fmt: skip
        yield number, header


def _refused(state: State, number: int, code: int, text: str, *more: str) -> CommandRefused:
    name = next(file["name"] for file in state["datafiles"] if file["file"] == number)
    return CommandRefused(code, "\n".join([text, f"ORA-01110: data file {number}: '{name}'", *more]))


def _refuse_logs(state: State) -> None:
    """Refuse when an online log cannot be made anew: RESETLOGS writes them where the control file says."""
    for name in logfiles(state):
        if not (mounting.on_host(state, Path(name)) and Path(name).parent.is_dir()):
            raise CommandRefused(
                344,
                f"unable to re-create online log '{name}'\nORA-27040: file create error, unable to create file\n"
                "Linux-x86_64 Error: 2: No such file or directory\nAdditional information: 1",
            )
