"""One Oracle session by python-oracledb: thin, or thick where the site says so."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hisops.errors import HisopsError, Refused, StatementFailed, Unreachable
from hisops.model.site import Connect
from hisops.ports import Rows, Vault

_CONNECT = 20
# What Oracle and the driver say when there is no session, or no longer one.
_GONE = frozenset(
    {
        "ORA-00028", "ORA-00603", "ORA-01012", "ORA-01033", "ORA-01034", "ORA-01041", "ORA-01089", "ORA-01090",
        "ORA-01092", "ORA-02396", "ORA-03113", "ORA-03114", "ORA-03135", "ORA-12153", "ORA-12170", "ORA-12203",
        "ORA-12500", "ORA-12505", "ORA-12514", "ORA-12516", "ORA-12518", "ORA-12519", "ORA-12520", "ORA-12521",
        "ORA-12525", "ORA-12526", "ORA-12527", "ORA-12528", "ORA-12535", "ORA-12537", "ORA-12541", "ORA-12545",
        "ORA-12547", "ORA-12560", "ORA-12570", "ORA-12571", "ORA-12583", "ORA-27101", "ORA-28547", "DPY-1001",
        "DPY-4011",
    }
)  # fmt: skip
_NOT_OPEN = "ORA-01109"
_MOUNTED = "ORA-01033"
_LATE = frozenset({"DPY-4024", "DPI-1067", "ORA-01013", "ORA-03156"})
_LOGIN = frozenset({"ORA-01017", "ORA-01031", "ORA-28000", "ORA-28001", "ORA-28003", "ORA-01005", "ORA-01045"})


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
        if self._connect.driver == "sqlplus":
            raise Refused(
                "HIS-3030",
                "The database {database} is set to sqlplus, which takes no SQL step.",
                "Set `driver` of the database to thin or thick, or use an `sh` step with sqlplus.",
                database=self._name,
            )
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
            password=self._vault.get(self._connect.password).reveal(),
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
        if code in _LATE:
            self._recover()
            return TimeoutError(words)
        if code in _LOGIN and self._session is None:
            return Unreachable(
                "HIS-3032",
                "{database} did not let {user} in: {error}",
                "Check user, mode and the secret of the database in site.yaml.",
                database=self._name,
                user=self._connect.user,
                error=words,
            )
        if code == _MOUNTED and self._connect.mode == "normal":
            self._session = None
            return Unreachable(
                "HIS-3034",
                "{database} is not open and lets {user} not in, only sysdba, sysbackup or sysdg: {error}",
                "Where a standby is only mounted, set `user` and `mode` of the database in site.yaml; else wait until "
                "it is open.",
                database=self._name,
                user=self._connect.user,
                error=words,
            )
        lost = self._session is None or code in _GONE or bool(getattr(detail, "is_session_dead", False))
        if lost or code.startswith("DPY-6"):
            self._session = None
            return Unreachable(
                "HIS-3031",
                "There is no session on {database}: {error}",
                "Check that listener and instance are up, and the dsn of the database in site.yaml.",
                database=self._name,
                error=words,
            )
        self._recover()
        return StatementFailed(
            "HIS-3033",
            "{database} refused the statement: {error}",
            "Look up the ORA- number; the statement is in the log.",
            database=self._name,
            error=words,
        )

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
        if getattr(error.args[0], "full_code", "") != _NOT_OPEN:
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
