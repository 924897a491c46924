"""LIST: backups with all they hold or as a summary, archived logs, incarnations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hisops.lab.tools.nls import moment
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, numbers, option

_SUMMARY = (
    "",
    "List of Backups",
    "===============",
    "Key     TY LV S Device Type Completion Time     #Pieces #Copies Compressed Tag",
    "------- -- -- - ----------- ------------------- ------- ------- ---------- ---",
)
_BRANCHES = (
    "List of Database Incarnations",
    "DB Key  Inc Key DB Name  DB ID            STATUS  Reset SCN  Reset Time",
    "------- ------- -------- ---------------- --- ---------- ----------",
)
_OF = {"database": "D", "datafile": "D", "archivelog": "L", "controlfile": "CS", "spfile": "PS"}
_NOTHING = "specification does not match any backup in the repository"


def listing(run: Run, words: list[str]) -> None:
    """Carry out LIST."""
    rest = list(words[1:])
    if run.state["status"] not in ("OPEN", "MOUNTED"):
        raise failed_command("list", "ORA-01507: database not mounted")
    run.without_catalog()
    expired = flag(rest, "expired")
    if rest[:1] == ["incarnation"]:
        _incarnations(run, rest)
    elif flag(rest, "archivelog", "all"):
        _refuse(rest)
        _logs(run, expired=expired)
    else:
        _backups(run, rest, expired=expired)


def _backups(run: Run, rest: list[str], *, expired: bool) -> None:
    tag, summary = option(rest, "tag"), flag(rest, "summary")
    found = [one for one in run.state["backups"] if tag is None or one["tag"] == tag.upper()]
    if expired:
        found = [one for one in found if one["status"] == "X"]
    if flag(rest, "backupset"):
        chosen = {int(one) for one in numbers(rest) if one.isdigit()}
        found = [one for one in found if not chosen or one["set_count"] in chosen]
    elif not flag(rest, "backup"):
        raise syntax_error(rest[-1] if rest else "list")
    if flag(rest, "of"):
        what = rest.pop(0) if rest else ""
        flag(rest, "all")
        if what not in _OF:
            raise syntax_error(what)
        found = [one for one in found if one["kind"] in _OF[what]]
    _refuse(rest)
    if not found:
        run.say(_NOTHING)
        return
    run.say("")
    backup_sets(run, found, summary=summary)
    run.say("")


def _refuse(rest: list[str]) -> None:
    if rest:
        raise syntax_error(rest[-1])


def backup_sets(run: Run, found: list[dict[str, Any]], *, summary: bool) -> None:
    """Print backup sets, in short or with all that they hold."""
    if summary:
        run.say(*_SUMMARY, *(_short(run, one) for one in found))
        return
    run.say("", "List of Backup Sets", "===================", "")
    for one in found:
        run.say("", *_long(run, one))


def _short(run: Run, one: dict[str, Any]) -> str:
    kind = "A" if one["kind"] == "L" else "F" if one["level"] is None else str(one["level"])
    done = run.when(moment(one["completion_time"]))
    return (
        f"{one['set_count']:<7} B  {kind:<2} {one['status']} DISK        {done:<19} 1       1       "
        f"{'YES' if one['compressed'] else 'NO':<10} {one['tag']}"
    )


def _long(run: Run, one: dict[str, Any]) -> list[str]:
    done, size = run.when(moment(one["completion_time"])), _size(one["bytes"])
    status = "AVAILABLE" if one["status"] == "A" else "EXPIRED"
    piece = [
        f"        BP Key: {one['set_count']:<4}  Status: {status}  Compressed: {'YES' if one['compressed'] else 'NO'}  "
        f"Tag: {one['tag']}",
        f"        Piece Name: {one['handle']}",
    ]
    if one["kind"] == "L":
        head = ["BS Key  Size       Device Type Elapsed Time Completion Time",
                "------- ---------- ----------- ------------ ---------------"]  # fmt: skip
        return [
            *head,
            f"{one['set_count']:<7} {size:<10} DISK        00:00:07     {done:<15}",
            *piece,
            *_held_logs(run, one),
        ]
    kind, level = ("Full", "") if one["level"] is None else ("Incr", str(one["level"]))
    head = ["BS Key  Type LV Size       Device Type Elapsed Time Completion Time",
            "------- ---- -- ---------- ----------- ------------ ---------------"]  # fmt: skip
    row = f"{one['set_count']:<7} {kind:<4} {level:<2} {size:<10} DISK        00:00:07     {done:<15}"
    return [*head, row, *piece, *_held_files(run, one, kind, level), *_held_control(run, one)]


def _size(count: int) -> str:
    return f"{count / 1048576:.2f}M" if count >= 1048576 else f"{count / 1024:.2f}K"


def _held_files(run: Run, one: dict[str, Any], kind: str, level: str) -> list[str]:
    if not one["files"]:
        return []
    names = {file["file"]: file["name"] for file in run.state["datafiles"]}
    lines = [f"  List of Datafiles in backup set {one['set_count']}", "  File LV Type Ckp SCN    Ckp Time  Name",
             "  ---- -- ---- ---------- --------- ----"]  # fmt: skip
    for number in one["files"]:
        part = one["parts"][str(number)]
        when = run.when(datetime.fromtimestamp(part["checkpoint_at"], UTC))
        lines.append(f"  {number:<4} {level:<2} {kind:<4} {part['checkpoint']:<10} {when} {names.get(number, '')}")
    return lines


def _held_control(run: Run, one: dict[str, Any]) -> list[str]:
    when = run.when(datetime.fromtimestamp(one.get("at", 0) or moment(one["completion_time"]).timestamp(), UTC))
    lines = [f"  SPFILE Included: Modification time: {when}"] if one["spfile"] else []
    if one["spfile"]:
        lines.append(f"  SPFILE db_unique_name: {run.state['db_unique_name']}")
    if one["controlfile"]:
        lines.append(f"  Control File Included: Ckp SCN: {one['scn']}      Ckp time: {when}")
    return lines


def _held_logs(run: Run, one: dict[str, Any]) -> list[str]:
    lines = ["", f"  List of Archived Logs in backup set {one['set_count']}",
             "  Thrd Seq     Low SCN    Low Time  Next SCN   Next Time",
             "  ---- ------- ---------- --------- ---------- ---------"]  # fmt: skip
    for log in one["logs"]:
        low, high = (run.when(datetime.fromtimestamp(log[key], UTC)) for key in ("first_time", "next_time"))
        lines.append(f"  1    {log['sequence']:<7} {log['first']:<10} {low} {log['next']:<10} {high}")
    return lines


def _logs(run: Run, *, expired: bool) -> None:
    found = [log for log in run.state["logs"] if log["status"] == ("X" if expired else "A")]
    if not found:
        run.say("specification does not match any archived log in the repository")
        return
    archived(run, found)


def archived(run: Run, found: list[dict[str, Any]]) -> None:
    """Print archived logs."""
    name = run.state["db_unique_name"]
    run.say(f"List of Archived Log Copies for database with db_unique_name {name}", "=" * 69, "",
            "Key     Thrd Seq     S Low Time ", "------- ---- ------- - ---------")  # fmt: skip
    for log in found:
        low = run.when(datetime.fromtimestamp(log["first_time"], UTC))
        run.say(
            f"{log['recid']:<7} 1    {log['sequence']:<7} {log['status']} {low}", f"        Name: {log['name']}", ""
        )


def _incarnations(run: Run, rest: list[str]) -> None:
    del rest[0]
    if flag(rest, "of", "database"):
        rest[:1] = []
    _refuse(rest)
    state = run.state
    run.say("", "", *_BRANCHES)
    for number, branch in enumerate(state["incarnations"], start=1):
        status = branch.get("status") or ("CURRENT" if number == len(state["incarnations"]) else "PARENT")
        when = run.when(datetime.fromisoformat(branch["time"]))
        own = f"{number:<7} {number:<7} {state['name']:<8} {state['dbid']:<16}"
        run.say(f"{own} {status:<7} {branch['resetlogs']:<10} {when}")
