"""VALIDATE, and BACKUP VALIDATE: data files, logs, control file and backup sets are read, nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hisops.lab.media import carrier, control
from hisops.lab.media.blocks import SIZE
from hisops.lab.state import State
from hisops.lab.tools.rman import logs, reading, sets
from hisops.lab.tools.rman.options import Wish
from hisops.lab.tools.rman.reading import Examined
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, numbers

_FILE_HEAD = (
    "List of Datafiles",
    "=================",
    "File Status Marked Corrupt Empty Blocks Blocks Examined High SCN",
    "---- ------ -------------- ------------ --------------- ----------",
)
_LOG_HEAD = (
    "List of Archived Logs",
    "=====================",
    "Thrd Seq     Status Blocks Failing Blocks Examined Name",
    "---- ------- ------ -------------- --------------- ---------------",
)
_CONTROL_HEAD = (
    "List of Control File and SPFILE",
    "===============================",
    "File Type    Status Blocks Failing Blocks Examined",
    "------------ ------ -------------- ---------------",
)


def validate(run: Run, words: list[str]) -> None:
    """Carry out VALIDATE."""
    rest = list(words[1:])
    flag(rest, "check", "logical")
    if run.state["status"] not in ("OPEN", "MOUNTED"):
        raise failed_command("validate", "ORA-01507: database not mounted")
    if flag(rest, "backupset"):
        _backup_sets(run, rest)
        return
    area = flag(rest, "recovery", "area") or flag(rest, "recovery", "files")
    database, with_logs = flag(rest, "database"), flag(rest, "archivelog", "all")
    chosen = [int(one) for one in numbers(rest)] if flag(rest, "datafile") else []
    alone = flag(rest, "current", "controlfile")
    if rest or not (area or database or with_logs or chosen or alone):
        raise syntax_error(rest[-1] if rest else "validate")
    run.say("", f"Starting validate at {run.when()}")
    run.take_channel()
    if database or chosen:
        reading.settle(run)
        _files(run, [f for f in run.state["datafiles"] if database or f["file"] in chosen], "validate")
    if with_logs or area:
        _logs(run)
    if area:
        for one in sets.available(run.state):
            sets.validated(run, one, "validate")
    if database or alone:
        _control(run)
    run.say(f"Finished validate at {run.when()}")


def of_backup(run: Run, wish: Wish, files: list[State]) -> None:
    """Carry out BACKUP VALIDATE."""
    run.say("", f"Starting backup at {run.when()}")
    run.take_channel()
    if files:
        reading.settle(run)
        _files(run, files, "backup")
    if wish.logs or wish.plus:
        _logs(run)
    if wish.database or wish.control or wish.spfile:
        _control(run)
    run.say(f"Finished backup at {run.when()}")


def _backup_sets(run: Run, rest: list[str]) -> None:
    wanted = numbers(rest)
    if rest or not wanted or not all(one.isdigit() for one in wanted):
        raise syntax_error(rest[-1] if rest else "backupset")
    run.say("", f"Starting validate at {run.when()}")
    run.take_channel()
    known = {one["set_count"]: one for one in sets.available(run.state)}
    for number in map(int, wanted):
        if number not in known:
            raise failed_command(
                "validate",
                "RMAN-20215: backup set not found",
                f"RMAN-06159: error while looking up backup set: {number}",
            )
        sets.validated(run, known[number], "validate")
    run.say(f"Finished validate at {run.when()}")


def _files(run: Run, files: list[State], command: str) -> None:
    heads = reading.headers(run, command, files)
    run.on_channel("starting validation of datafile", "specifying datafile(s) for validation")
    run.say(*(f"input datafile file number={file['file']:05d} name={file['name']}" for file in files))
    run.desk.pause(0.7)
    seen = [reading.examine(run, file, heads[file["file"]]) for file in files]
    run.on_channel("validation complete, elapsed time: 00:00:25")
    run.say(*_FILE_HEAD)
    for one in seen:
        run.say(*_file(one), "")
    _found(run, any(one.corrupt for one in seen))


def _file(one: Examined) -> list[str]:
    """Return the lines of a data file. A block whose kind can no longer be read is one of the others."""
    other = one.header.blocks - one.data - one.empty
    status = "FAILED" if one.corrupt else "OK"
    return [
        f"{one.file['file']:<4} {status:<6} {len(one.marked):<14} {one.empty:<12} {one.header.blocks:<15} "
        f"{one.header.checkpoint:<10}",
        f"  File Name: {one.file['name']}",
        "  Block Type Blocks Failing Blocks Processed",
        "  ---------- -------------- ----------------",
        f"  Data       {0:<14} {one.data:<16}",
        f"  Index      {0:<14} {0:<16}",
        f"  Other      {len(one.corrupt):<14} {other:<16}",
    ]


def _found(run: Run, corrupt: bool) -> None:
    if corrupt:
        run.say("validate found one or more corrupt blocks", f"See trace file {reading.trace(run.state)} for details")


def _logs(run: Run) -> None:
    known = logs.present(run.state)
    if not known:
        return
    run.on_channel("starting validation of archived log", "specifying archived log(s) for validation")
    run.say(*(f"input archived log {logs.told(log)}" for log in known))
    rows = [(log, carrier.problems(Path(log["name"]))) for log in known]
    lost = next((log for log, wrong in rows if any(one.block is None for one in wrong)), None)
    if lost:
        raise failed_command(
            "validate", "RMAN-06059: expected archived log not found, loss of archived log compromises recoverability",
            f"ORA-19625: error identifying file {lost['name']}", "ORA-27037: unable to obtain file status",
            "Linux-x86_64 Error: 2: No such file or directory", "Additional information: 7",
        )  # fmt: skip
    run.on_channel("validation complete, elapsed time: 00:00:03")
    run.say(*_LOG_HEAD, *(_log(log, wrong) for log, wrong in rows))
    _note_logs(run, rows)
    _found(run, any(wrong for _, wrong in rows))


def _log(log: dict[str, Any], wrong: list[carrier.Unreadable]) -> str:
    status = "FAILED" if wrong else "OK"
    return f"1    {log['sequence']:<7} {status:<6} {len(wrong):<14} {log['blocks']:<15} {log['name']}"


def _note_logs(run: Run, rows: list[tuple[dict[str, Any], list[carrier.Unreadable]]]) -> None:
    with reading.trace(run.state).open("a") as trace:
        for log, wrong in rows:
            trace.writelines(f"Corrupt block number {one.block} found in archived log {log['name']}\n" for one in wrong)


def _control(run: Run) -> None:
    run.on_channel("starting validation of datafile", "specifying datafile(s) for validation")
    run.say("including current control file for validation", "including current SPFILE in backup set")
    run.on_channel("validation complete, elapsed time: 00:00:01")
    blocks = -(-len(control.encoded(run.state)) // SIZE)
    run.say(*_CONTROL_HEAD, f"SPFILE       OK     {0:<14} {2:<15}", f"Control File OK     {0:<14} {blocks:<15}")
