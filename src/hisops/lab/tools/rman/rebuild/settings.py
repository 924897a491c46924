"""SET DBID, UNTIL, NEWNAME and ARCHIVELOG DESTINATION."""

from __future__ import annotations

import re

from hisops.lab.tools.rman import channels
from hisops.lab.tools.rman.rebuild.limits import limit, take_until
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error

_BY_NAME = re.compile(r"(datafile|tempfile|tablespace)")


def set_(run: Run, words: list[str]) -> None:
    """Carry out SET; what is not of a restore is for others."""
    rest = [word for word in words[1:] if word not in ("=", "(", ")")]
    match rest:
        case ["dbid", number] if number.isdigit():
            _dbid(run, int(number))
        case ["until", *_]:
            _until(run, words[1:])
        case ["newname", "for", "database", "to", name]:
            _newname(run, "database", name)
        case ["newname", "for", kind, which, "to", name] if _BY_NAME.fullmatch(kind):
            _newname(run, f"{kind} {which.lower()}", name)
        case ["archivelog", "destination", "to", folder]:
            _only_in_a_block(run, "archivelog")
            run.plan.log_destination = folder
            run.say("", "executing command: SET ARCHIVELOG DESTINATION")
        case _:
            channels.set_(run, words)


def _dbid(run: Run, number: int) -> None:
    if run.state["status"] not in ("DOWN", "STARTED"):
        raise failed_command("set", "RMAN-06188: cannot use command when connected to a mounted target database")
    run.plan.dbid = number
    run.say("", "executing command: SET DBID")


def _until(run: Run, words: list[str]) -> None:
    _only_in_a_block(run, "until")
    rest = list(words)
    until = take_until(rest)
    if until is None or rest:
        raise syntax_error(rest[-1] if rest else "until")
    run.say("", "executing command: SET until clause")
    if run.state["status"] not in ("MOUNTED", "OPEN"):
        raise failed_command("set", "ORA-01507: database not mounted")
    limit(run, until, "set")
    run.plan.until = until


def _newname(run: Run, what: str, name: str) -> None:
    _only_in_a_block(run, "newname")
    run.plan.names[what] = name
    run.say("", "executing command: SET NEWNAME")


def _only_in_a_block(run: Run, word: str) -> None:
    if not run.block:
        raise syntax_error(word)
