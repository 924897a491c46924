"""An instance that lives in memory: for tests, and where no other state of a lab is at hand."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hisops.lab.sql.backend import ROOT, Command, Done, Rows, Service, Status, Stored, Table
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.types import declared

_NAME = r"\"?([A-Za-z][\w$#]*)\"?"
_CREATE_POINT = re.compile(rf"create\s+restore\s+point\s+{_NAME}(\s+guarantee\s+flashback\s+database)?", re.I)
_DROP_POINT = re.compile(rf"drop\s+restore\s+point\s+{_NAME}", re.I)
_PLUGGABLE = re.compile(rf"alter\s+pluggable\s+database\s+{_NAME}\s+(open|close)(\s+immediate)?", re.I)
_HARMLESS = re.compile(
    r"alter\s+system\s+(checkpoint|switch\s+logfile|archive\s+log\s+current)"
    r"|begin\s+(sys\.)?dbms_stats\.gather_\w+\s*(\([^;]*\))?\s*;\s*end\s*;?|begin\s+null\s*;\s*end\s*;?",
    re.I,
)
_RECOMPILE = re.compile(
    r"begin\s+(?:sys\.)?utl_recomp\.recomp_(?:serial|parallel)\s*(?:\([^;]*\))?\s*;\s*end\s*;?", re.I
)
_ASSIGN = re.compile(r"begin\s+:(\w+)\s*:=\s*'([^']*)'\s*;\s*end\s*;?", re.I)


@dataclass
class MemoryInstance:
    """One database; its views are replaced by commands, and by `change`."""

    views: dict[str, Table]
    services: Mapping[str, Service] = field(default_factory=dict)
    containers: dict[str, Status] = field(default_factory=lambda: {ROOT: "open", "HISPDB": "open", "LISPDB": "open"})
    version: str = "19.21.0.0.0"
    _changes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def service(self, name: str) -> Service:
        """Return the state of a service."""
        known = {key.upper(): value for key, value in self.services.items()}
        return known.get(name.upper(), Service(status="open"))

    def container(self, name: str) -> Status | None:
        """Return the state of a container."""
        return self.containers.get(name)

    def version_token(self) -> str:
        """Return the count of changes."""
        return str(self._changes)

    def tables(self, container: str) -> Mapping[str, Table]:
        """Return the views; a pluggable database sees itself alone in V$PDBS."""
        if container == ROOT or "v$pdbs" not in self.views:
            return self.views
        pdbs = self.views["v$pdbs"]
        at = _place(pdbs, "NAME")
        return {**self.views, "v$pdbs": Table(pdbs.columns, [row for row in pdbs.rows if row[at] == container])}

    def stored(self, container: str, upto: int | None = None) -> Mapping[str, Stored]:
        """Keep no tables."""
        return {}

    def keep(self, name: str, added: Rows, gone: Rows) -> None:
        """Refuse: nothing is kept."""
        raise OracleError(942, "table or view does not exist")

    def marks(self) -> Sequence[Sequence[float]]:
        """Remember nothing."""
        return ()

    def change(self, name: str, table: Table) -> None:
        """Replace a view."""
        with self._lock:
            self.views[name] = table
            self._changes += 1

    def execute(self, command: Command) -> Done | None:
        """Carry out the commands that this instance knows."""
        text = command.text.strip()
        if match := _CREATE_POINT.fullmatch(text):
            self._create_point(match[1].upper(), guaranteed=bool(match[2]))
        elif match := _DROP_POINT.fullmatch(text):
            self._drop_point(match[1].upper())
        elif match := _PLUGGABLE.fullmatch(text):
            self._pluggable(match[1].upper(), opening=match[2].lower() == "open")
        elif _RECOMPILE.fullmatch(text):
            self._set_all("dba_objects", "STATUS", "VALID")
        elif match := _ASSIGN.fullmatch(text):
            return Done(out={match[1]: match[2]})
        elif not _HARMLESS.fullmatch(text):
            return None
        return Done()

    def _create_point(self, name: str, *, guaranteed: bool) -> None:
        points = self.views["v$restore_point"]
        at = _place(points, "NAME")
        if any(row[at] == name for row in points.rows):
            raise OracleError(38778, f"Restore point '{name}' already exists.")
        now = datetime.now()
        word = "YES" if guaranteed else "NO"
        row = (48212000, 2, word, 0, now, None, word, name, "NO", "NO", 0, "NO", 0)
        self.change("v$restore_point", Table(points.columns, [*points.rows, row]))

    def _drop_point(self, name: str) -> None:
        points = self.views["v$restore_point"]
        at = _place(points, "NAME")
        if not any(row[at] == name for row in points.rows):
            raise OracleError(38780, f"Restore point '{name}' does not exist.")
        self.change("v$restore_point", Table(points.columns, [row for row in points.rows if row[at] != name]))

    def _pluggable(self, name: str, *, opening: bool) -> None:
        if name not in self.containers or name == ROOT:
            raise OracleError(65011, f"Pluggable database {name} does not exist.")
        wanted: Status = "open" if opening else "mounted"
        if self.containers[name] == wanted:
            raise (
                OracleError(65019, f"pluggable database {name} already open")
                if opening
                else OracleError(65020, f"pluggable database {name} already closed")
            )
        self.containers[name] = wanted
        self._set_all("v$pdbs", "OPEN_MODE", "READ WRITE" if opening else "MOUNTED", where=("NAME", name))

    def _set_all(self, view: str, column: str, value: Any, where: tuple[str, str] | None = None) -> None:
        table = self.views[view]
        at = _place(table, column)
        rows = [
            (*row[:at], value, *row[at + 1 :]) if where is None or row[_place(table, where[0])] == where[1] else row
            for row in table.rows
        ]
        self.change(view, Table(table.columns, rows))


def _place(table: Table, column: str) -> int:
    return [known.name for known in declared(table.columns)].index(column)
