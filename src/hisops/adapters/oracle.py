"""One Oracle session by python-oracledb: thin, or thick where the site says so."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hisops.adapters.oracle_failures import LATE, NOT_OPEN, failure
from hisops.errors import HisopsError, Unreachable
from hisops.model.site import Connect
from hisops.ports import Rows, Vault

_CONNECT = 20


class OracleSql:
    """Satisfies the port `Sql`. Connects at the first statement, and again after a loss."""

    def __init__(self, name: str, connect: Connect, vault: Vault) -> None:
        self._name = name
        self._connect = connect
        self._vault = vault
        self._session: Any = None
        self._lock = threading.Lock()

    def run(self, text: str, binds: Mapping[str, Any], *, read_only: bool, timeout: float | None = None) -> Rows:
        """Carry out one statement; commit unless `read_only`.

        A session that an instance's restart has cut is made anew, once, for a statement that only reads. Raises
        StatementFailed with Oracle's words, Unreachable when there is no session, TimeoutError when late.
        """
        with self._lock:
            kept = self._session is not None
            try:
                return self._once(text, binds, read_only, timeout)
            except Unreachable:
                if not (kept and read_only):
                    raise
                return self._once(text, binds, read_only, timeout)

    def _once(self, text: str, binds: Mapping[str, Any], read_only: bool, timeout: float | None) -> Rows:
        import oracledb

        try:
            session = self._open()
            session.call_timeout = 0 if timeout is None else max(1, int(timeout * 1000))
            return _carry_out(session, text, binds, read_only)
        except oracledb.Error as error:
            raise self._told(error) from error

    def close(self) -> None:
        """End the session."""
        import oracledb

        with self._lock:
            session, self._session = self._session, None
            if session is not None:
                try:
                    session.close()
                except oracledb.Error:
                    return  # it was gone already

    def _open(self) -> Any:
        import oracledb

        if self._session is not None and self._session.is_healthy():
            return self._session
        if self._connect.driver == "thick" and oracledb.is_thin_mode():
            oracledb.init_oracle_client()
        modes = {
            "normal": oracledb.AUTH_MODE_DEFAULT,
            "sysdba": oracledb.AUTH_MODE_SYSDBA,
            "sysbackup": oracledb.AUTH_MODE_SYSBKP,
            "sysdg": oracledb.AUTH_MODE_SYSDGD,
        }
        self._session = oracledb.connect(
            user=self._connect.user,
            password=self._vault.get(self._connect.password or "").reveal(),
            dsn=self._connect.dsn,
            mode=modes[self._connect.mode],
            tcp_connect_timeout=_CONNECT,
            retry_count=0,
        )
        return self._session

    def _told(self, error: Exception) -> HisopsError | TimeoutError:
        """Return the error of ours for one of the driver; forget the session where it cannot be trusted any more."""
        detail = error.args[0] if error.args else None
        words = "\n".join(line for line in str(error).splitlines() if not line.startswith("Help: ")).strip()
        code = str(getattr(detail, "full_code", "") or "")
        if code in LATE:
            self._recover()
            return TimeoutError(words)
        dead = bool(getattr(detail, "is_session_dead", False)) or code.startswith("DPY-6")
        told = failure(
            code, words, database=self._name, user=self._connect.user or "", mode=self._connect.mode,
            session=self._session is not None, dead=dead,
        )  # fmt: skip
        if not isinstance(told, Unreachable):
            self._recover()
        elif told.code != "HIS-3032":
            self._session = None
        return told

    def _recover(self) -> None:
        """Roll back; a session that cannot do that is made anew by the next statement."""
        import oracledb

        try:
            if self._session is not None:
                self._session.call_timeout = 5000
                self._session.rollback()
        except oracledb.Error:
            self._session = None


def _carry_out(session: Any, text: str, binds: Mapping[str, Any], read_only: bool) -> Rows:
    with session.cursor() as cursor:
        if read_only:
            _begin_reading(session, cursor)
        cursor.arraysize = 1000
        cursor.outputtypehandler = _output_type
        cursor.execute(text, dict(binds))
        rows = _rows(cursor)
        if read_only:
            session.rollback()
        else:
            session.commit()
        return rows


def _begin_reading(session: Any, cursor: Any) -> None:
    """Begin a transaction that cannot write. A database that is only mounted has none, and nothing to write to."""
    import oracledb

    session.rollback()  # SET TRANSACTION must come first in its transaction
    try:
        cursor.execute("SET TRANSACTION READ ONLY")
    except oracledb.DatabaseError as error:
        if getattr(error.args[0], "full_code", "") != NOT_OPEN:
            raise


def _rows(cursor: Any) -> Rows:
    if cursor.description is None:
        return Rows(count=max(0, cursor.rowcount))
    columns = tuple(str(column[0]).lower() for column in cursor.description)
    rows = tuple(tuple(plain(value) for value in row) for row in cursor)
    return Rows(columns=columns, rows=rows, count=len(rows))


def _output_type(cursor: Any, metadata: Any) -> Any:
    """Fetch numbers exactly and LOBs as values."""
    import oracledb

    targets = {
        oracledb.DB_TYPE_NUMBER: Decimal,
        oracledb.DB_TYPE_CLOB: oracledb.DB_TYPE_LONG,
        oracledb.DB_TYPE_NCLOB: oracledb.DB_TYPE_LONG_NVARCHAR,
        oracledb.DB_TYPE_BLOB: oracledb.DB_TYPE_LONG_RAW,
    }
    target = targets.get(metadata.type_code)
    return None if target is None else cursor.var(target, arraysize=cursor.arraysize)


def plain(value: Any) -> Any:
    """Return a value that canonical JSON takes: whole numbers as int, other numbers and times as text."""
    if isinstance(value, Decimal):
        return _whole(int(value)) if value == value.to_integral_value() else format(value, "f")
    if isinstance(value, float):
        return _whole(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int):
        return value if isinstance(value, bool) else _whole(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, str) else str(value)


def _whole(value: int) -> int | str:
    """Integers of 2^53 and more (an SCN may be one) go as text."""
    return value if abs(value) < 2**53 else str(value)
