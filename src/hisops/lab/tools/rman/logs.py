"""Archived logs: backing them up, deleting them, what the deletion policy keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hisops.lab import pair, redo, scn
from hisops.lab.media import archived, carrier
from hisops.lab.media.piece import Piece
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman import configure
from hisops.lab.tools.rman.jobs import mark_warnings
from hisops.lab.tools.rman.options import Logs
from hisops.lab.tools.rman.pieces import open_set, stamp_of, written
from hisops.lab.tools.rman.run import RmanFailed, Run, failed_command

KEPT = "RMAN-08120: warning: archived log not deleted, not yet applied by standby"
_TOLD = ("dbid", "thread", "sequence", "resetlogs", "first", "next", "first_time", "next_time", "recid")


def back_up(run: Run, wish: Logs, compressed: bool, *, command: str, switches: bool, rest: bool = False) -> None:
    """Back up the archived logs; `rest`: those alone that no set of this session has yet."""
    run.say("", "", f"Starting backup at {run.when()}")
    if switches and run.state["role"] == redo.PRIMARY and run.state["status"] == "OPEN":
        with pair.changing_one(run.desk.store, run.database) as state:
            archived.switch(state)
        run.say("current log archived")
    run.take_channel()
    chosen = _chosen(run, wish, rest=rest)
    if not chosen:
        run.say(
            "specification does not match any archived log in the repository",
            "backup cancelled because there are no files to backup",
        )
        run.say(f"Finished backup at {run.when()}")
        return
    raw = _read(run, chosen, command)
    run.on_channel(f"starting {'compressed ' if compressed else ''}archived log backup set",
                   "specifying archived log(s) in backup set")  # fmt: skip
    run.say(*(f"input archived log {told(log)}" for log in chosen))
    run.on_channel(f"starting piece 1 at {run.when()}")
    run.desk.pause(0.5)
    _refuse_corrupt(run, chosen)
    backup = open_set(run, "L", tag=wish.tag, level=None)
    about = backup | {"logs_of": [{key: log[key] for key in _TOLD} for log in chosen]}
    written(run, backup, Piece(about=about, logs=raw), wish.template, compressed=compressed)
    _count(run, chosen)
    if wish.delete:
        _delete_input(run, chosen)
    run.say(f"Finished backup at {run.when()}")


def told(log: dict[str, Any]) -> str:
    """Return how RMAN names a log."""
    return f"thread=1 sequence={log['sequence']} RECID={log['recid']} STAMP={stamp(log)}"


def stamp(log: dict[str, Any]) -> int:
    """Return the stamp of a log's record."""
    from datetime import UTC, datetime

    return stamp_of(datetime.fromtimestamp(log["next_time"], UTC))


def present(state: State) -> list[dict[str, Any]]:
    """Return the logs that are on disk, as the control file knows it."""
    return [log for log in state["logs"] if log["status"] == "A"]


def _chosen(run: Run, wish: Logs, *, rest: bool) -> list[dict[str, Any]]:
    logs = present(run.state)
    if rest:
        done = {
            _key(log) for one in run.state["backups"] if one["session_key"] == run.session_key for log in one["logs"]
        }
        logs = [log for log in logs if _key(log) not in done]
    if wish.times is not None:
        skipped = [log for log in logs if log["backed_up"] >= wish.times]
        logs = [log for log in logs if log["backed_up"] < wish.times]
        _say_skipped(run, skipped)
    return logs


def _say_skipped(run: Run, skipped: list[dict[str, Any]]) -> None:
    if skipped:
        low, high = skipped[0]["sequence"], skipped[-1]["sequence"]
        what = f"archived log of thread 1 with sequence {low}" if low == high else (
            f"archived logs of thread 1 from sequence {low} to {high}")  # fmt: skip
        run.say(f"skipping {what}; already backed up")


def _key(log: dict[str, Any]) -> tuple[int, int]:
    return int(log["resetlogs"]), int(log["sequence"])


def _read(run: Run, logs: list[dict[str, Any]], command: str) -> dict[str, bytes]:
    raw = {}
    for log in logs:
        try:
            raw[f"{log['resetlogs']}_{log['sequence']}"] = Path(log["name"]).read_bytes()
        except OSError as error:
            raise failed_command(
                command,
                "RMAN-06059: expected archived log not found, loss of archived log compromises recoverability",
                f"ORA-19625: error identifying file {log['name']}",
                "ORA-27037: unable to obtain file status",
                f"Linux-x86_64 Error: {error.errno}: {error.strerror}",
                "Additional information: 7",
            ) from error
    return raw


def _refuse_corrupt(run: Run, logs: list[dict[str, Any]]) -> None:
    for log in logs:
        for problem in carrier.problems(Path(log["name"])):
            raise RmanFailed(
                f"RMAN-03009: failure of backup command on {run.channel} channel at {now():%m/%d/%Y %H:%M:%S}",
                f"ORA-19599: block number {problem.block} is corrupt in archived log {log['name']}",
            )


def _count(run: Run, logs: list[dict[str, Any]]) -> None:
    keys = {_key(log) for log in logs}
    with run.desk.store.change(run.database) as state:
        for log in state["logs"]:
            log["backed_up"] += _key(log) in keys


def _delete_input(run: Run, logs: list[dict[str, Any]]) -> None:
    run.on_channel("deleting archived log(s)")
    kept = needed(run, logs)
    for log in kept:
        warn_kept(run, log)
    going = [log for log in logs if log not in kept]
    run.say(*(f"archived log file name={log['name']} RECID={log['recid']} STAMP={stamp(log)}" for log in going))
    erase(run, going)


def warn_kept(run: Run, log: dict[str, Any]) -> None:
    """Say that a log stays because the standby has not applied it."""
    run.say(KEPT, f"archived log file name={log['name']} thread=1 sequence={log['sequence']}")
    mark_warnings(run)


def needed(run: Run, logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the logs that the deletion policy keeps: what the standby has not applied."""
    state = run.state
    other = redo.other_of(run.desk.store, state)
    if "APPLIED" not in configure.value_of(state, "deletion") or other is None or not scn.follows(other, state):
        return []
    applied = scn.applied(other, state)
    return [log for log in logs if log["next"] > applied]


def erase(run: Run, logs: list[dict[str, Any]]) -> None:
    """Take logs from disk, and out of what the control file knows to be there."""
    for log in logs:
        Path(log["name"]).unlink(missing_ok=True)
    keys = {_key(log) for log in logs}
    with run.desk.store.change(run.database) as state:
        for log in state["logs"]:
            if _key(log) in keys:
                log["status"] = "D"
