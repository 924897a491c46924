"""SQL by SQL*Plus on the database's own host, where no driver can go: 11.2, and sites that open no listener to us.

Each statement is one SQL*Plus, fed on stdin: `sqlplus -L -S /nolog`, the login, settings, binds, the statement. What
glogin.sql prints or sets at the login comes before our settings; what counts stands between marks of our own.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hisops.adapters.oracle_failures import LATE, NOT_OPEN, failure
from hisops.adapters.sqlplus_page import NotUnderstood, Page, error_words, read_page
from hisops.adapters.sqlplus_text import NotCarried, Statement, binding, statement
from hisops.errors import HisopsError, StatementFailed, Unreachable, UsageProblem
from hisops.model.site import Connect, Database, RunAs
from hisops.ports import Command, Host, Rows, StdinPart, Stream, Vault

_GRACE = 20.0  # seconds that the host has to end SQL*Plus by itself before the link is cut
_UP = "hisops: the time is up"
# The shell waits for SQL*Plus and ends it when its time is up, so that nothing goes on that nobody waits for.
_SCRIPT = f"""cd / || exit 1
unset TWO_TASK
test -x "$ORACLE_HOME/bin/sqlplus" || {{ printf '%s\\n' "$ORACLE_HOME/bin/sqlplus is not there" >&2; exit 127; }}
exec 3<&0
"$ORACLE_HOME/bin/sqlplus" -L -S /nolog <&3 3<&- &
tool=$!
exec 3<&- </dev/null
(
  left=$HISOPS_SECONDS
  while test "$left" -gt 0; do
    sleep 1
    kill -0 "$tool" 2>/dev/null || exit 0
    left=$((left - 1))
  done
  echo '{_UP}' >&2
  kill "$tool" && sleep 5 && kill -9 "$tool"
) >/dev/null &
wait "$tool"
"""
_QUIET = (
    "SET ECHO OFF", "SET DEFINE OFF", "SET VERIFY OFF", "SET FEEDBACK OFF", "SET SERVEROUTPUT OFF", "SET AUTOTRACE OFF",
    "SET AUTOCOMMIT OFF", "SET AUTOPRINT OFF", "SET TIMING OFF", "SET TIME OFF", "SET ESCAPE OFF",
)  # fmt: skip
_SHAPE = (
    "CLEAR COLUMNS", "CLEAR BREAKS", "CLEAR COMPUTES", "TTITLE OFF", "BTITLE OFF", "REPHEADER OFF", "REPFOOTER OFF",
    "SET SQLBLANKLINES ON", "SET HEADING ON", "SET HEADSEP OFF", "SET PAGESIZE 50000", "SET LINESIZE 32767",
    "SET LONG 2000000", "SET LONGCHUNKSIZE 32767", "SET NUMWIDTH 50", 'SET NUMFORMAT ""', 'SET NULL ""', "SET WRAP ON",
    "SET TAB OFF", "SET ARRAYSIZE 100", "SET MARKUP HTML OFF",
)  # fmt: skip
_NLS = (
    "NLS_DATE_FORMAT = 'YYYY-MM-DD\"T\"HH24:MI:SS'", "NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6'",
    "NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6'", "NLS_NUMERIC_CHARACTERS = '.,'",
)  # fmt: skip
_CODE = re.compile(r"[A-Z]{2,5}\d?-\d+")
_USER = re.compile(r"[A-Za-z][\w$#]*")
_DSN = re.compile(r"[\w.:/()=\-, ]+")


@dataclass(frozen=True, slots=True)
class Seat:
    """Where SQL*Plus runs for a database: on which host, as whom, with what environment."""

    host: Callable[[], Host]
    run_as: RunAs | None
    env: Mapping[str, str]


def seat(name: str, database: Database, host: Callable[[], Host], run_as: RunAs | None) -> Seat:
    """Return the seat of SQL*Plus for `database`: the owner of its home, on its host."""
    settings = {key: str(value) for key, value in database.settings.items()}
    if not {"oracle_home", "oracle_sid"} <= settings.keys():
        raise UsageProblem(
            "HIS-3035",
            "{database} is asked through SQL*Plus, but its home or its instance is not known.",
            "Give the database oracle_home and oracle_sid under `settings:` in site.yaml.",
            database=name,
        )
    home = settings["oracle_home"]
    env = {"ORACLE_HOME": home, "ORACLE_SID": settings["oracle_sid"]}
    env |= {"LD_LIBRARY_PATH": f"{home}/lib", "LIBPATH": f"{home}/lib"}
    if "tns_admin" in settings:
        env["TNS_ADMIN"] = settings["tns_admin"]
    return Seat(host, run_as, env)


class SqlplusSql:
    """Satisfies the port `Sql`. Keeps no session: each statement logs in, and a write is committed by name."""

    def __init__(self, name: str, connect: Connect, vault: Vault, seat: Seat) -> None:
        self._name = name
        self._connect = connect
        self._vault = vault
        self._seat = seat
        self._answered = False

    def run(self, text: str, binds: Mapping[str, Any], *, read_only: bool, timeout: float | None = None) -> Rows:
        """Carry out one statement; commit unless `read_only`.

        A statement that only reads is asked once more when the link to the host has died since the last one. Raises
        StatementFailed with Oracle's words, Unreachable when there is no session, TimeoutError when late.
        """
        try:
            carried, bound = statement(text), binding(binds)
        except NotCarried as reason:
            raise self._refused(str(reason)) from None
        try:
            return self._guarded(carried, bound, read_only, timeout)
        except Unreachable as error:
            if not (read_only and self._answered) or error.code.startswith("HIS-303"):
                raise
            return self._guarded(carried, bound, read_only, timeout)

    def close(self) -> None:
        """There is nothing to close: the host hangs up its own link."""

    def _guarded(self, carried: Statement, bound: list[str], read_only: bool, timeout: float | None) -> Rows:
        """Read behind SET TRANSACTION READ ONLY. A database that is only mounted refuses it: nothing can be written."""
        first = ["SET TRANSACTION READ ONLY;"] if read_only else []
        told = self._ask(carried, [*bound, *first], read_only, timeout)
        if first and told.stage == "ready" and NOT_OPEN in error_words(told.text):
            told = self._ask(carried, bound, read_only, timeout)
        self._answered = True
        if told.stage == "end":
            return self._rows(carried, told.answer)
        raise self._failed(told)

    def _ask(self, carried: Statement, before: list[str], read_only: bool, timeout: float | None) -> _Told:
        token = secrets.token_hex(12)
        out: dict[Stream, list[bytes]] = {"stdout": [], "stderr": []}
        seconds = 10**8 if timeout is None else max(1, math.ceil(timeout))
        command = Command(
            script=_SCRIPT,
            env={**self._seat.env, "HISOPS_SECONDS": str(seconds)},
            stdin=self._lines(token, carried, before, read_only),
            run_as=self._seat.run_as,
        )
        self._seat.host().run(
            command, lambda stream, data: out[stream].append(data), None if timeout is None else seconds + _GRACE
        )
        stdout, stderr = (_decoded(b"".join(parts)) for parts in out.values())
        if _UP in stderr:
            raise TimeoutError(f"SQL*Plus was ended after {seconds} s")
        return _told(token, stdout, stderr)

    def _lines(self, token: str, carried: Statement, before: list[str], read_only: bool) -> list[StdinPart]:
        """Return what SQL*Plus reads. The password is a part of its own, revealed only on its way to the host."""
        head = ["WHENEVER OSERROR EXIT FAILURE ROLLBACK", "WHENEVER SQLERROR EXIT FAILURE ROLLBACK", *_QUIET]
        tail = [
            *_QUIET,
            *_SHAPE,
            f"PROMPT hisops:{token}:asking",
            f"ALTER SESSION SET {' '.join(_NLS)};",
            f"PROMPT hisops:{token}:ready",
            *before,
            "SET FEEDBACK 1",
            "SET MARKUP HTML ON ENTMAP ON SPOOL OFF PREFORMAT OFF",
            f"PROMPT hisops:{token}:sent",
            *carried.lines,
            "/",
            "SET MARKUP HTML OFF",
            "SET FEEDBACK OFF",
            f"PROMPT hisops:{token}:done",
            "ROLLBACK;" if read_only else "COMMIT;",
            f"PROMPT hisops:{token}:end",
            "EXIT SUCCESS ROLLBACK",
        ]
        return ["\n".join(head) + "\n", *self._login(), "\n" + "\n".join(tail) + "\n"]

    def _login(self) -> list[StdinPart]:
        connect = self._connect
        mode = "" if connect.mode == "normal" else f" AS {connect.mode.upper()}"
        if connect.user is None:
            return [f"CONNECT /{mode}"]
        password = self._vault.get(connect.password or "")
        if not _USER.fullmatch(connect.user) or not _DSN.fullmatch(connect.dsn or "x"):
            raise self._refused("its user or its dsn holds a character that SQL*Plus would read otherwise")
        if re.search(r'["\0\r\n]', password.reveal()):
            raise self._refused("its password holds a quote or a line break")
        where = f"@{connect.dsn}" if connect.dsn else ""
        return [f'CONNECT {connect.user}/"', password, f'"{where}{mode}']

    def _rows(self, carried: Statement, answer: str) -> Rows:
        try:
            page = read_page(answer)
            if words := error_words(page.text):
                raise self._said(words)
            if not carried.query:
                return Rows(count=page.counted or 0)
            if page.counted != len(page.rows):
                raise NotUnderstood(f"it holds {len(page.rows)} rows, SQL*Plus counts {page.counted}")
            return Rows(columns=_named(carried, page), rows=tuple(page.rows), count=len(page.rows))
        except NotUnderstood as reason:
            raise StatementFailed(
                "HIS-3036",
                "The answer of SQL*Plus on {database} cannot be read: {reason}.",
                "Run the statement by hand; it is in the log.",
                database=self._name,
                reason=str(reason),
            ) from None

    def _failed(self, told: _Told) -> HisopsError | TimeoutError:
        """Return what it means that SQL*Plus did not come to the end; `told.stage` is how far it came."""
        words = error_words(told.text) or " ".join(told.text.split())[-500:] or "SQL*Plus ended without a word"
        return self._said(words, session=told.stage in {"ready", "sent", "done"})

    def _said(self, words: str, *, session: bool = True) -> HisopsError | TimeoutError:
        code = words.partition(":")[0]
        if code in LATE:
            return TimeoutError(words)
        return failure(
            code,
            words,
            database=self._name,
            user=self._connect.user or "/",
            mode=self._connect.mode,
            session=session,
            dead=not _CODE.fullmatch(code),  # it was cut off, and nobody knows at what
        )

    def _refused(self, reason: str) -> StatementFailed:
        return StatementFailed(
            "HIS-3030",
            "{database} is asked through SQL*Plus, which cannot take this: {reason}.",
            "Change it, or use a driver: `driver: thin` or `thick` of the database in site.yaml.",
            database=self._name,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """How far SQL*Plus came, what it said from there on, and what it answered to the statement."""

    stage: str
    text: str
    answer: str


def _told(token: str, stdout: str, stderr: str) -> _Told:
    parts = re.split(rf"^\s*hisops:{token}:(\w+)[^\S\n]*(?:<br>)?[^\S\n]*$", stdout, flags=re.MULTILINE)
    reached = dict(zip(parts[1::2], parts[2::2], strict=True))
    stage = parts[-2] if reached else ""
    before = parts[0]
    if "SP2-0640" in reached.get("asking", ""):  # not connected: it goes on all the same, and does nothing
        return _Told("", f"{error_words(before) or before}\n{stderr}", "")
    text = parts[-1] + "\n" + stderr if stage not in {"", "asking"} else "\n".join([parts[-1], stderr])
    return _Told(stage, text, reached.get("sent", ""))


def _named(carried: Statement, page: Page) -> tuple[str, ...]:
    """Return the names of the columns: the statement's own where a heading is the beginning of one."""
    own = carried.columns
    if not page.headings:
        return tuple(name for name in own if name) if all(own) else ()
    if len(own) != len(page.headings):
        own = (None,) * len(page.headings)
    pairs = zip(own, page.headings, strict=True)
    return tuple(name if name and name.startswith(head.lower()) else head.lower() for name, head in pairs)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace").replace("\r\n", "\n")
