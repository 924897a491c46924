"""RESTORE CONTROLFILE and RESTORE SPFILE: what an instance needs before it can mount anything."""

from __future__ import annotations

import re
from pathlib import Path

from hisops.lab import mounting
from hisops.lab.media import carrier, control, piece, segments
from hisops.lab.media.piece import Piece
from hisops.lab.parameters import control_files
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman.rebuild import reading
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, option

_NOT_FOUND = "RMAN-06172: no AUTOBACKUP found or specified handle is not a valid copy or piece"
_DAYS = 7


def restore(run: Run, what: str, words: list[str]) -> None:
    """RESTORE CONTROLFILE | SPFILE [TO [PFILE] 'file'] FROM 'piece' | AUTOBACKUP | TAG."""
    rest = list(words)
    to_pfile = option(rest, "to", "pfile")
    target = to_pfile or option(rest, "to")
    tag = option(rest, "from", "tag")
    automatic = flag(rest, "from", "autobackup")
    handle = option(rest, "from")
    if rest or [bool(tag), automatic, bool(handle)].count(True) > 1:
        raise syntax_error(rest[-1] if rest else what)
    _refuse(run, what, target)
    run.say("", f"Starting restore at {run.when()}")
    run.take_channel()
    run.say("")
    held, found = _source(run, what, handle, tag, automatic=automatic)
    via = "control file" if what == "controlfile" else "SPFILE"
    if automatic:
        run.on_channel(
            f"{'restoring control file' if what == 'controlfile' else 'restoring spfile'} from AUTOBACKUP {found}"
        )
    else:
        run.on_channel(f"restoring {via}")
    run.desk.pause(1)
    outputs = (write if what == "controlfile" else _write_spfile)(run, held, target)
    if automatic:
        run.on_channel(f"{'control file' if what == 'controlfile' else 'SPFILE'} restore from AUTOBACKUP complete")
    else:
        run.on_channel("restore complete, elapsed time: 00:00:01")
    run.say(*(f"output file name={path}" for path in outputs))
    run.say(f"Finished restore at {run.when()}")


def _refuse(run: Run, what: str, target: str | None) -> None:
    if what == "controlfile" and target is None and run.state["status"] != "STARTED":
        raise failed_command("restore", "RMAN-06496: must use the TO clause when the database is mounted or open")


def _source(run: Run, what: str, handle: str | None, tag: str | None, *, automatic: bool) -> tuple[Piece, str]:
    """Return the piece that holds what is wanted, and its name."""
    if automatic:
        handle = _autobackup(run)
    elif handle is None:
        handle = _of_tag(run, what, tag)
    try:
        held = reading.read(run, handle)
    except reading.Unusable as problem:
        raise failed_command("restore", *problem.lines) from problem
    if not held.about["controlfile" if what == "controlfile" else "spfile"]:
        raise failed_command("restore", _NOT_FOUND)
    return held, handle


def _of_tag(run: Run, what: str, tag: str | None) -> str:
    if run.state["status"] == "STARTED":
        raise failed_command("restore", "RMAN-06563: control file or SPFILE must be restored using FROM AUTOBACKUP")
    kind = "controlfile" if what == "controlfile" else "spfile"
    sets = [one for one in reading.known(run.state) if one[kind] and (tag is None or one["tag"] == tag.upper())]
    if not sets:
        name = "control file" if what == "controlfile" else "SPFILE"
        raise failed_command(
            "restore", "RMAN-06026: some targets not found - aborting restore",
            f"RMAN-06024: no backup or copy of the {name} found to restore",
        )  # fmt: skip
    return str(max(sets, key=lambda one: int(one["scn"]))["handle"])


def _autobackup(run: Run) -> str:
    """Look for the newest autobackup: in the recovery area by the name, elsewhere by the DBID."""
    state, area = run.state, run.state["fra"]["path"]
    if area:
        run.say(f"recovery area destination: {area}",
                f"database name (or database unique name) used for search: {state['db_unique_name']}")  # fmt: skip
        folder = Path(area) / str(state["db_unique_name"]) / "autobackup"
        if found := _newest(state, folder, r"o1_mf_s_\d+_\w+_\.bkp", run.plan.dbid):
            run.on_channel(f"AUTOBACKUP {found} found in the recovery area")
            return str(found)
        run.on_channel("no AUTOBACKUPS found in the recovery area")
    if run.plan.dbid is None:
        if area:
            run.say('AUTOBACKUP search with format "%F" not attempted because DBID was not set')
            raise failed_command("restore", _NOT_FOUND)
        raise failed_command("restore", "RMAN-06495: must explicitly specify DBID with SET DBID command")
    run.on_channel(f"looking for AUTOBACKUP on day: {now():%Y%m%d}")
    folder = Path(state["home"]) / "dbs"
    if found := _newest(state, folder, rf"c-{run.plan.dbid}-\d{{8}}-[0-9a-f]{{2}}", run.plan.dbid):
        run.on_channel(f"AUTOBACKUP found: {found.name}")
        return str(found)
    run.on_channel(f"no AUTOBACKUP in {_DAYS} days found")
    raise failed_command("restore", _NOT_FOUND)


def _newest(state: State, folder: Path, name: str, dbid: int | None) -> Path | None:
    if not mounting.on_host(state, folder) or not folder.is_dir():
        return None
    fit = [path for path in folder.rglob("*") if re.fullmatch(name, path.name)]
    told = []
    for path in fit:
        try:
            about = piece.describe(path)
        except carrier.Unreadable:
            continue
        if dbid in (None, about["dbid"]):
            told.append((int(about["scn"]), path))
    return max(told)[1] if told else None


def write(run: Run, held: Piece, target: str | None, *, name: str = "") -> list[Path]:
    """Write the control files that a piece holds, for a database of another name if one is given."""
    state = run.state
    paths = [Path(target)] if target else control_files(state)
    for path in paths:
        if wrong := reading.not_created(state, path):
            raise failed_command("restore", f"ORA-19870: error while restoring backup piece {path}", *wrong)
    known = control.decoded(held.control) | {"needs_resetlogs": True}
    known["name"] = name or known["name"]
    known["datafiles"] = [{**file, "made_as": segments.made_as(file)} for file in known["datafiles"]]
    known["logfiles"] = known.get("logfiles") or _logs_of(known)
    for path in paths:
        control.write(path, known)
    return paths


def _logs_of(known: State) -> list[str]:
    from hisops.lab.reopening import logfiles

    return logfiles(known)


def _write_spfile(run: Run, held: Piece, target: str | None) -> list[Path]:
    state = run.state
    path = Path(target) if target else Path(state["home"]) / "dbs" / f"spfile{state['sid']}.ora"
    if wrong := reading.not_created(state, path):
        raise failed_command("restore", *wrong)
    path.write_text(held.spfile or "")
    return [path]
