"""RESTORE DATABASE | DATAFILE and SWITCH: data files out of backup sets, the newest that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hisops.lab.media import checkpoint, datafile, piece
from hisops.lab.media.carrier import Unreadable
from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman import sets
from hisops.lab.tools.rman.pieces import stamp_of
from hisops.lab.tools.rman.rebuild import naming, reading
from hisops.lab.tools.rman.rebuild.limits import limit, take_until
from hisops.lab.tools.rman.rebuild.reading import Set, Unusable
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, numbers, option

_LOST = "RMAN-06026: some targets not found - aborting restore"


def restore(run: Run, words: list[str]) -> None:
    """RESTORE DATABASE | DATAFILE n [FROM TAG t] [UNTIL …]."""
    rest = list(words)
    tag, until = option(rest, "from", "tag"), take_until(rest) or run.plan.until
    force = flag(rest, "force")
    flag(rest, "check", "readonly")
    files = _wanted(run.state, rest)
    if run.state["status"] != "MOUNTED":
        raise failed_command("restore", _not_mounted(run.state))
    before = limit(run, until, "restore")
    run.say("", f"Starting restore at {run.when()}")
    run.take_channel()
    run.say("")
    names = {int(file["file"]): naming.target(run.state, file, run.plan) for file in files}
    naming.refuse_clashes(names)
    fit = [one for one in reading.known(run.state) if one["kind"] == "D" and (tag is None or one["tag"] == tag.upper())]
    Restoring(run, names, fit, before.scn if before.scn is not None else _end_of(run.state, before.sequence)).do(
        force=force
    )
    checkpoint.forget(run.desk.store, run.database)
    with run.desk.store.change(run.database) as state:
        state["copies"] = state.get("copies", {}) | {str(number): str(path) for number, path in names.items()}
    run.say(f"Finished restore at {run.when()}")


def _not_mounted(state: State) -> str:
    if state["status"] == "OPEN":
        return "RMAN-06496: must use the TO clause when the database is mounted or open"
    return "ORA-01507: database not mounted"


def _wanted(state: State, rest: list[str]) -> list[State]:
    known = state["datafiles"]
    if flag(rest, "database") and not rest:
        return list(known)
    if rest[:1] == ["datafile"]:
        tail = rest[1:]
        chosen = numbers(tail)
        found = [file for file in known if str(file["file"]) in chosen]
        if not tail and len(found) == len(chosen):
            return found
        raise failed_command("restore", "RMAN-20201: datafile not found in the recovery catalog",
                             f"RMAN-06010: error while looking up datafile: {chosen[0] if chosen else ''}")  # fmt: skip
    raise syntax_error(rest[-1] if rest else "restore")


def _end_of(state: State, sequence: int | None) -> int | None:
    """Return the SCN with which a log begins, if it is known."""
    if sequence is None:
        return None
    from hisops.lab.tools.rman.rebuild.limits import all_logs

    own = [log for log in all_logs(state) if log["resetlogs"] == state["incarnations"][-1]["resetlogs"]]
    return next((int(log["first"]) for log in own if log["sequence"] == sequence), None)


class Restoring:
    """One restore of data files: which are left, which sets could not be read."""

    def __init__(self, run: Run, names: dict[int, Path], fit: Sequence[Set], before: int | None) -> None:
        self._run = run
        self._names = names
        self._fit = list(fit)
        self._before = before
        self._left = sorted(names)
        self._failed = False

    def do(self, *, force: bool) -> None:
        """Restore all files; where a set cannot be read, from older ones."""
        self._refuse_missing()
        if not force:
            self._skip_restored()
        while self._left:
            lost = [number for number in self._left if not self._bases(number)]
            if lost:
                self._create(lost)
                continue
            one = self._bases(self._left[0])[0]
            self._set(one, [number for number in self._left if self._bases(number)[0] is one])

    def _bases(self, number: int) -> list[Set]:
        return sets.base_of(self._run.state, number, self._fit, self._before)

    def _refuse_missing(self) -> None:
        missing = [number for number in self._left if not self._bases(number) and not self._redo_is_whole(number)]
        if missing:
            lines = [f"RMAN-06023: no backup or copy of datafile {number} found to restore" for number in missing[::-1]]
            raise failed_command("restore", _LOST, *lines)

    def _redo_is_whole(self, number: int) -> bool:
        """Whether all redo since the file was created is there, so that it can be made anew."""
        from hisops.lab.tools.rman.rebuild.limits import all_logs

        file = self._file(number)
        logs = all_logs(self._run.state)
        return "created" in file and bool(logs) and int(logs[0]["first"]) <= int(file["created"])

    def _skip_restored(self) -> None:
        for number in list(self._left):
            try:
                header = datafile.header_of(self._names[number], number)
            except Unreadable:
                continue
            base = self._bases(number)
            if base and header.checkpoint == base[0]["parts"][str(number)]["checkpoint"]:
                self._run.say(f"skipping datafile {number}; already restored to file {self._names[number]}")
                self._left.remove(number)
        if not self._left:
            self._run.say("restore not done; all files read only, offline, excluded, or already restored")

    def _set(self, one: Set, files: list[int]) -> None:
        run, handle = self._run, str(one["handle"])
        run.on_channel("starting datafile backup set restore", "specifying datafile(s) to restore from backup set")
        run.on_channel(*(f"restoring datafile {number:05d} to {self._names[number]}" for number in files))
        run.on_channel(f"reading from backup piece {handle}")
        run.desk.crossroads("rman")
        run.desk.pause(1)
        for number in files:
            if wrong := self._not_created(number):
                raise failed_command("restore", f"ORA-19870: error while restoring backup piece {handle}", *wrong)
        try:
            held = reading.read(run, handle)
        except Unusable as problem:
            run.on_channel(problem.lines[0])
            run.say(*problem.lines[1:], "", "failover to previous backup", "")
            self._fit.remove(one)
            return
        piece.create_files([held], {number: self._names[number] for number in files})
        reading.finished(run, one, handle)
        self._left = [number for number in self._left if number not in files]

    def _not_created(self, number: int) -> tuple[str, ...]:
        path = self._names[number]
        if self._run.plan.names.get("database") == "new":
            path.parent.mkdir(parents=True, exist_ok=True)
        return reading.not_created(self._run.state, path)

    def _create(self, lost: list[int]) -> None:
        """Make empty files of those of which no backup can be read; the system's cannot be made."""
        state = self._run.state
        for number in lost:
            path, file = self._names[number], self._file(number)
            self._run.say(f"creating datafile file number={number} name={path}")
            if checkpoint.tablespace(file) == "SYSTEM":
                raise failed_command("restore", f"ORA-01180: can not create datafile {number}",
                                     f"ORA-01110: data file {number}: '{path}'")  # fmt: skip
            if wrong := reading.not_created(state, path):
                raise failed_command("restore", "ORA-01119: error in creating database file "
                                     f"'{path}'", *wrong[1:])  # fmt: skip
            created = int(file.get("created", state["incarnations"][0]["resetlogs"]))
            header = checkpoint.header(state, file, 12, fuzzy=False)
            datafile.create(path, header, {})
            branch = int(state["incarnations"][0]["resetlogs"])
            datafile.stamp(path, header, checkpoint=created, resetlogs=branch, fuzzy=True)
            self._left.remove(number)

    def _file(self, number: int) -> State:
        found: State = next(file for file in self._run.state["datafiles"] if file["file"] == number)
        return found


def switch(run: Run, words: list[str]) -> None:
    """SWITCH DATAFILE ALL | DATABASE TO COPY | TEMPFILE ALL."""
    match words[1:]:
        case ["datafile", "all"] | ["database", "to", "copy"]:
            _switch_files(run)
        case ["tempfile", "all"]:
            _switch_temp(run)
        case _:
            raise syntax_error(words[-1])


def _switch_files(run: Run) -> None:
    with run.desk.store.change(run.database) as state:
        copies, done = state.get("copies", {}), []
        for file in state["datafiles"]:
            if (path := copies.get(str(file["file"]))) and path != file["name"]:
                file["name"] = path
                done.append(file)
    run.say("")
    stamp = stamp_of(now())
    for at, file in enumerate(done, start=len(done) + 1):
        run.say(f"datafile {file['file']} switched to datafile copy",
                f"input datafile copy RECID={at} STAMP={stamp} file name={file['name']}")  # fmt: skip


def _switch_temp(run: Run) -> None:
    from hisops.lab.views.recovery import temp_names

    with run.desk.store.change(run.database) as state:
        names = [run.plan.names.get(f"tempfile {at}", name) for at, name in enumerate(temp_names(state), start=1)]
        moved = [(at, new) for at, (new, old) in enumerate(zip(names, temp_names(state), strict=True), 1) if new != old]
        state["tempfiles"] = names
    run.say("", *(f"renamed tempfile {at} to {name} in control file" for at, name in moved))
