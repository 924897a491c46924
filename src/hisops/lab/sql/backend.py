"""The seam between SQL and the state of a lab database: what an instance tells, and what it can be told to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

Value = str | int | float | Decimal | datetime | timedelta | None
Kind = Literal["number", "text", "date", "timestamp", "zoned", "interval", "null"]

# open: read write. read_only: a standby, DML gives ORA-16000. restricted: only with RESTRICTED SESSION (SYSDBA here).
# mounted: ORA-01033 but for SYSDBA, who sees V$ only. idle: ORA-01034. unregistered: the listener does not know it.
# blocked: the listener knows it, but it is not mounted yet: ORA-12528.
Status = Literal["open", "read_only", "restricted", "mounted", "idle", "unregistered", "blocked"]
ROOT = "CDB$ROOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the listener knows of a service: its state and the container a login lands in."""

    status: Status
    container: str = ROOT


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view: its columns as Oracle declares them (`"name VARCHAR2(9), dbid NUMBER"`) and its rows."""

    columns: str
    rows: Sequence[Sequence[Value]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A statement that changes the database's state: its text, the container and user it runs in, its binds."""

    text: str
    container: str
    user: str
    sysdba: bool
    binds: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command was carried out; `out` gives values to binds."""

    out: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A table that the instance itself keeps, so that it outlives sessions: whose it is, and what is in it now."""

    owner: str
    table: Table


Rows = Sequence[Sequence[Value]]


class Instance(Protocol):
    """One database instance of the lab. Methods are called from several threads."""

    version: str

    def service(self, name: str) -> Service:
        """Return the state of the service `name` (as registered, any case)."""

    def container(self, name: str) -> Status | None:
        """Return the state of a container, None if there is none of that name."""

    def version_token(self) -> str:
        """Return a text that changes whenever `tables` would tell something else."""

    def tables(self, container: str) -> Mapping[str, Table]:
        """Return the V$ and DBA_ views as seen from `container`, by lower-case name."""

    def stored(self, container: str, upto: int | None = None) -> Mapping[str, Stored]:
        """Return the tables of a container that the instance keeps, by lower-case name; now, or as of an SCN."""

    def keep(self, name: str, added: Rows, gone: Rows) -> None:
        """Commit a change of rows of a table that the instance keeps; OracleError if it takes no writes (any more)."""

    def marks(self) -> Sequence[Sequence[float]]:
        """Return pairs of an SCN and the time of it, between which changes came at a steady pace."""

    def execute(self, command: Command) -> Done | None:
        """Carry out a command (ALTER SYSTEM, ALTER PLUGGABLE DATABASE, PL/SQL, ...).

        None means not understood; OracleError is what the database itself says.
        """
