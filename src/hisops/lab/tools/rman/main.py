"""The command line of RMAN, its command file, and how it ends."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from hisops.lab import backup_faults
from hisops.lab.tools import names
from hisops.lab.tools.database import NOT_AVAILABLE, name_of
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import banner_date, now
from hisops.lab.tools.rman import channels
from hisops.lab.tools.rman.backup import run_backup
from hisops.lab.tools.rman.configure import configure, show
from hisops.lab.tools.rman.jobs import job_begin, job_end
from hisops.lab.tools.rman.listing import listing
from hisops.lab.tools.rman.rebuild import commands as rebuild
from hisops.lab.tools.rman.rebuild.duplicate import duplicate
from hisops.lab.tools.rman.rebuild.settings import set_
from hisops.lab.tools.rman.retention import report
from hisops.lab.tools.rman.run import RmanFailed, Run, syntax_error
from hisops.lab.tools.rman.script import Command, parsed
from hisops.lab.tools.rman.upkeep import catalog, crosscheck, delete
from hisops.lab.tools.rman.validation import validate

_COMMANDS: dict[str, Callable[[Run, list[str]], None]] = {
    "backup": run_backup,
    "validate": validate,
    "restore": rebuild.restore,
    "recover": rebuild.recover,
    "switch": rebuild.switch,
    "reset": rebuild.reset,
    "drop": rebuild.drop,
    "duplicate": duplicate,
    "list": listing,
    "crosscheck": crosscheck,
    "delete": delete,
    "catalog": catalog,
    "report": report,
    "show": show,
    "allocate": channels.allocate,
    "release": channels.release,
    "set": set_,
    "startup": channels.startup,
    "shutdown": channels.shutdown,
}
_BY_TEXT: dict[str, Callable[[Run, str], None]] = {
    "configure": configure,
    "sql": channels.sql,
    "alter": channels.sql,
}
_WITHOUT_INSTANCE = ("startup", "shutdown", "set")
_TARGETS = ("/", "/ as sysbackup", "/ as sysdba")
_LOGON = re.compile(r'(?P<user>\w+)/(?P<password>"[^"]*"|[^@\s]*)(?:@(?P<where>\S+))?(?: as sys(?:dba|backup))?', re.I)


def run(desk: Desk) -> int:
    """Do what the command line says."""
    options = _options(desk.argv)
    if options is None:
        desk.out("Argument     Value          Description", "RMAN-00552: syntax error in command line arguments")
        return 1
    log = Path(options["log"]) if "log" in options else None
    rman = Run(desk, name_of(desk) or "", 0, log)
    moment = now()
    release = desk.machine.release
    version = desk.store.read(rman.database)["version"] if rman.database else release.number
    rman.say("", f"Recovery Manager: Release {release.number} - Production on {banner_date(moment)}")
    rman.say(*([f"Version {version}"] if release.container else []), "")
    until = moment.year if release.container else release.until - 2
    rman.say(f"Copyright (c) 1982, {until}, Oracle and/or its affiliates.  All rights reserved.", "")
    try:
        text = Path(options["cmdfile"]).read_text() if "cmdfile" in options else sys.stdin.read()
    except OSError:
        rman.failure(f"RMAN-06999: could not open command file {options['cmdfile']}")
        return 1
    given = options.get("auxiliary") or options.get("target")
    code, role = 1, "auxiliary" if "auxiliary" in options else "target"
    if given is None or _connect(rman, given, role):
        rman.connected = given is not None
        code = _carry_out(rman, text, stops="cmdfile" in options)
    rman.say("", "", "Recovery Manager complete.")
    return code


def _options(argv: list[str]) -> dict[str, str] | None:
    """Return the arguments by name; both `target /` and `cmdfile=x` are how people write them."""
    found: dict[str, str] = {}
    queue = list(argv)
    while queue:
        word = queue.pop(0)
        name, equals, value = word.partition("=")
        if name.lower() == "nocatalog":
            continue
        if word.startswith("@"):
            found["cmdfile"] = word[1:]
        elif name.lower() in ("target", "auxiliary", "cmdfile", "log"):
            if not equals and not queue:
                return None
            found[name.lower()] = value if equals else queue.pop(0)
        else:
            return None
    for name in ("cmdfile", "log"):
        if name in found:
            found[name] = found[name].strip("'\"")
    return found


def _connect(rman: Run, target: str, role: str = "target") -> bool:
    """Log in: by the operating system, or as SYS with the password, here or over the net."""
    who = target.strip("'\"")
    state = rman.desk.store.read(rman.database) if rman.database else None
    if who.lower() not in _TARGETS and not _knows(rman, who):
        return False
    if state is None or state["status"] == "DOWN":
        if rman.database and state:
            rman.say(f"connected to {role} database (not started)", "")
            return True
        rman.failure("RMAN-04005: error from target database: ", *NOT_AVAILABLE[:3])
        return False
    if state["status"] == "STARTED":
        rman.say(f"connected to {role} database: {state['name']} (not mounted)", "")
        return True
    mounted = "" if state["status"] == "OPEN" else f", {'not open' if state['status'] == 'MOUNTED' else 'not mounted'}"
    rman.say(f"connected to target database: {state['name']} (DBID={state['dbid']}{mounted})", "")
    return True


def _knows(rman: Run, who: str) -> bool:
    found = _LOGON.fullmatch(who)
    if found and found["where"]:
        try:
            rman.database = names.find(rman.desk, found["where"])
        except names.NotReached as problem:
            rman.failure("RMAN-04005: error from target database: ", str(problem))
            return False
    password = str(rman.desk.lab["password"])
    if found is None or found["user"].upper() != "SYS" or found["password"].strip('"') != password:
        rman.failure("RMAN-04005: error from target database: ", "ORA-01017: invalid username/password; logon denied")
        return False
    return True


def _log_on(rman: Run, words: list[str]) -> None:
    """CONNECT TARGET."""
    if len(words) != 3 or words[1] != "target":
        raise syntax_error(words[-1])
    rman.connected = _connect(rman, words[2])


def _carry_out(rman: Run, text: str, stops: bool) -> int:
    """Carry out the commands. A command file ends at the first error, standard input goes on as if nothing were, and
    is not repeated on the screen; what is left of a run block is passed over."""
    lines = text.rstrip("\n").split("\n") if stops else [""]
    rman.say(f"RMAN> {lines[0]}", *(f"{number}> {line}" for number, line in enumerate(lines[1:], start=2)))
    rman.from_file = stops
    todo = parsed(text)
    failed, broken = False, 0
    for command in todo:
        if command.words[0] in ("exit", "quit"):
            break
        if command.block and command.block == broken:
            continue
        try:
            _step(rman, command)
        except RmanFailed as problem:
            failed, broken = True, command.block
            channels.end_of_block(rman)
            rman.failure(*problem.lines)
            if stops:
                break
    channels.end_of_block(rman)
    _end(rman, failed)
    return 1 if failed and stops else 0


def _step(rman: Run, command: Command) -> None:
    if rman.block and rman.block != command.block:
        channels.end_of_block(rman)
    rman.block = command.block
    _one(rman, command)


def _one(rman: Run, given: Command) -> None:
    words = given.words
    if words[0] == "connect":
        _log_on(rman, words)
        return
    command, by_text = _COMMANDS.get(words[0]), _BY_TEXT.get(words[0])
    if command is None and by_text is None:
        raise syntax_error(words[0])
    if not rman.connected:
        raise RmanFailed(
            f"RMAN-03002: failure of {words[0]} command at {now():%m/%d/%Y %H:%M:%S}",
            "RMAN-06171: not connected to target database",
        )
    if rman.state["status"] == "DOWN" and words[0] not in _WITHOUT_INSTANCE:
        raise RmanFailed(
            f"RMAN-03002: failure of {words[0]} command at {now():%m/%d/%Y %H:%M:%S}",
            "RMAN-12010: automatic channel allocation initialization failed",
            "RMAN-06403: could not obtain a fully authorized session",
            *NOT_AVAILABLE[:2],
        )
    if words[0] == "backup" and "validate" not in words and not rman.session_key:
        _begin(rman)
    if command:
        command(rman, words)
    elif by_text:
        by_text(rman, given.text)


def _begin(rman: Run) -> None:
    """Enter the job of this session into the control file, with its first backup."""
    with rman.desk.store.change(rman.database) as state:
        rman.session_key = max((job["session_key"] for job in state["backup_jobs"]), default=300) + 1
        job_begin(state, rman.session_key)


def _end(rman: Run, failed: bool) -> None:
    if rman.session_key and rman.desk.armed(backup_faults.MISSING_PIECE):
        backup_faults.strike_after_backup(rman.desk.layout, rman.session_key)
    if rman.session_key:
        with rman.desk.store.change(rman.database) as state:
            job_end(state, rman.session_key, failed)
