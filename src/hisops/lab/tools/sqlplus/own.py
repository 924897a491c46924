"""The commands of SQL*Plus itself, one function each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hisops.lab import lifecycle
from hisops.lab.tools.database import NOT_AVAILABLE
from hisops.lab.tools.sqlplus.columns import ColumnRefused, told
from hisops.lab.tools.sqlplus.plus import Leave, Plus, exit_code
from hisops.lab.tools.sqlplus.reader import Piece
from hisops.lab.tools.sqlplus.session import Connection
from hisops.lab.tools.sqlplus.variables import VariableRefused

_SILENT_SETTINGS = {
    "ECHO", "VERIFY", "VER", "TRIMSPOOL", "TRIMS", "TRIMOUT", "TAB", "TERMOUT", "TERM", "SERVEROUTPUT", "SERVEROUT",
    "SQLPROMPT", "SQLP", "DEFINE", "DEF", "LONGCHUNKSIZE", "COLSEP", "TIME", "TIMING", "TIMI", "WRAP", "ESCAPE",
    "SQLBLANKLINES", "EXITCOMMIT", "ERRORLOGGING", "ARRAYSIZE", "UNDERLINE", "SPACE",
    "NEWPAGE", "SQLNUMBER", "AUTOCOMMIT", "AUTOTRACE", "AUTOPRINT", "HEADSEP", "NUMFORMAT",
}  # fmt: skip
_PFILE = re.compile(r"\bpfile\s*=\s*('[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE)


def _set(plus: Plus, rest: str) -> None:
    words = rest.split()
    while words:
        name = words.pop(0).upper()
        value = words.pop(0) if words else ""
        on = value.upper() != "OFF"
        match name:
            case "PAGESIZE" | "PAGES":
                plus.look.pagesize = int(value) if value.isdigit() else 14
            case "LINESIZE" | "LINES" | "LIN":
                plus.look.linesize = int(value) if value.isdigit() else 80
            case "HEADING" | "HEA":
                plus.look.heading = on
            case "MARKUP":
                if said := plus.markup.set([value.upper(), *(word.upper() for word in words)]):
                    plus.say(said)
                return
            case "NUMWIDTH" | "NUM":
                plus.look.numwidth = int(value) if value.isdigit() else 10
            case "LONG":
                plus.look.long = int(value) if value.isdigit() else 80
            case "NULL" | "NUL":
                plus.look.null = value.strip("'\"")
            case "FEEDBACK" | "FEED":
                plus.look.feedback = int(value) if value.isdigit() else int(on)
            case _ if name not in _SILENT_SETTINGS:
                plus.say(f'SP2-0158: unknown SET option "{name}"')
                return


def _prompt(plus: Plus, rest: str) -> None:
    plus.say(rest)


def _whenever(plus: Plus, rest: str) -> None:
    words = rest.upper().split()
    if words[:1] == ["SQLERROR"]:
        plus.on_error = " ".join(words[1:])
    elif words[:1] == ["OSERROR"]:
        plus.on_os_error = " ".join(words[1:])
    else:
        plus.say("SP2-0735: unknown WHENEVER option beginning " + f'"{rest[:10]}..."')


def _exit(plus: Plus, rest: str) -> None:
    words = rest.upper().split()
    plus.log_off(keep=words[-1:] != ["ROLLBACK"])
    raise Leave(exit_code(words[0] if words else "SUCCESS", plus.last_code))


def _startup(plus: Plus, rest: str) -> None:
    named = _PFILE.search(rest)
    given = _PFILE.sub("", rest).lower().split()
    words = [word for word in given if word not in ("open", "restrict", "upgrade", "quiet")]
    unknown = [word for word in words if word not in ("mount", "nomount", "force")]
    if unknown:
        plus.say("SP2-0714: invalid combination of STARTUP options")
        return
    connection = _privileged(plus)
    if connection is None:
        return
    if connection.state["status"] != "DOWN":
        if "force" not in words:
            plus.say("ORA-01081: cannot start already-running ORACLE - shut it down first")
            return
        lifecycle.stop(plus.desk, connection.database, "abort", lambda *_: None)
    upto = next((word for word in words if word != "force"), "open")
    pfile = Path(named[1].strip("'\"")) if named else None
    lifecycle.start(plus.desk, connection.database, upto, plus.say, pfile=pfile)
    if "restrict" in given and connection.state["status"] != "DOWN":
        with plus.desk.store.change(connection.database) as state:
            state["restricted"] = True


def _shutdown(plus: Plus, rest: str) -> None:
    how = rest.lower() or "normal"
    if how not in ("normal", "immediate", "transactional", "abort"):
        plus.say("SP2-0717: illegal SHUTDOWN option")
        return
    connection = _privileged(plus)
    if connection is None:
        return
    if connection.state["status"] == "DOWN":
        plus.say(*(NOT_AVAILABLE if plus.desk.machine.release.container else NOT_AVAILABLE[:3]))
        return
    lifecycle.stop(plus.desk, connection.database, how, plus.say)
    connection.engine = None


def _privileged(plus: Plus) -> Connection | None:
    if plus.connection is None:
        plus.say("SP2-0640: Not connected")
        return None
    if not plus.connection.sysdba:
        plus.say("ORA-01031: insufficient privileges")
        return None
    return plus.connection


def _show(plus: Plus, rest: str) -> None:
    connection, what = plus.connection, rest.upper()
    if connection is None:
        plus.say("SP2-0640: Not connected")
    elif what == "USER":
        plus.say(f'USER is "{connection.user}"')
    elif what in ("CON_NAME", "CON_ID", "PDBS") and not plus.desk.machine.release.container:
        plus.say(f'SP2-0158: unknown SHOW option "{rest}"')
    elif what == "CON_NAME":
        plus.say("", "CON_NAME", "-" * 30, connection.container)
    elif what == "PDBS":
        plus.say("", "    CON_ID CON_NAME\t\t\t  OPEN MODE  RESTRICTED", f"{'-' * 10} {'-' * 30} {'-' * 10} {'-' * 10}")
        for pdb in connection.state["pdbs"]:
            restricted = "" if pdb["open_mode"] == "MOUNTED" else pdb["restricted"]
            plus.say(f"{pdb['con_id']:>10} {pdb['name']:<30} {pdb['open_mode']:<10} {restricted}".rstrip())
    else:
        plus.say(f'SP2-0158: unknown SHOW option "{rest}"')


def _execute(plus: Plus, rest: str) -> None:
    plus.carry_out(Piece("block", f"BEGIN {rest.rstrip(';')}; END;"))


def _recover(plus: Plus, rest: str) -> None:
    plus.run_sql(f"ALTER DATABASE RECOVER {rest}", "Media recovery complete.")


def _variable(plus: Plus, rest: str) -> None:
    try:
        plus.variables.declare(rest)
    except VariableRefused as refused:
        plus.say(str(refused))


def _column(plus: Plus, rest: str) -> None:
    try:
        told(plus.look.columns, rest)
    except ColumnRefused as refused:
        plus.say(str(refused))


def _clear(plus: Plus, rest: str) -> None:
    if rest.upper() in ("COLUMNS", "COL"):
        plus.look.columns.clear()


def _spool(plus: Plus, rest: str) -> None:
    """SPOOL file [CREATE | REPLACE | APPEND], SPOOL OFF; without a word it says where output goes."""
    words = rest.split()
    if not words:
        plus.say(f"currently spooling to {plus.spool}" if plus.spool else "not spooling currently")
    elif words[0].upper() in ("OFF", "OUT"):
        if plus.spool is None:
            plus.say("not spooling currently")
        plus.spool = None
    else:
        path = Path(words[0].strip("'\""))
        path = path if path.suffix else path.with_suffix(".lst")
        try:
            path.open("ab" if words[-1].upper() in ("APPEND", "APP") else "wb").close()
        except OSError:
            plus.say(f'SP2-0606: Cannot create SPOOL file "{path}"')
            return
        plus.spool = path


def _disconnect(plus: Plus, rest: str) -> None:
    plus.log_off()


COMMANDS: dict[str, Callable[[Plus, str], None]] = {
    "SET": _set,
    "PROMPT": _prompt,
    "PRO": _prompt,
    "WHENEVER": _whenever,
    "EXIT": _exit,
    "QUIT": _exit,
    "STARTUP": _startup,
    "SHUTDOWN": _shutdown,
    "SHOW": _show,
    "EXECUTE": _execute,
    "EXEC": _execute,
    "RECOVER": _recover,
    "VARIABLE": _variable,
    "VAR": _variable,
    "COLUMN": _column,
    "COL": _column,
    "CLEAR": _clear,
    "CL": _clear,
    "SPOOL": _spool,
    "SPO": _spool,
    "DISCONNECT": _disconnect,
    "DISC": _disconnect,
}
