"""Archived logs that a recovery needs: on disk, or restored out of backup sets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from hisops.lab import mounting
from hisops.lab.media import area as recovery_area
from hisops.lab.parameters import word
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman.logs import stamp
from hisops.lab.tools.rman.rebuild import reading
from hisops.lab.tools.rman.rebuild.limits import Limit, all_logs
from hisops.lab.tools.rman.rebuild.reading import Set, Unusable
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, option

Log = Mapping[str, Any]


def restore(run: Run, words: list[str]) -> None:
    """RESTORE ARCHIVELOG ALL | FROM SEQUENCE n [UNTIL SEQUENCE m] | SEQUENCE n."""
    rest = list(words)
    every, low = flag(rest, "all"), option(rest, "from", "sequence")
    high, one = option(rest, "until", "sequence"), option(rest, "sequence")
    option(rest, "thread")
    if rest or not (every or low or high or one):
        raise syntax_error(rest[-1] if rest else "archivelog")
    if run.state["status"] not in ("MOUNTED", "OPEN"):
        raise failed_command("restore", "ORA-01507: database not mounted")
    run.say("", f"Starting restore at {run.when()}")
    run.take_channel()
    run.say("")
    first, last = int(one or low or 0), int(one or high or 1 << 40)
    branch = run.state["incarnations"][-1]["resetlogs"]
    wanted = [log for log in all_logs(run.state) if first <= log["sequence"] <= last and log["resetlogs"] == branch]
    _refuse_lost(run.state, wanted, "restore", "RMAN-06026: some targets not found - aborting restore")
    for log in wanted:
        if path := _on_disk(run.state, log):
            run.say(f"archived log for thread 1 with sequence {log['sequence']} is already on disk as file {path}")
        else:
            _enter(run, log, _restored(run, log, "restore"))
    run.say(f"Finished restore at {run.when()}")


def refuse_missing(run: Run, start: int, end: Limit) -> None:
    """Fail for logs that the control file knows of, are needed, and are neither on disk nor in a backup."""
    state = run.state
    branches = {int(one["resetlogs"]) for one in state["incarnations"]}
    needed = [
        log
        for log in all_logs(state)
        if log["resetlogs"] in branches
        and log["next"] > start
        and (end.scn is None or log["first"] < end.scn)
        and (end.sequence is None or log["sequence"] < end.sequence)
    ]
    for log in needed:
        if path := _on_disk(state, log):
            run.say(f"archived log for thread 1 with sequence {log['sequence']} is already on disk as file {path}")
    _refuse_lost(state, needed, "recover", "RMAN-06053: unable to perform media recovery because of missing log")


def find(run: Run, log: Log) -> tuple[Path, bool]:
    """Return where a log is, and whether it was restored for this."""
    if path := _on_disk(run.state, log):
        return path, False
    return _restored(run, log, "recover"), True


def give_back(run: Run, path: Path, log: Log) -> None:
    """Delete a log that was restored into the recovery area, as soon as it is applied."""
    area = run.state["fra"]["path"]
    if area and path.is_relative_to(area):
        run.say("channel default: deleting archived log(s)",
                f"archived log file name={path} RECID={log['recid']} STAMP={stamp(dict(log))}")  # fmt: skip
        path.unlink()


def _refuse_lost(state: State, logs: list[Log], command: str, head: str) -> None:
    lost = [log for log in logs if not (_on_disk(state, log) or _sets(state, log))]
    if lost:
        raise failed_command(command, head, *(
            f"RMAN-06025: no backup of archived log for thread 1 with sequence {log['sequence']} and starting SCN of "
            f"{log['first']} found to restore" for log in reversed(lost)))  # fmt: skip


def _on_disk(state: State, log: Log) -> Path | None:
    own = (entry for entry in state["logs"] if _key(entry) == _key(log) and entry["status"] == "A")
    return next((path for entry in own if mounting.there(state, path := Path(entry["name"]))), None)


def _sets(state: State, log: Log) -> list[Set]:
    return [one for one in reading.known(state) if any(_key(own) == _key(log) for own in one["logs"])]


def _key(log: Log) -> tuple[int, int]:
    return int(log["resetlogs"]), int(log["sequence"])


def _restored(run: Run, log: Log, command: str) -> Path:
    """Restore a log out of the newest set that can be read."""
    path = _destination(run, log)
    place = f"user-specified destination\narchived log destination={run.plan.log_destination}" if (
        run.plan.log_destination) else "default destination"  # fmt: skip
    wrong: tuple[str, ...] = ()
    for one in reversed(_sets(run.state, log)):
        run.on_channel(f"starting archived log restore to {place}", "restoring archived log")
        run.say(f"archived log thread=1 sequence={log['sequence']}")
        run.on_channel(f"reading from backup piece {one['handle']}")
        try:
            held = reading.read(run, str(one["handle"]))
            raw = held.logs["_".join(str(part) for part in _key(log))]
            _refuse_full(run, path, len(raw), str(one["handle"]))
        except Unusable as problem:
            wrong = problem.lines
            run.on_channel(wrong[0])
            run.say(*wrong[1:], "")
            continue
        path.write_bytes(raw)
        reading.finished(run, one, str(one["handle"]))
        return path
    raise failed_command(command, *wrong)


def _refuse_full(run: Run, path: Path, size: int, handle: str) -> None:
    state = run.state
    head = f"ORA-19870: error while restoring backup piece {handle}"
    if problem := reading.not_created(state, path):
        raise Unusable(head, *problem)
    area, limit = state["fra"]["path"], recovery_area.limit(state)
    if area and path.is_relative_to(area) and (run.desk.armed("fra-full") or recovery_area.used(state) + size > limit):
        raise Unusable(head, "ORA-19809: limit exceeded for recovery files",
                       f"ORA-19804: cannot reclaim {size} bytes disk space from {limit} bytes limit")  # fmt: skip


def _destination(run: Run, log: Log) -> Path:
    state = run.state
    plain = f"1_{log['sequence']}_{int(datetime.fromisoformat(_born(state, log)).timestamp())}.dbf"
    if run.plan.log_destination:
        return Path(run.plan.log_destination) / plain
    named = word(state["parameters"], "log_archive_dest_1")
    if named.lower().startswith("location=") and "use_db_recovery" not in named.lower():
        return Path(named.partition("=")[2]) / plain
    if area := state["fra"]["path"]:
        folder = Path(area) / str(state["db_unique_name"]) / "archivelog" / f"{now():%Y_%m_%d}"
        if mounting.on_host(state, folder) and Path(area).is_dir():
            folder.mkdir(parents=True, exist_ok=True)
        return folder / f"o1_mf_1_{log['sequence']}_{log['recid']:08x}_.arc"
    return Path(state["home"]) / "dbs" / f"arch{plain}"


def _born(state: State, log: Log) -> str:
    return str(next(one["time"] for one in state["incarnations"] if one["resetlogs"] == log["resetlogs"]))


def _enter(run: Run, log: Log, path: Path) -> None:
    """Let the control file know that a log is on disk again."""
    size = path.stat().st_size
    with run.desk.store.change(run.database) as state:
        others = [one for one in state["logs"] if _key(one) != _key(log)]
        whole = {"name": str(path), "bytes": size, "blocks": size // 8192, "status": "A", "backed_up": 1}
        state["logs"] = [*others, {**log, **whole}]
