"""The command line of SQL*Plus."""

from __future__ import annotations

import sys

from hisops.lab.tools.database import environment_problem, name_of
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import banner_date, now
from hisops.lab.tools.sqlplus.own import COMMANDS
from hisops.lab.tools.sqlplus.plus import Leave, Plus

_FLAGS = ("-s", "-l", "-nologintime", "-silent", "-logon")


def run(desk: Desk) -> int:
    """sqlplus [-L] [-S] [/nolog | LOGON] [@script]."""
    if problem := environment_problem(desk, "SQL*Plus"):
        desk.out(*problem)
        return 1
    flags = {word.lower() for word in desk.argv if word.lower() in _FLAGS}
    words = [word for word in desk.argv if word.lower() not in _FLAGS]
    if any(word.startswith("-") for word in words):
        desk.out("SP2-0306: Invalid option.", "Usage: SQLPLUS [[<option>] [<logon> | /NOLOG] [<start>]]")
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
    database = name_of(desk)
    version = desk.store.read(database)["version"] if database else "19.0.0.0.0"
    desk.out("", f"SQL*Plus: Release 19.0.0.0.0 - Production on {banner_date(now())}", f"Version {version}", "")
    desk.out("Copyright (c) 1982, 2025, Oracle.  All rights reserved.", "")


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
