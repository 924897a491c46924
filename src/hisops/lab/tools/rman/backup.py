"""The BACKUP command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hisops.lab.media import checkpoint, control
from hisops.lab.media.datafile import Header
from hisops.lab.media.piece import Piece
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman import logs, reading, validation
from hisops.lab.tools.rman.jobs import mark_errors, note_kind
from hisops.lab.tools.rman.options import Wish, parse
from hisops.lab.tools.rman.pieces import NotWritten, handle_of, open_set, put, save, written
from hisops.lab.tools.rman.run import RmanFailed, Run, failed_command

_SECONDS = 8.0


def run_backup(run: Run, words: list[str]) -> None:
    """Carry out BACKUP."""
    wish = parse(words)
    if run.state["status"] not in ("OPEN", "MOUNTED") or not run.state["datafiles"]:
        raise failed_command("backup", "ORA-01507: database not mounted")
    if wish.validate:
        validation.of_backup(run, wish, _files(run, wish))
        return
    note_kind(run, wish)
    if wish.plus:
        logs.back_up(run, wish.plus, wish.compressed, command="backup plus archivelog", switches=True)
    _parts(run, wish)
    if wish.plus:
        logs.back_up(run, wish.plus, wish.compressed, command="backup plus archivelog", switches=True, rest=True)
    if run.state["autobackup"]:
        _autobackup(run)


def _parts(run: Run, wish: Wish) -> None:
    files = _files(run, wish)
    if wish.logs:
        logs.back_up(run, wish.logs, wish.compressed, command="backup", switches=True)
    if files:
        _database(run, wish, files)
    if wish.control and not files:
        _alone(run, wish, "C", "current control file")
    if wish.spfile:
        _alone(run, wish, "P", "current SPFILE")


def _files(run: Run, wish: Wish) -> list[State]:
    """Return the data files that are asked for."""
    known = run.state["datafiles"]
    for number in wish.files:
        if number not in {file["file"] for file in known}:
            raise failed_command(
                "backup",
                "RMAN-20201: datafile not found in the recovery catalog",
                f"RMAN-06010: error while looking up datafile: {number}",
            )
    spaces = {checkpoint.tablespace(file) for file in known}
    for space in wish.spaces:
        if space.rpartition(":")[2] not in spaces:
            raise failed_command("backup", "RMAN-20202: Tablespace not found in the recovery catalog",
                                 f"RMAN-06019: could not translate tablespace name \"{space}\"")  # fmt: skip
    return [file for file in known if wish.database or file["file"] in wish.files or _in(file, wish.spaces)]


def _in(file: State, spaces: Sequence[str]) -> bool:
    space = checkpoint.tablespace(file)
    return any(one in (space, f"{file['con']}:{space}") for one in spaces)


def _database(run: Run, wish: Wish, files: list[State]) -> None:
    run.say("", f"Starting backup at {run.when()}")
    run.take_channel()
    reading.settle(run)
    heads = reading.headers(run, "backup", files)
    files = _not_yet(run, wish, files)
    wish = replace(wish, tag=wish.tag or f"TAG{now():%Y%m%dT%H%M%S}")
    containers = sorted({file["con_id"] for file in files})
    failed: tuple[str, ...] = ()
    for number, container in enumerate(containers):
        own = [file for file in files if file["con_id"] == container]
        problem = _set(run, wish, own, heads, half=number == len(containers) // 2, last=number == len(containers) - 1,
                       of=len(containers))  # fmt: skip
        failed = failed or problem
    if failed:
        raise RmanFailed(*failed)
    if wish.control:
        _set_of(run, wish, "C", "current control file")
    run.say(f"Finished backup at {run.when()}")


def _not_yet(run: Run, wish: Wish, files: list[State]) -> list[State]:
    """Leave out files that are backed up often enough."""
    if wish.times is None:
        return files
    todo = []
    for file in files:
        kept = [one for one in run.state["backups"] if file["file"] in one["files"] and one["status"] == "A"]
        if len(kept) >= wish.times:
            run.say(f"skipping datafile {file['file']}; already backed up {len(kept)} time(s)")
        else:
            todo.append(file)
    return todo


def _set(
    run: Run, wish: Wish, files: list[State], heads: dict[int, Header], *, half: bool, last: bool, of: int
) -> tuple[str, ...]:
    """Back up the files of one container; return the lines of a failure that ends the command when all is done."""
    label = "full" if wish.level is None else f"incremental level {wish.level}"
    backup = open_set(run, "D", tag=wish.tag, level=wish.level, cumulative=wish.cumulative)
    bases = {file["file"]: _since(run, wish, file) for file in files}
    run.say(*(f"no parent backup or copy of datafile {number} found" for number, base in bases.items() if base is None))
    run.on_channel(
        f"starting {'compressed ' if wish.compressed else ''}{label} datafile backup set",
        "specifying datafile(s) in backup set",
    )
    run.say(*(f"input datafile file number={file['file']:05d} name={file['name']}" for file in files))
    run.on_channel(f"starting piece 1 at {run.when()}")
    if half:
        run.desk.crossroads("rman")
    run.desk.pause(_SECONDS / of)
    if run.desk.armed("backup-fails-late") and last:
        _late(run, backup, wish)
        return ()
    seen = [reading.examine(run, file, heads[file["file"]]) for file in files]
    broken = next((one for one in seen if one.corrupt), None)
    if broken:
        return _given_up(run, f"ORA-19566: exceeded limit of 0 corrupt blocks for file {broken.file['name']}")
    parts = {one.file["file"]: reading.part(one, bases[one.file["file"]] or 0) for one in seen}
    backup |= _tracked(run, wish, bases)
    held = Piece(about=backup | {"logs_of": []}, files=parts)
    try:
        put(run, backup, held, wish.template, compressed=wish.compressed)
    except NotWritten as problem:
        return _given_up(run, *problem.lines)
    return ()


def _since(run: Run, wish: Wish, file: State) -> int | None:
    """Return from which SCN on changes go into an incremental backup: 0 for all; None when there is no parent."""
    if wish.level != 1:
        return 0
    branch = int(run.state["incarnations"][-1]["resetlogs"])
    levels = (0,) if wish.cumulative else (0, 1)
    parents = [
        part["checkpoint"]
        for one in run.state["backups"]
        if one["level"] in levels and one["status"] == "A" and (part := one["parts"].get(str(file["file"])))
        if part["resetlogs"] == branch
    ]
    return max(parents, default=None)


def _tracked(run: Run, wish: Wish, bases: dict[int, int | None]) -> dict[str, Any]:
    """Return which blocks had to be read: with block change tracking those that it names, else all."""
    if wish.level != 1 or not run.state["tracking"]:
        return {"tracking": False, "read": {}}
    read = {
        str(number): len(checkpoint.tracked(run.desk.store, run.database, number, base))
        for number, base in bases.items()
        if base is not None
    }
    return {"tracking": bool(read), "read": read}


def _given_up(run: Run, *lines: str) -> tuple[str, ...]:
    """Say that a job step failed; the others are done before the command fails."""
    mark_errors(run)
    failure = (f"RMAN-03009: failure of backup command on {run.channel} channel at {now():%m/%d/%Y %H:%M:%S}", *lines)
    run.say(*failure, "continuing other job steps, job failed will not be re-run")
    return failure


def _late(run: Run, backup: dict[str, Any], wish: Wish) -> None:
    """Fail on one set and go on, as RMAN does with several sets to write."""
    broken = handle_of(run.state, backup, wish.template)
    _given_up(
        run,
        f'ORA-19502: write error on file "{broken}", block number 104961 (block size=8192)',
        "ORA-27072: File I/O error",
        "Linux-x86_64 Error: 28: No space left on device",
        "Additional information: 4",
        "Additional information: 104961",
    )


def _alone(run: Run, wish: Wish, kind: str, name: str) -> None:
    run.say("", f"Starting backup at {run.when()}")
    run.take_channel()
    _set_of(run, wish, kind, name)
    run.say(f"Finished backup at {run.when()}")


def _set_of(run: Run, wish: Wish, kind: str, name: str) -> None:
    """Back up the control file or the parameter file."""
    run.on_channel("starting full datafile backup set", "specifying datafile(s) in backup set")
    run.say(f"including {name} in backup set")
    run.on_channel(f"starting piece 1 at {run.when()}")
    backup = open_set(run, kind, tag=wish.tag, level=None)
    held = Piece(
        about=backup | {"logs_of": []},
        control=control.encoded(run.state) if kind == "C" else b"",
        spfile=_spfile(run) if kind == "P" else None,
    )
    written(run, backup, held, wish.template, compressed=False)


def _autobackup(run: Run) -> None:
    run.say("", f"Starting Control File and SPFILE Autobackup at {run.when()}")
    state = run.state
    backup = open_set(run, "S", tag=None, level=None)
    handle = handle_of(state, backup, state["configured"].get("autobackup_format"))
    held = Piece(about=backup | {"logs_of": []}, control=control.encoded(state), spfile=_spfile(run))
    try:
        save(run, backup, held, handle, compressed=False)
    except NotWritten as problem:
        raise failed_command("autobackup", *problem.lines) from problem
    run.say(f"piece handle={handle} comment=NONE", f"Finished Control File and SPFILE Autobackup at {run.when()}")


def _spfile(run: Run) -> str:
    state = run.state
    return (
        f"*.db_name='{state['name']}'\n*.db_unique_name='{state['db_unique_name']}'\n*.control_files='control01.ctl'\n"
    )
