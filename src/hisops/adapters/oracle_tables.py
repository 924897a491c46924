"""Large answers of an Oracle database by python-oracledb, as Arrow, in one transaction that only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hisops.adapters.oracle_failures import failure
from hisops.errors import HisopsError, Refused
from hisops.model.site import Connect
from hisops.ports import Vault

_BATCH = 50_000
_CONNECT = 20
_READS = frozenset(
    {"CREATE SESSION", "SELECT ANY TABLE", "READ ANY TABLE", "SELECT ANY DICTIONARY", "FLASHBACK ANY TABLE"}
)
_SCN = "select current_scn from v$database"


class OracleTables:
    """Satisfies the port `Tables`: the session begins with the first answer, all answers are of one moment."""

    def __init__(self, name: str, reader: Connect, vault: Vault) -> None:
        self.scn: str | None = None
        self._name = name
        self._reader = reader
        self._vault = vault
        self._session: Any = None

    def stream(self, text: str, binds: Mapping[str, Any]) -> Iterator[Any]:
        """Give the answer as record batches; see the port."""
        import oracledb
        import pyarrow as pa

        try:
            session = self._open()
            wanted = {name: value for name, value in binds.items() if f":{name}" in text}
            statement, schema = text.strip().rstrip(";"), None
            for frame in session.fetch_df_batches(
                statement, parameters=wanted or None, size=_BATCH, fetch_decimals=True
            ):
                table = pa.table(frame)
                schema = table.schema
                yield from table.to_batches()
            if schema is None:
                schema = pa.table(
                    session.fetch_df_all(statement, parameters=wanted or None, fetch_decimals=True)
                ).schema
            yield pa.RecordBatch.from_pylist([], schema=schema)  # an answer without rows has columns, too
        except oracledb.Error as error:
            raise self._told(error) from error

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(self) -> Any:
        import oracledb

        if self._session is not None:
            return self._session
        if self._reader.driver == "thick" and oracledb.is_thin_mode():
            oracledb.init_oracle_client()
        self._session = oracledb.connect(
            user=self._reader.user,
            password=self._vault.get(self._reader.password or "").reveal(),
            dsn=self._reader.dsn,
            tcp_connect_timeout=_CONNECT,
            retry_count=0,
        )
        with self._session.cursor() as cursor:
            self._refuse_writers([row[0] for row in cursor.execute("select privilege from session_privs")])
            self._session.rollback()
            cursor.execute("SET TRANSACTION READ ONLY")
            self.scn = self._moment(cursor)
        return self._session

    def _refuse_writers(self, privileges: list[str]) -> None:
        if more := sorted(set(privileges) - _READS):
            raise Refused(
                "HIS-3061", "The account {user} that reports of {name} are read by may do more than read: {more}.",
                "Revoke that, or name another account under `reader:` in site.yaml.",
                user=self._reader.user, name=self._name, more=", ".join(more[:5]),
            )  # fmt: skip

    def _moment(self, cursor: Any) -> str | None:
        """Return the SCN about now, which may lie a little after that of the transaction; None if it is not told."""
        import oracledb

        try:
            return str(cursor.execute(_SCN).fetchone()[0])
        except oracledb.DatabaseError:
            return None

    def _told(self, error: Exception) -> HisopsError | TimeoutError:
        detail = error.args[0] if error.args else None
        words = "\n".join(line for line in str(error).splitlines() if not line.startswith("Help: ")).strip()
        code = str(getattr(detail, "full_code", "") or "")
        dead = bool(getattr(detail, "is_session_dead", False)) or code.startswith("DPY-6")
        return failure(
            code, words, database=self._name, user=self._reader.user or "", mode=self._reader.mode,
            session=self._session is not None, dead=dead,
        )  # fmt: skip
