"""DUPLICATE DATABASE TO name BACKUP LOCATION: a database of another name and DBID, out of pieces alone."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.lab import lifecycle, mounting, pair, parameters, reopening
from hisops.lab.commands import CommandRefused
from hisops.lab.media import datafile
from hisops.lab.opening import open_database
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman import upkeep
from hisops.lab.tools.rman.rebuild import control_file, data_files, media_recovery, naming, reading
from hisops.lab.tools.rman.rebuild.limits import all_logs, take_until
from hisops.lab.tools.rman.rebuild.plan import Until
from hisops.lab.tools.rman.run import RmanFailed, Run, syntax_error
from hisops.lab.tools.rman.script import flag, option

_GROUP = re.compile(r"group \d+ \( (\S+) \) size \d+[kmg]?(?: reuse)?")
_LOGFILES = re.compile(rf"{_GROUP.pattern}(?: , {_GROUP.pattern})+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What DUPLICATE asks for."""

    name: str
    location: str
    until: Until | None
    convert: tuple[str, ...]
    nofilenamecheck: bool
    dbid: int | None
    logfiles: tuple[str, ...]


def duplicate(run: Run, words: list[str]) -> None:
    """Carry out DUPLICATE."""
    wish = _wish(run, list(words[1:]))
    run.say("", f"Starting Duplicate Db at {run.when()}")
    try:
        _refuse(run, wish)
        _control_file(run, wish)
        _files(run, wish)
        _open(run, wish)
    except (RmanFailed, CommandRefused) as problem:
        lines = problem.lines[1:] if isinstance(problem, RmanFailed) else (f"ORA-{problem.number:05d}: {problem.text}",)
        raise RmanFailed(
            f"RMAN-03002: failure of Duplicate Db command at {now():%m/%d/%Y %H:%M:%S}",
            "RMAN-05501: aborting duplication of target database",
            *([] if lines[0].startswith("RMAN-055") else ["RMAN-03015: error occurred in stored script Memory Script"]),
            *lines,
        ) from problem
    run.say(f"Finished Duplicate Db at {run.when()}")


def _wish(run: Run, rest: list[str]) -> Wish:
    flag(rest, "target")
    name, location = option(rest, "to"), option(rest, "backup", "location")
    until, check = take_until(rest) or run.plan.until, flag(rest, "nofilenamecheck")
    convert: tuple[str, ...] = ()
    if "db_file_name_convert" in rest:
        at = rest.index("db_file_name_convert")
        convert = tuple(word for word in rest[at + 1 :] if word not in ("=", ",", "(", ")"))
        del rest[at:]
    logfiles, dbid = _logfiles(rest), option(rest, "dbid")
    _pfile(option(rest, "pfile"))
    if rest[:1] != ["database"] or len(rest) > 2 or not name or not location or not (dbid or "1").isdigit():
        raise syntax_error(rest[-1] if rest else "duplicate")
    number = int(dbid) if dbid else None
    return Wish(name.strip("\"'").upper(), location, until, convert, check, number, logfiles)


def _logfiles(rest: list[str]) -> tuple[str, ...]:
    """Take LOGFILE GROUP n ('file') SIZE m [REUSE], … out of a command, which ends with it; return the files."""
    if "logfile" not in rest:
        return ()
    at = rest.index("logfile")
    found = " ".join(rest[at + 1 :])
    if not _LOGFILES.fullmatch(found):
        raise syntax_error("logfile")
    del rest[at:]
    return tuple(_GROUP.findall(found))


def _pfile(path: str | None) -> None:
    """RMAN starts the instance again, from the file that it was told."""
    if path is not None and not Path(path).is_file():
        raise RmanFailed(
            "RMAN-03002: failure of Duplicate Db command",
            "RMAN-04014: startup failed: ORA-01078: failure in processing system parameters",
            f"LRM-00109: could not open parameter file '{path}'",
        )


def _refuse(run: Run, wish: Wish) -> None:
    state = run.state
    if not mounting.from_files(state) or state["status"] != "STARTED":
        raise RmanFailed("", "RMAN-05500: the auxiliary database must be not mounted when issuing a DUPLICATE command")
    if state["name"] != wish.name:
        names = f"auxiliary instance has {state['name']}, command specified {wish.name}"
        raise RmanFailed("", f"RMAN-05520: database name mismatch, {names}")


def _script(run: Run, *lines: str) -> None:
    run.say("", "contents of Memory Script:", "{", *(f"   {line}" for line in lines), "}", "executing Memory Script")


def _control_file(run: Run, wish: Wish) -> None:
    """Restore the newest control file of the location, and mount it under the new name."""
    found = [one for one in _held(run, wish.location) if wish.dbid in (None, one["dbid"])]
    with_control = [one for one in found if one["controlfile"]]
    if not with_control:
        raise RmanFailed(
            "", "RMAN-06026: some targets not found - aborting restore",
            "RMAN-06024: no backup or copy of the control file found to restore",
        )  # fmt: skip
    newest = max(with_control, key=lambda one: int(one["scn"]))
    _script(run, f"restore clone primary controlfile from  '{newest['handle']}';", "alter clone database mount;")
    try:
        held = reading.read(run, newest["handle"])
    except reading.Unusable as problem:
        raise RmanFailed("", *problem.lines) from problem
    run.say("", f"Starting restore at {run.when()}", "allocated channel: ORA_AUX_DISK_1",
            "channel ORA_AUX_DISK_1: SID=36 device type=DISK", "")  # fmt: skip
    run.channels, run.told = ["ORA_AUX_DISK_1"], True
    run.on_channel("restoring control file", "restore complete, elapsed time: 00:00:01")
    control_file.write(run, held, None, name=wish.name)
    run.say(*(f"output file name={path}" for path in parameters.control_files(run.state)))
    run.say(f"Finished restore at {run.when()}", "")
    lifecycle.mount(run.desk, run.database, lambda *_: run.say("database mounted"))
    with run.desk.store.change(run.database) as state:
        state["backups"] = found


def _held(run: Run, location: str) -> list[dict[str, Any]]:
    folder = Path(location)
    if not mounting.on_host(run.state, folder) or not folder.is_dir():
        return []
    told = (upkeep.told_by(path) for path in sorted(folder.rglob("*")) if path.is_file())
    return [one for one in told if one]


def _files(run: Run, wish: Wish) -> None:
    state = run.state
    logs = all_logs({**state, "logs": []})
    until = wish.until or Until("scn", str(max((int(log["next"]) for log in logs), default=state["scn"])))
    names = {int(file["file"]): _name(run, file, wish) for file in state["datafiles"]}
    for number, path in names.items():
        old = next(file["name"] for file in state["datafiles"] if file["file"] == number)
        if path == old and not wish.nofilenamecheck and not run.plan.names:
            used = "conflicts with a file used by the target database"
            raise RmanFailed("", f"RMAN-05001: auxiliary file name {path} {used}")
    set_names = [f'set newname for datafile  {number} to  "{path}";' for number, path in names.items()]
    _script(run, f"set until {until.kind}  {until.value};", *set_names, "restore", "clone database", ";")
    run.say("", "executing command: SET until clause", *(["", "executing command: SET NEWNAME"] * len(names)))
    if not run.plan.names:
        run.plan.names.update({f"datafile {number}": path for number, path in names.items()})
    run.plan.until = until
    data_files.restore(run, ["database"])
    _script(run, "switch clone datafile all;")
    data_files.switch(run, ["switch", "datafile", "all"])
    _script(run, f"set until {until.kind}  {until.value};", "recover", "clone database", " delete archivelog", ";")
    run.say("", "executing command: SET until clause")
    media_recovery.recover(run, ["database"])


def _name(run: Run, file: State, wish: Wish) -> str:
    state = run.state
    if run.plan.names:
        return str(naming.target(state, file, run.plan))
    given = list(wish.convert) or parameters.words(state["parameters"], "db_file_name_convert")
    return _converted(file["name"], given)


def _converted(name: str, given: list[str]) -> str:
    for old, new in zip(given[::2], given[1::2], strict=False):
        if old in name:
            return name.replace(old, new, 1)
    return name


def _open(run: Run, wish: Wish) -> None:
    """Give the database its own name and DBID, and open it."""
    run.say(
        "Oracle instance started",
        "",
        f'sql statement: CREATE CONTROLFILE REUSE SET DATABASE "{wish.name}" RESETLOGS ARCHIVELOG ',
    )
    with pair.changing_one(run.desk.store, run.database) as state:
        state["dbid"] = random.randint(1_000_000_000, 4_000_000_000)  # noqa: S311 - a number like any other
        given = parameters.words(state["parameters"], "log_file_name_convert")
        folder = str(Path(state["datafiles"][0]["name"]).parent)
        old = reopening.logfiles(state)
        state["logfiles"] = list(wish.logfiles) or [
            _converted(name, given) if given else f"{folder}/{Path(name).name}" for name in old
        ]
        _rename(state, wish.name)
    _script(run, "Alter clone database open resetlogs;")
    with pair.changing_one(run.desk.store, run.database) as state:
        open_database(state, resetlogs=True)
    run.say("", "database opened")


def _rename(state: Mapping[str, Any], name: str) -> None:
    for file in state["datafiles"]:
        path = Path(file["name"])
        header = datafile.header_of(path, file["file"])
        datafile.stamp(path, header, dbid=state["dbid"], db_name=name)
