"""RECOVER DATABASE: incremental backups first, then the changes of archived logs, as far as they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.lab import mounting
from hisops.lab.media import archived, checkpoint, datafile, piece, recovery
from hisops.lab.media.carrier import Unreadable
from hisops.lab.media.datafile import Header
from hisops.lab.state import State
from hisops.lab.tools.rman.rebuild import log_files, reading
from hisops.lab.tools.rman.rebuild.limits import Limit, all_logs, limit, take_until
from hisops.lab.tools.rman.rebuild.log_files import Log
from hisops.lab.tools.rman.rebuild.reading import Set, Unusable
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, option


@dataclass(frozen=True, slots=True)
class Wish:
    """What RECOVER DATABASE asks for."""

    limit: Limit
    redo: bool
    tag: str | None


def recover(run: Run, words: list[str]) -> None:
    """RECOVER DATABASE [UNTIL …] [NOREDO] [FROM TAG t] [DELETE ARCHIVELOG]."""
    rest = list(words)
    until, redo = take_until(rest) or run.plan.until, not flag(rest, "noredo")
    tag = option(rest, "from", "tag")
    flag(rest, "delete", "archivelog")
    flag(rest, "using", "backup", "controlfile")
    if rest != ["database"]:
        raise syntax_error(rest[-1] if rest else "recover")
    if run.state["status"] != "MOUNTED":
        raise failed_command("recover", _not_mounted(run.state))
    wish = Wish(limit(run, until, "recover"), redo, tag)
    run.say("", f"Starting recover at {run.when()}")
    run.take_channel()
    files = {int(file["file"]): Path(file["name"]) for file in run.state["datafiles"]}
    _refuse(run.state, wish.limit, _headers(run.state, files))
    _increments(run, files, wish)
    if wish.redo:
        run.say("", "starting media recovery", "")
        try:
            _media_recovery(run, files, wish.limit)
        finally:
            _note(run, files)
        run.say("media recovery complete, elapsed time: 00:00:01")
    _note(run, files)
    run.say(f"Finished recover at {run.when()}")


def _not_mounted(state: State) -> str:
    if state["status"] == "OPEN":
        return "RMAN-06067: RECOVER DATABASE required with a backup or created control file"
    return "ORA-01507: database not mounted"


def _headers(state: State, files: Mapping[int, Path]) -> dict[int, Header]:
    found = {}
    for number, path in files.items():
        try:
            if not mounting.there(state, path):
                raise Unreadable(path, errno=2)
            found[number] = datafile.header_of(path, number)
        except Unreadable as problem:
            raise failed_command("recover", f"RMAN-06094: datafile {number} must be restored") from problem
    return found


def _refuse(state: State, end: Limit, heads: Mapping[int, Header]) -> None:
    branches = {int(one["resetlogs"]) for one in state["incarnations"]}
    for number, header in heads.items():
        name = next(file["name"] for file in state["datafiles"] if file["file"] == number)
        if header.resetlogs not in branches:
            raise failed_command(
                "recover", "ORA-00283: recovery session canceled due to errors",
                f"ORA-19909: datafile {number} belongs to an orphan incarnation",
                f"ORA-01110: data file {number}: '{name}'",
            )  # fmt: skip
        if end.scn is not None and header.checkpoint > end.scn:
            raise failed_command(
                "recover", f"RMAN-06556: datafile {number} must be restored from backup older than SCN {end.scn}"
            )


def _increments(run: Run, files: Mapping[int, Path], wish: Wish) -> None:
    """Lay incremental backups over the files, as long as one fits."""
    fit = [one for one in reading.known(run.state) if one["kind"] == "D" and one["level"] == 1]
    fit = [one for one in fit if wish.tag is None or one["tag"] == wish.tag.upper()]
    while chosen := _next(run.state, files, fit, wish.limit):
        one, numbers = chosen
        handle = str(one["handle"])
        run.on_channel("starting incremental datafile backup set restore",
                       "specifying datafile(s) to restore from backup set")  # fmt: skip
        run.say(*(f"destination for restore of datafile {number:05d}: {files[number]}" for number in numbers))
        run.on_channel(f"reading from backup piece {handle}")
        run.desk.pause(0.5)
        try:
            held = reading.read(run, handle)
        except Unusable as problem:
            run.on_channel(problem.lines[0])
            run.say(*problem.lines[1:], "", "failover to previous backup", "")
            fit.remove(one)
            continue
        piece.create_files([held], {number: files[number] for number in numbers})
        reading.finished(run, one, handle)


def _next(state: State, files: Mapping[int, Path], fit: list[Set], end: Limit) -> tuple[Set, list[int]] | None:
    heads = _headers(state, files)

    def gain(one: Set, number: int) -> int:
        part = one["parts"].get(str(number))
        if not part or not part["since"] or part["since"] > heads[number].checkpoint:
            return 0
        if end.scn is not None and part["checkpoint"] >= end.scn:  # redo has to clear the fuzziness
            return 0
        return max(0, int(part["checkpoint"]) - heads[number].checkpoint)

    found = [(one, [number for number in files if gain(one, number)]) for one in fit]
    best = max(found, key=lambda pair: max((gain(pair[0], n) for n in pair[1]), default=0), default=None)
    return best if best and best[1] else None


def _media_recovery(run: Run, files: Mapping[int, Path], end: Limit) -> None:
    log_files.refuse_missing(run, _start(run.state, files), end)
    while log := _wanted(run, files, end):
        path, borrowed = log_files.find(run, log)
        before = _before(path, log, end)
        run.desk.crossroads("rman")
        run.desk.pause(0.3)
        run.say(f"archived log file name={path} thread=1 sequence={log['sequence']}")
        _apply(files, path, before)
        if borrowed:
            log_files.give_back(run, path, log)
        if before is not None:
            return


def _apply(files: Mapping[int, Path], path: Path, before: int | None) -> None:
    try:
        recovery.apply(files, path, before)
    except Unreadable as problem:
        raise failed_command(
            "recover", "ORA-00283: recovery session canceled due to errors",
            f"ORA-00353: log corruption near block {problem.block} change 0 time 0",
            f"ORA-00334: archived log: '{problem.path}'",
        ) from problem  # fmt: skip


def _start(state: State, files: Mapping[int, Path]) -> int:
    return min((header.checkpoint for header in _headers(state, files).values()), default=0)


def _wanted(run: Run, files: Mapping[int, Path], end: Limit) -> Log | None:
    """Return the log whose changes come next; None when the end is reached. Fails where nobody knows one."""
    state = run.state
    at = _start(state, files)
    if end.scn is not None and end.moment is None and at >= end.scn:
        return None
    branches = {int(one["resetlogs"]) for one in state["incarnations"]}
    own = [log for log in all_logs(state) if log["resetlogs"] in branches]
    log = next((log for log in own if log["first"] <= at < log["next"]), None)
    if log is None:
        done = [log for log in own if log["next"] <= at]
        sequence = max((int(log["sequence"]) for log in done[-1:]), default=int(state["sequence"]) - 1) + 1
        if end.sequence is not None and sequence >= end.sequence:
            return None
        raise _unknown(run, sequence, at)
    if end.sequence is not None and log["sequence"] >= end.sequence:
        return None
    return log


def _unknown(run: Run, sequence: int, at: int) -> Exception:
    run.say("unable to find archived log", f"archived log thread=1 sequence={sequence}")
    what = f"unknown archived log for thread 1 with sequence {sequence} and starting SCN of {at}"
    return failed_command("recover", f"RMAN-06054: media recovery requesting {what}")


def _before(path: Path, log: Mapping[str, Any], end: Limit) -> int | None:
    """Return the SCN of a log before which recovery ends; None if all of it is applied."""
    if end.moment is not None:
        if end.moment >= log["next_time"]:
            return None
        later = [change.scn for change in archived.read(path)[1] if change.at >= end.moment]
        guess = max(int(log["first"]) + 1, end.scn or 0)
        return min([*later, guess]) if later else min(int(log["next"]), guess)
    return end.scn if end.scn is not None and end.scn <= log["next"] else None


def _note(run: Run, files: Mapping[int, Path]) -> None:
    """Let the control file know how far the files are, so that the next incarnation begins there."""
    heads = _headers(run.state, files).values()
    with run.desk.store.change(run.database) as state:
        state["scn"] = max(header.checkpoint for header in heads) - 1
        state["scn_at"] = max(header.checkpoint_at for header in heads)
    checkpoint.forget(run.desk.store, run.database)
