"""The command line of SQL*Plus."""

from __future__ import annotations

import sys

from hisops.lab.tools.database import environment_problem, name_of
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import banner_date, now
from hisops.lab.tools.sqlplus.own import COMMANDS
from hisops.lab.tools.sqlplus.plus import Leave, Plus

_FLAGS = ("-s", "-l", "-silent", "-logon")
_SINCE_12 = ("-nologintime",)
_USAGE = (
    "SP2-0306: Invalid option.",
    "Usage: SQLPLUS [ [<option>] [{logon | /nolog}] [<start>] ]",
    '   where <option> is: [-C <version>] [-L] [-M "<options>"] [-R <level>] [-S]',
)


def run(desk: Desk) -> int:
    """sqlplus [-L] [-S] [/nolog | LOGON] [@script]."""
    if [word.upper() for word in desk.argv] == ["-V"]:
        desk.out(*release_lines(desk))
        return 0
    if problem := environment_problem(desk, "SQL*Plus"):
        desk.out(*problem)
        return 1
    known = (*_FLAGS, *(_SINCE_12 if desk.machine.release.container else ()))
    flags = {word.lower() for word in desk.argv if word.lower() in known}
    words = [word for word in desk.argv if word.lower() not in known]
    if any(word.startswith("-") for word in words):
        desk.out(*_USAGE)
        return 1
    script = next((word for word in words if word.startswith("@")), None)
    logon = " ".join(word for word in words if not word.startswith("@"))
    plus = Plus(desk, bool(flags & {"-s", "-silent"}), COMMANDS)
    if not plus.silent:
        _banner(desk)
    if logon.lower() != "/nolog" and not plus.log_on(logon):
        plus.say("SP2-0751: Unable to connect to Oracle.  Exiting SQL*Plus")
        return 1
    return _play(plus, script)


def _banner(desk: Desk) -> None:
    desk.out("", *release_lines(desk, f" on {banner_date(now())}"), "")
    desk.out(f"Copyright (c) 1982, {desk.machine.release.until}, Oracle.  All rights reserved.", "")


def release_lines(desk: Desk, when: str = "") -> list[str]:
    """Return what SQL*Plus says that it is; since 18c its patch level stands on a line of its own."""
    release = desk.machine.release
    if not release.container:
        return [f"SQL*Plus: Release {release.number} Production{when}"]
    database = name_of(desk)
    version = desk.store.read(database)["version"] if database else release.number
    return [f"SQL*Plus: Release {release.number} - Production{when}", f"Version {version}"]


def _play(plus: Plus, script: str | None) -> int:
    try:
        if script:
            plus.play([script])
        for line in sys.stdin:
            if not plus.silent:
                plus.desk.out("SQL> ", end="")
            plus.play_line(line.rstrip("\r\n"))
    except Leave as leave:
        return leave.code
    plus.log_off()
    return 0
