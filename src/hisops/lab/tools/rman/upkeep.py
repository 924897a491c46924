"""RESTORE … VALIDATE, LIST, CROSSCHECK, REPORT, SHOW and DELETE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hisops.lab.tools.nls import moment
from hisops.lab.tools.rman.backup import syntax_error
from hisops.lab.tools.rman.pieces import readable, stamp_of
from hisops.lab.tools.rman.run import Run, failed_command
from hisops.lab.tools.rman.script import flag, option

_KINDS = {"database": "D", "controlfile": "CS", "archivelog": "L", "spfile": "CS"}


def restore(run: Run, words: list[str]) -> None:
    """Validate what a restore would read. A restore that writes is not rehearsed and refused."""
    rest = list(words[1:])
    tag = option(rest, "from", "tag")
    validate = flag(rest, "validate")
    flag(rest, "check", "logical")
    flag(rest, "all")
    flag(rest, "from", "autobackup")
    if len(rest) != 1 or rest[0] not in _KINDS:
        raise syntax_error(rest[-1] if rest else "restore")
    if not validate:
        raise failed_command("restore", "ORA-03001: unimplemented feature (lab: only RESTORE … VALIDATE is rehearsed)")
    run.say("", f"Starting restore at {run.when()}")
    run.take_channel()
    run.say("")
    sets = _chosen(run, rest[0], tag)
    for backup in sets:
        _validate_set(run, backup, "archived log" if backup["kind"] == "L" else "datafile")
    run.say(f"Finished restore at {run.when()}")


def _chosen(run: Run, what: str, tag: str | None) -> list[dict[str, Any]]:
    """Return the sets that a restore would use: the newest that hold each file, of that tag if one is given."""
    state = run.state
    sets = [b for b in state["backups"] if b["kind"] in _KINDS[what] and b["status"] == "A"]
    sets = [b for b in sets if tag is None or b["tag"] == tag.upper()]
    if what != "database":
        if not sets:
            raise failed_command("restore", "RMAN-06026: some targets not found - aborting restore", _missing(what))
        return sets if what == "archivelog" else sets[-1:]
    newest = {number: backup for backup in sets for number in backup["files"]}
    missing = sorted(file["file"] for file in state["datafiles"] if file["file"] not in newest)
    if missing:
        lines = [f"RMAN-06023: no backup or copy of datafile {number} found to restore" for number in reversed(missing)]
        raise failed_command("restore", "RMAN-06026: some targets not found - aborting restore", *lines)
    return list({backup["set_count"]: backup for backup in newest.values()}.values())


def _missing(what: str) -> str:
    if what == "archivelog":
        return "RMAN-06025: no backup of archived log for thread 1 found to restore"
    return "RMAN-06024: no backup or copy of the control file found to restore"


def _validate_set(run: Run, backup: dict[str, Any], kind: str) -> None:
    handle = backup["handle"]
    run.say(
        f"channel ORA_DISK_1: starting validation of {kind} backup set",
        f"channel ORA_DISK_1: reading from backup piece {handle}",
    )
    run.desk.pause(0.7)
    if not readable(Path(handle)):
        there = Path(handle).exists()
        problem = f"ORA-19870: error while restoring backup piece {handle}"
        detail = (
            [f"ORA-19599: block number 2 is corrupt in backup piece {handle}"]
            if there
            else [
                f'ORA-19505: failed to identify file "{handle}"',
                "ORA-27037: unable to obtain file status",
                "Linux-x86_64 Error: 2: No such file or directory",
                "Additional information: 7",
            ]
        )
        run.say(problem, *detail, "")
        # RMAN looks for another copy, and ends the command when there is none
        raise failed_command("restore", "RMAN-06026: some targets not found - aborting restore", _lost(backup["files"]))
    run.say(
        f"channel ORA_DISK_1: piece handle={handle} tag={backup['tag']}",
        "channel ORA_DISK_1: restored backup piece 1",
        "channel ORA_DISK_1: validation complete, elapsed time: 00:00:03",
    )


def _lost(files: list[int]) -> str:
    if files:
        return f"RMAN-06023: no backup or copy of datafile {files[0]} found to restore"
    return "RMAN-06024: no backup or copy of the control file found to restore"


def listing(run: Run, words: list[str]) -> None:
    """LIST BACKUP [SUMMARY] [TAG t]."""
    rest = list(words[1:])
    tag = option(rest, "tag")
    flag(rest, "summary")
    if rest not in (["backup"], ["backup", "of", "database"]):
        raise syntax_error(rest[-1] if rest else "list")
    sets = [b for b in run.state["backups"] if tag is None or b["tag"] == tag.upper()]
    if not sets:
        run.say("specification does not match any backup in the repository")
        return
    run.say(
        "",
        "List of Backups",
        "===============",
        "Key     TY LV S Device Type Completion Time     #Pieces #Copies Compressed Tag",
        "------- -- -- - ----------- ------------------- ------- ------- ---------- ---",
    )
    for backup in sets:
        kind = "A" if backup["kind"] == "L" else "F" if backup["level"] is None else str(backup["level"])
        done = run.when(moment(backup["completion_time"]))
        run.say(
            f"{backup['set_count']:<7} B  {kind:<2} {backup['status']} DISK        {done:<19} 1       1       "
            f"{'YES' if backup['kind'] in 'DL' else 'NO':<10} {backup['tag']}"
        )


def crosscheck(run: Run, words: list[str]) -> None:
    """CROSSCHECK BACKUP: what is really there."""
    if words[1:] != ["backup"]:
        raise syntax_error(words[-1])
    run.take_channel()
    with run.desk.store.change(run.database) as state:
        for backup in state["backups"]:
            there = Path(backup["handle"]).exists()
            backup["status"] = "A" if there else "X"
            run.say(
                f"crosschecked backup piece: found to be '{'AVAILABLE' if there else 'EXPIRED'}'",
                f"backup piece handle={backup['handle']} RECID={backup['set_count']} "
                f"STAMP={stamp_of(moment(backup['completion_time']))}",
            )
        count = len(state["backups"])
    run.say(f"Crosschecked {count} objects", "")


def delete(run: Run, words: list[str]) -> None:
    """DELETE NOPROMPT EXPIRED BACKUP."""
    if words[1:] != ["noprompt", "expired", "backup"]:
        raise syntax_error(words[-1])
    run.take_channel()
    with run.desk.store.change(run.database) as state:
        gone = [backup for backup in state["backups"] if backup["status"] == "X"]
        state["backups"] = [backup for backup in state["backups"] if backup["status"] != "X"]
    if not gone:
        run.say("specification does not match any backup in the repository")
        return
    for backup in gone:
        run.say("deleted backup piece", f"backup piece handle={backup['handle']} RECID={backup['set_count']} STAMP=0")
    run.say(f"Deleted {len(gone)} EXPIRED objects", "")


def report(run: Run, words: list[str]) -> None:
    """REPORT NEED BACKUP or OBSOLETE."""
    if words[1:] not in (["need", "backup"], ["obsolete"]):
        raise syntax_error(words[-1])
    run.say("RMAN retention policy will be applied to the command")
    run.say("RMAN retention policy is set to recovery window of 14 days")
    run.say("no obsolete backups found" if words[1:] == ["obsolete"] else "Report of files that must be backed up")


def show(run: Run, words: list[str]) -> None:
    """SHOW ALL."""
    if words[1:] != ["all"]:
        raise syntax_error(words[-1])
    state = run.state
    run.say(
        f"RMAN configuration parameters for database with db_unique_name {state['db_unique_name']} are:",
        "CONFIGURE RETENTION POLICY TO RECOVERY WINDOW OF 14 DAYS;",
        f"CONFIGURE CONTROLFILE AUTOBACKUP {'ON' if state['autobackup'] else 'OFF'};",
        "CONFIGURE DEVICE TYPE DISK PARALLELISM 1 BACKUP TYPE TO BACKUPSET; # default",
        "CONFIGURE ARCHIVELOG DELETION POLICY TO APPLIED ON ALL STANDBY;",
    )
