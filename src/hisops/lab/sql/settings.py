"""What ALTER SESSION sets, and what SYS_CONTEXT('USERENV', ...) tells."""

from __future__ import annotations

from hisops.lab.sql.backend import ROOT, Instance
from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.lexer import Statement, Token

_IGNORED = frozenset({
    "TIME_ZONE", "NLS_LANGUAGE", "NLS_TERRITORY", "STATISTICS_LEVEL", "DDL_LOCK_TIMEOUT", "RESUMABLE_TIMEOUT",
    "NLS_TIMESTAMP_TZ_FORMAT",
})  # fmt: skip


class Settings:
    """The settings of one session."""

    def __init__(self, *, service: str, container: str, user: str) -> None:
        self.service = service
        self.container = container
        self.user = user
        self.schema = user
        self.attributes: dict[str, str] = {}
        self.formats = {
            "nls_date_format": "DD-MON-RR",
            "nls_timestamp_format": "DD-MON-RR HH.MI.SSXFF AM",
        }

    def alter(self, statement: Statement, instance: Instance) -> None:
        """Carry out ALTER SESSION SET name = value [name = value ...]."""
        tokens = [token for token in statement.tokens[2:] if token.text not in ("\0", ";")]
        if len(tokens) < 4 or tokens[0].text.upper() != "SET":
            raise not_rehearsed(" ".join(statement.words(5)))
        rest = tokens[1:]
        while rest:
            if len(rest) < 3 or rest[1].text != "=":
                raise OracleError(922, "missing or invalid option")
            size = self._size(rest)
            self._set(rest[0].text.upper(), "".join(token.text for token in rest[2 : 2 + size]), instance)
            rest = rest[2 + size :]

    @staticmethod
    def _size(rest: list[Token]) -> int:
        """Return how many tokens the value takes: CDB$ROOT is one word, -05:00 without quotes is not written."""
        return 2 if rest[2].text in ("+", "-") and len(rest) > 3 else 1

    def _set(self, name: str, value: str, instance: Instance) -> None:
        plain = value[1:-1] if value[:1] in ("'", '"') else value.upper()
        match name:
            case "CONTAINER":
                self._enter(plain.upper(), instance)
            case "CURRENT_SCHEMA":
                self.schema = plain
            case "NLS_DATE_FORMAT" | "NLS_TIMESTAMP_FORMAT":
                self.formats[name.lower()] = plain
            case "NLS_NUMERIC_CHARACTERS" if plain == ".,":
                pass  # as it is
            case _ if name not in _IGNORED:
                raise not_rehearsed(f"ALTER SESSION SET {name}")

    def _enter(self, container: str, instance: Instance) -> None:
        if instance.container(container) is None:
            raise OracleError(65011, f"Pluggable database {container} does not exist.")
        if self.container not in (ROOT, container) and self.user not in ("SYS", "SYSDG", "SYSBACKUP"):
            raise OracleError(65040, "operation not allowed from within a pluggable database")
        self.container = container

    def context(self, key: str, instance: Instance, *, sid: int, sysdba: bool) -> str | None:
        """Return a value of the USERENV context."""
        own: dict[str, str | None] = {
            "con_name": self.container,
            "session_user": self.user,
            "current_user": self.user,
            "current_schema": self.attributes.get("current_schema") or self.schema,
            "sid": str(sid),
            "isdba": "TRUE" if sysdba else "FALSE",
            "service_name": self.service.lower(),
            **{name: self.attributes.get(name) or None for name in ("module", "action", "client_identifier")},
        }
        if key in own:
            return own[key]
        return _from_views(key, self.container, instance)


_VIEWS = {
    "db_name": ("v$database", "NAME"),
    "db_unique_name": ("v$database", "DB_UNIQUE_NAME"),
    "database_role": ("v$database", "DATABASE_ROLE"),
    "instance_name": ("v$instance", "INSTANCE_NAME"),
    "server_host": ("v$instance", "HOST_NAME"),
    "con_id": ("v$pdbs", "CON_ID"),
}


def _from_views(key: str, container: str, instance: Instance) -> str | None:
    from hisops.lab.sql.types import declared

    view, column = _VIEWS[key]
    tables = instance.tables(container)
    if key == "con_id" and container == ROOT:
        return "1"
    if view not in tables or not tables[view].rows:
        return None
    names = [known.name for known in declared(tables[view].columns)]
    if column not in names:
        return None
    value = tables[view].rows[0][names.index(column)]
    return None if value is None else str(value)
