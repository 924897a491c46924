"""The BACKUP command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman.pieces import file_names, handle_of, keep, open_set, stamp_of, write_piece
from hisops.lab.tools.rman.run import RmanFailed, Run, failed_command
from hisops.lab.tools.rman.script import flag, option

_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a BACKUP command asks for."""

    what: str
    compressed: bool
    level: int | None
    tag: str | None
    template: str | None
    with_logs: bool


def parse(words: list[str]) -> Wish:
    """Understand the command, or refuse it as RMAN refuses a syntax error."""
    rest = list(words[1:])
    flag(rest, "check", "logical")
    with_logs = flag(rest, "plus", "archivelog")
    tags = [option(rest, "tag"), option(rest, "tag")]
    template = option(rest, "format")
    compressed = flag(rest, "as", "compressed", "backupset")
    flag(rest, "as", "backupset")
    level = option(rest, "incremental", "level")
    for ignored in (("not", "backed", "up", "1", "times"), ("filesperset", "1"), ("all",)):
        flag(rest, *ignored)
    if rest not in (["database"], ["current", "controlfile"], ["archivelog"], ["spfile"]) or level not in (
        None,
        "0",
        "1",
    ):
        raise syntax_error(rest[-1] if rest else "backup")
    return Wish(" ".join(rest), compressed, int(level) if level else None, tags[0], template, with_logs)


def syntax_error(word: str) -> RmanFailed:
    """Return what RMAN says of a word that it does not expect here."""
    return RmanFailed(
        "RMAN-00558: error encountered while parsing input commands",
        'RMAN-01009: syntax error: found "identifier": expecting one of: "double-quoted-string, equal, identifier, ;"',
        f"RMAN-01008: the bad identifier was: {word}",
        "RMAN-01007: at line 1 column 1 file: standard input",
    )


def run_backup(run: Run, words: list[str]) -> None:
    """Carry out BACKUP."""
    wish = parse(words)
    if run.state["status"] not in ("OPEN", "MOUNTED"):
        raise failed_command("backup", "ORA-01507: database not mounted")
    if wish.with_logs or wish.what == "archivelog":
        _archived_logs(run, wish)
    if wish.what == "database":
        _database(run, wish)
    elif wish.what in ("current controlfile", "spfile"):
        _control_file(run, wish)
    if wish.with_logs:
        _archived_logs(run, wish)
    if run.state["autobackup"]:
        _autobackup(run)


def _database(run: Run, wish: Wish) -> None:
    state = run.state
    run.say("", f"Starting backup at {run.when()}")
    run.take_channel()
    containers = sorted({file["con_id"] for file in state["datafiles"]})
    label = "full" if wish.level is None else f"incremental level {wish.level}"
    for number, container in enumerate(containers):
        files = [file for file in state["datafiles"] if file["con_id"] == container]
        run.say(
            f"channel ORA_DISK_1: starting {'compressed ' if wish.compressed else ''}{label} datafile backup set",
            "channel ORA_DISK_1: specifying datafile(s) in backup set",
            *(f"input datafile file number={file['file']:05d} name={file['name']}" for file in files),
            f"channel ORA_DISK_1: starting piece 1 at {run.when()}",
        )
        if number == len(containers) // 2:
            run.desk.crossroads("rman")
        run.desk.pause(_SECONDS / len(containers))
        if run.desk.armed("backup-fails-late") and number == len(containers) - 1:
            _write_error(run, wish)
            continue
        numbers = [file["file"] for file in files]
        _finish(run, open_set(run, "D", tag=wish.tag, level=wish.level, files=numbers), wish, 250 * len(files))
    run.say(f"Finished backup at {run.when()}")


def _write_error(run: Run, wish: Wish) -> None:
    """Fail on one set and go on, as RMAN does with several sets to write."""
    broken = handle_of(run, open_set(run, "D", tag=wish.tag, level=wish.level, files=[]), wish.template)
    _mark_errors(run)
    run.say(
        f"RMAN-03009: failure of backup command on ORA_DISK_1 channel at {now():%m/%d/%Y %H:%M:%S}",
        f'ORA-19502: write error on file "{broken}", block number 104961 (block size=8192)',
        "ORA-27072: File I/O error",
        "Linux-x86_64 Error: 28: No space left on device",
        "Additional information: 4",
        "Additional information: 104961",
        "continuing other job steps, job failed will not be re-run",
    )


def _mark_errors(run: Run) -> None:
    with run.desk.store.change(run.database) as state:
        for job in state["backup_jobs"]:
            if job["session_key"] == run.session_key:
                job["status"] = "RUNNING WITH ERRORS"


def _finish(run: Run, backup: dict[str, Any], wish: Wish, mb: int) -> None:
    handle = handle_of(run, backup, wish.template)
    try:
        write_piece(handle, file_names(run.state, backup["files"]) or [Path(run.state["home"]) / "oraInst.loc"])
    except OSError as error:
        raise failed_command(
            "backup",
            f'ORA-19504: failed to create file "{handle}"',
            "ORA-27040: file create error, unable to create file",
            f"Linux-x86_64 Error: {error.errno}: {error.strerror}",
        ) from error
    keep(run, backup, handle, mb)
    run.say(
        f"channel ORA_DISK_1: finished piece 1 at {run.when()}",
        f"piece handle={handle} tag={backup['tag']} comment=NONE",
        "channel ORA_DISK_1: backup set complete, elapsed time: 00:00:07",
    )


def _archived_logs(run: Run, wish: Wish) -> None:
    run.say("", "", f"Starting backup at {run.when()}")
    if run.state["role"] == "PRIMARY" and run.state["status"] == "OPEN":
        run.say("current log archived")
        sequence = _switch(run)
    else:
        sequence = run.state["sequence"]
    run.take_channel()
    stamp = stamp_of(now())
    run.say(
        f"channel ORA_DISK_1: starting {'compressed ' if wish.compressed else ''}archived log backup set",
        "channel ORA_DISK_1: specifying archived log(s) in backup set",
        f"input archived log thread=1 sequence={sequence} RECID={sequence - 6} STAMP={stamp}",
        f"channel ORA_DISK_1: starting piece 1 at {run.when()}",
    )
    run.desk.pause(0.5)
    _finish(run, open_set(run, "L", tag=wish.tag, level=None, files=[]), wish, 40)
    run.say(f"Finished backup at {run.when()}")


def _switch(run: Run) -> int:
    with run.desk.store.change(run.database) as state:
        state["sequence"] += 1
        state["scn"] += 211
        return int(state["sequence"] - 1)


def _control_file(run: Run, wish: Wish) -> None:
    run.say("", f"Starting backup at {run.when()}")
    run.take_channel()
    part = "current control file" if wish.what == "current controlfile" else "current SPFILE"
    run.say(
        "channel ORA_DISK_1: starting full datafile backup set",
        "channel ORA_DISK_1: specifying datafile(s) in backup set",
        f"including {part} in backup set",
        f"channel ORA_DISK_1: starting piece 1 at {run.when()}",
    )
    _finish(run, open_set(run, "C", tag=wish.tag, level=None, files=[]), wish, 18)
    run.say(f"Finished backup at {run.when()}")


def _autobackup(run: Run) -> None:
    run.say("", f"Starting Control File and SPFILE Autobackup at {run.when()}")
    backup = open_set(run, "S", tag=None, level=None, files=[])
    handle = handle_of(run, backup, None)
    write_piece(handle, [Path(run.state["home"]) / "dbs" / f"spfile{run.state['sid']}.ora"])
    keep(run, backup, handle, 18)
    run.say(f"piece handle={handle} comment=NONE", f"Finished Control File and SPFILE Autobackup at {run.when()}")


def job_begin(state: State, session_key: int) -> None:
    """Enter the job into the control file."""
    state["backup_jobs"].append(
        {
            "session_key": session_key,
            "input_type": "DB INCR",
            "status": "RUNNING",
            "start_time": now().isoformat(),
            "end_time": now().isoformat(),
            "output_mb": 0,
        }
    )


def job_end(state: State, session_key: int, failed: bool) -> None:
    """Close the job with the verdict that the views will show."""
    for job in state["backup_jobs"]:
        if job["session_key"] == session_key:
            errors = job["status"].endswith("WITH ERRORS")
            job["status"] = "FAILED" if failed else "COMPLETED WITH ERRORS" if errors else "COMPLETED"
            job["end_time"] = now().isoformat()
            mine = [backup for backup in state["backups"] if backup["session_key"] == session_key]
            job["output_mb"] = sum(backup["mb"] for backup in mine)
