"""The retention policy: what is obsolete, what needs a backup; REPORT."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from hisops.lab.media import checkpoint
from hisops.lab.state import State
from hisops.lab.tools.nls import moment, now
from hisops.lab.tools.rman import sets
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error

DEFAULT = "TO RECOVERY WINDOW OF 14 DAYS"
_NUMBER = re.compile(r"\d+")
_TABLE = (
    "Type                 Key    Completion Time    Filename/Handle",
    "-------------------- ------ ------------------ --------------------",
)


def policy(state: State) -> str:
    """Return the configured policy."""
    return str(state["configured"].get("retention", DEFAULT))


def words(state: State) -> str:
    """Return the policy as the reports tell it."""
    number = _NUMBER.search(policy(state))
    if number is None:
        return "none"
    return f"recovery window of {number[0]} days" if "WINDOW" in policy(state) else f"redundancy {number[0]}"


def obsolete(state: State) -> list[dict[str, Any]]:
    """Return the sets that the policy does not need: not even to begin a recovery within its window."""
    number = _NUMBER.search(policy(state))
    if number is None:
        return []
    known, keep = sets.available(state), set()
    for file in state["datafiles"]:
        bases = sets.base_of(state, file["file"], known)
        keep |= {one["set_count"] for one in _needed(bases, policy(state), int(number[0]))}
    floor = min((one["scn"] for one in known if one["set_count"] in keep), default=0)
    if not keep:
        return []
    return [one for one in known if one["set_count"] not in keep and one["scn"] < floor]


def _needed(bases: list[dict[str, Any]], rule: str, number: int) -> list[dict[str, Any]]:
    """Return the full sets of a file that are needed, the newest first: those of the window and the one before it."""
    if "WINDOW" not in rule:
        return bases[:number]
    begin = now() - timedelta(days=number)
    inside = [one for one in bases if moment(one["completion_time"]) > begin]
    return bases[: len(inside) + 1]


def table(run: Run, found: list[dict[str, Any]]) -> list[str]:
    """Return the table of obsolete backups."""
    lines = [*_TABLE]
    for one in found:
        done = run.when(moment(one["completion_time"]))
        lines.append(f"Backup Set           {one['set_count']:<6} {done:<18}")
        lines.append(f"  Backup Piece       {one['set_count']:<6} {done:<18} {one['handle']}")
    return lines


def report(run: Run, given: list[str]) -> None:
    """Carry out REPORT."""
    action = _REPORTS.get(tuple(given[1:]))
    if action is None:
        raise syntax_error(given[-1])
    if run.state["status"] not in ("OPEN", "MOUNTED"):
        raise failed_command("report", "ORA-01507: database not mounted")
    run.without_catalog()
    action(run)


def _head(run: Run) -> None:
    run.say(
        "RMAN retention policy will be applied to the command", f"RMAN retention policy is set to {words(run.state)}"
    )


def _obsolete(run: Run) -> None:
    _head(run)
    found = obsolete(run.state)
    if not found:
        run.say("no obsolete backups found")
        return
    run.say("Report of obsolete backups and copies", *table(run, found))


def _need_backup(run: Run) -> None:
    state = run.state
    _head(run)
    number = int(found[0]) if (found := _NUMBER.search(policy(state))) else 0
    window = "WINDOW" in policy(state)
    run.say(
        f"Report of files {'that must be backed up to satisfy' if window else 'with less than'} {number} "
        f"{'days recovery window' if window else 'redundant backups'}",
        "File Days  Name" if window else "File #bkps Name",
        "---- ----- -----------------------------------------------------",
    )
    known = sets.available(state)
    for file in state["datafiles"]:
        bases = sets.base_of(state, file["file"], known)
        if not bases or (not window and len(bases) < number):
            run.say(f"{file['file']:<4} {'' if window else len(bases):<5} {file['name']}")


def _schema(run: Run) -> None:
    state = run.state
    run.say(f"Report of database schema for database with db_unique_name {state['db_unique_name']}", "",
            "List of Permanent Datafiles", "===========================",
            "File Size(MB) Tablespace           RB segs Datafile Name",
            "---- -------- -------------------- ------- ------------------------")  # fmt: skip
    for file in state["datafiles"]:
        space = checkpoint.tablespace(file)
        full = f"{file['con']}:{space}" if file["con_id"] > 1 else space
        run.say(f"{file['file']:<4} {file['mb']:<8} {full:<20} {'YES' if 'UNDO' in space else 'NO':<7} {file['name']}")


def _unrecoverable(run: Run) -> None:
    run.say("Report of files that need backup due to unrecoverable operations", "File Type of Backup Required Name",
            "---- ----------------------- -----------------------------------")  # fmt: skip
    marked = {one["file"] for one in run.state["block_corruption"] if one["kind"] == "NOLOGGING"}
    for file in run.state["datafiles"]:
        if file["file"] in marked or file.get("unrecoverable"):
            run.say(f"{file['file']:<4} full or incremental     {file['name']}")


_REPORTS = {
    ("obsolete",): _obsolete,
    ("need", "backup"): _need_backup,
    ("schema",): _schema,
    ("unrecoverable",): _unrecoverable,
}
