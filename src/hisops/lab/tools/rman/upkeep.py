"""CROSSCHECK, DELETE and CATALOG: what the control file knows of files is compared with what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hisops.lab.media.carrier import Unreadable
from hisops.lab.tools.nls import moment, now
from hisops.lab.tools.rman import logs, retention
from hisops.lab.tools.rman.pieces import entry, stamp_of
from hisops.lab.tools.rman.run import RmanFailed, Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, numbers, option

_NO_BACKUP = "specification does not match any backup in the repository"
_NO_LOG = "specification does not match any archived log in the repository"


def crosscheck(run: Run, words: list[str]) -> None:
    """Carry out CROSSCHECK."""
    rest = list(words[1:])
    with_logs = flag(rest, "archivelog", "all")
    tag = None if with_logs else option(rest, "tag")
    if rest not in ([] if with_logs else ["backup"], [] if with_logs else ["backup", "of", "database"]):
        raise syntax_error(rest[-1] if rest else "crosscheck")
    _refuse_unmounted(run, "crosscheck")
    run.take_channel()
    (_check_logs if with_logs else lambda one: _check_pieces(one, tag))(run)


def _check_pieces(run: Run, tag: str | None) -> None:
    with run.desk.store.change(run.database) as state:
        mine = [one for one in state["backups"] if tag is None or one["tag"] == tag.upper()]
        for one in mine:
            one["status"] = "A" if Path(one["handle"]).exists() else "X"
    for one in mine:
        run.say(
            f"crosschecked backup piece: found to be '{'AVAILABLE' if one['status'] == 'A' else 'EXPIRED'}'",
            _piece(one),
        )
    run.say(f"Crosschecked {len(mine)} objects" if mine else _NO_BACKUP, "")


def _check_logs(run: Run) -> None:
    with run.desk.store.change(run.database) as state:
        known = [log for log in state["logs"] if log["status"] != "D"]
        for log in known:
            log["status"] = "A" if Path(log["name"]).exists() else "X"
    for log in known:
        run.say(f"validation {'succeeded' if log['status'] == 'A' else 'failed'} for archived log", _log(log))
    run.say(f"Crosschecked {len(known)} objects" if known else _NO_LOG, "")


def delete(run: Run, words: list[str]) -> None:
    """Carry out DELETE. A command file is not asked whether it means it; whoever types has to say NOPROMPT here."""
    rest = list(words[1:])
    sure = flag(rest, "noprompt") or flag(rest, "force")
    expired = flag(rest, "expired")
    action = _deletion(rest, expired=expired)
    if not (sure or run.from_file):
        raise failed_command("delete", "ORA-03001: unimplemented feature (lab: DELETE asks nobody; say NOPROMPT)")
    _refuse_unmounted(run, "delete")
    run.take_channel()
    action(run)


def _deletion(rest: list[str], *, expired: bool) -> Callable[[Run], None]:
    if rest == ["obsolete"] and not expired:
        return _obsolete
    if flag(rest, "archivelog", "all"):
        times = None
        if flag(rest, "backed", "up"):
            times = int(rest.pop(0))
            flag(rest, "times", "to", "disk") or flag(rest, "times", "to", "device", "type", "disk")
        if not rest:
            return lambda run: _logs(run, expired=expired, times=times)
    elif flag(rest, "backupset"):
        chosen = {int(one) for one in numbers(rest) if one.isdigit()}
        if not rest and chosen:
            return lambda run: _pieces(run, lambda one: one["set_count"] in chosen)
    elif flag(rest, "backup"):
        flag(rest, "of", "database")
        tag = option(rest, "tag")
        if not rest and (expired or tag):
            return lambda run: _pieces(
                run, lambda one: (not expired or one["status"] == "X") and (tag is None or one["tag"] == tag.upper())
            )
    raise syntax_error(rest[-1] if rest else "delete")


def _pieces(run: Run, chosen: Callable[[dict[str, Any]], bool]) -> None:
    state = run.state
    going = [one for one in state["backups"] if chosen(one)]
    if not going:
        run.say(_NO_BACKUP)
        return
    expired = all(one["status"] == "X" for one in going)
    wrong = [one for one in going if (one["status"] == "A") != Path(one["handle"]).exists()]
    _forget(run, [one for one in going if one not in wrong])
    for one in going:
        if one not in wrong:
            run.say("deleted backup piece", _piece(one))
    run.say(f"Deleted {len(going) - len(wrong)} {'EXPIRED ' if expired else ''}objects", "")
    if wrong:
        _mismatched(run, [("Backup Piece", one["handle"]) for one in wrong])


def _forget(run: Run, going: list[dict[str, Any]]) -> None:
    for one in going:
        Path(one["handle"]).unlink(missing_ok=True)
    gone = {one["handle"] for one in going}
    with run.desk.store.change(run.database) as state:
        state["backups"] = [one for one in state["backups"] if one["handle"] not in gone]


def _mismatched(run: Run, found: list[tuple[str, str]]) -> None:
    run.say(
        "", f"RMAN-06207: WARNING: {len(found)} objects could not be deleted for DISK channel(s) due",
        "RMAN-06208:          to mismatched status.  Use CROSSCHECK command to fix status",
        "RMAN-06210: List of Mismatched objects", "RMAN-06211: ==========================",
        "RMAN-06212:   Object Type   Filename/Handle",
        "RMAN-06213: --------------- ---------------------------------------------------",
        *(f"RMAN-06214: {kind:<15} {name}" for kind, name in found), "",
    )  # fmt: skip


def _logs(run: Run, *, expired: bool, times: int | None) -> None:
    known = [log for log in run.state["logs"] if log["status"] == ("X" if expired else "A")]
    known = [log for log in known if times is None or log["backed_up"] >= times]
    kept = [] if expired else logs.needed(run, known)
    going = [log for log in known if log not in kept]
    if not known:
        run.say(_NO_LOG)
        return
    for log in kept:
        logs.warn_kept(run, log)
    for log in going:
        run.say("deleted archived log", _log(log))
    logs.erase(run, going)
    run.say(f"Deleted {len(going)} {'EXPIRED ' if expired else ''}objects", "")


def _obsolete(run: Run) -> None:
    state = run.state
    run.say("", "RMAN retention policy will be applied to the command",
            f"RMAN retention policy is set to {retention.words(state)}", f"using channel {run.channel}")  # fmt: skip
    going = retention.obsolete(state)
    if not going:
        run.say("no obsolete backups found")
        return
    run.say("Deleting the following obsolete backups and copies:", *retention.table(run, going))
    _forget(run, going)
    for one in going:
        run.say("deleted backup piece", _piece(one))
    run.say(f"Deleted {len(going)} objects", "")


def catalog(run: Run, words: list[str]) -> None:
    """Carry out CATALOG: START WITH a path, or one piece."""
    rest = list(words[1:])
    noprompt = flag(rest, "noprompt")
    _refuse_unmounted(run, "catalog")
    if len(rest) == 2 and rest[0] == "backuppiece":
        _one_piece(run, rest[1])
        return
    if len(rest) != 3 or rest[:2] != ["start", "with"]:
        raise syntax_error(rest[-1] if rest else "catalog")
    if not (noprompt or run.from_file):
        raise failed_command("catalog", "ORA-03001: unimplemented feature (lab: CATALOG asks nobody; say NOPROMPT)")
    _start_with(run, rest[2])


def _one_piece(run: Run, name: str) -> None:
    run.without_catalog()
    try:
        found = entry(Path(name), _bytes(Path(name)))
        _adopt(run, [found])
    except Unreadable as problem:
        why = [f"ORA-19599: block number {problem.block} is corrupt in backup piece {name}"]
        if problem.block is None:
            why = [f'ORA-19505: failed to identify file "{name}"', "ORA-27037: unable to obtain file status"]
        raise RmanFailed(
            f"RMAN-03009: failure of catalog command on default channel at {now():%m/%d/%Y %H:%M:%S}",
            f"ORA-19870: error while restoring backup piece {name}", *why,
        ) from problem  # fmt: skip
    run.say("cataloged backup piece", _piece(found))


def _start_with(run: Run, pattern: str) -> None:
    run.without_catalog()
    run.say(f"searching for all files that match the pattern {pattern}", "")
    known = {one["handle"] for one in run.state["backups"]} | {log["name"] for log in run.state["logs"]}
    unknown = [str(path) for path in _matching(pattern) if str(path) not in known]
    if not unknown:
        run.say("no files found to be unknown to the database")
        return
    run.say("List of Files Unknown to the Database", "=====================================")
    run.say(*(f"File Name: {name}" for name in unknown))
    run.say("cataloging files...")
    told = {name: told_by(Path(name)) for name in unknown}
    good = {name: found for name, found in told.items() if found and found["dbid"] == run.state["dbid"]}
    bad = {name: found for name, found in told.items() if name not in good}
    _adopt(run, list(good.values()))
    run.say("cataloging done" if good else "no files cataloged", "")
    if good:
        run.say("List of Cataloged Files", "=======================", *(f"File Name: {name}" for name in good), "")
    if bad:
        run.say("List of Files Which Were Not Cataloged", "=======================================")
        for name, found in bad.items():
            foreign = f"RMAN-07518: Reason: Foreign database file DBID: {found['dbid']}" if found else ""
            run.say(f"File Name: {name}", f"  {foreign or 'RMAN-07517: Reason: The file header is corrupted'}")


def told_by(path: Path) -> dict[str, Any] | None:
    """Return what a piece tells of itself; None for a file that is none."""
    try:
        return entry(path, _bytes(path))
    except (Unreadable, KeyError):
        return None


def _matching(pattern: str) -> list[Path]:
    """Return the files whose names begin with a pattern, in their order."""
    folder = Path(pattern) if pattern.endswith("/") else Path(pattern).parent
    return sorted(path for path in folder.rglob("*") if path.is_file() and str(path).startswith(pattern))


def _adopt(run: Run, found: list[dict[str, Any]]) -> None:
    with run.desk.store.change(run.database) as state:
        names = {one["handle"] for one in found}
        state["backups"] = [one for one in state["backups"] if one["handle"] not in names] + found


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _piece(one: dict[str, Any]) -> str:
    return (
        f"backup piece handle={one['handle']} RECID={one['set_count']} STAMP={stamp_of(moment(one['completion_time']))}"
    )


def _log(log: dict[str, Any]) -> str:
    return f"archived log file name={log['name']} RECID={log['recid']} STAMP={logs.stamp(log)}"


def _refuse_unmounted(run: Run, command: str) -> None:
    if run.state["status"] not in ("OPEN", "MOUNTED"):
        raise failed_command(command, "ORA-01507: database not mounted")
