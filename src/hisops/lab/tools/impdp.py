"""Data Pump Import: `impdp`."""

from __future__ import annotations

from dataclasses import replace

from hisops.lab import pair, schemas
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical import pumpfile
from hisops.lab.tools.logical.content import Misfit, Row, TableData, definition, fitting
from hisops.lab.tools.logical.pump import COMMON, Broken, Pump, size_of
from hisops.lab.tools.logical.pumpfile import BadDump, Dump
from hisops.lab.tools.logical.words import names

_KNOWN = COMMON | {"remap_schema", "remap_tablespace", "table_exists_action", "sqlfile", "transform"}
_NOT_REHEARSED = frozenset({
    "full", "attach", "include", "content", "data_options", "encryption_password", "estimate", "flashback_scn",
    "flashback_time", "network_link", "partition_options", "query", "remap_data", "remap_datafile", "remap_table",
    "reuse_datafiles", "skip_unusable_indexes", "status", "streams_configuration", "tablespaces", "target_edition",
    "transportable", "transport_datafiles", "transport_full_check", "transport_tablespaces", "views_as_tables",
    "access_method", "abort_step", "keep_master", "help",
})  # fmt: skip
_KINDS = ("USER", "TABLE/TABLE", "PACKAGE/PACKAGE_SPEC", "VIEW/VIEW", "PACKAGE/PACKAGE_BODY")
_TRANSFORMS = ("SEGMENT_ATTRIBUTES:N", "OID:N", "STORAGE:N")


def run(desk: Desk) -> int:
    """Import a dump as a job, or write down what it would execute."""
    pump = Pump(desk, "Import", "UDI")
    if not pump.begin(_KNOWN, _NOT_REHEARSED):
        return 1
    try:
        return _Import(pump).run()
    except Broken as broken:
        return pump.stop(*broken.lines)


class _Import:
    def __init__(self, pump: Pump) -> None:
        self._pump = pump
        self._users = _remapped(pump.words.get("remap_schema", ""))
        self._places = _remapped(pump.words.get("remap_tablespace", ""))
        self._left_out = set(names(pump.words.get("exclude", "")))

    def run(self) -> int:
        """Read the dump whole, then make what is in it."""
        pump = self._pump
        if unknown := [one for one in names(pump.words.get("transform", "")) if one not in _TRANSFORMS]:
            raise Broken(
                "ORA-39001: invalid argument value", f"ORA-39042: invalid transform name {unknown[0].partition(':')[0]}"
            )
        mode = "SQL_FILE" if "sqlfile" in pump.words else "FULL"
        pump.start(mode)
        try:
            dump = pumpfile.read(pump.files()[0])
        except BadDump as bad:
            raise Broken(
                "ORA-39001: invalid argument value", "ORA-39000: bad dump file specification", *bad.lines
            ) from bad
        self._begin(dump)
        if mode == "SQL_FILE":
            self._write_down(dump)
            return pump.end()
        wanted = names(pump.words.get("schemas", ""))
        with pair.changing_one(pump.desk.store, pump.login.database) as state:
            self._users_of(state, dump)
            made = [one for one in dump.tables if (not wanted or one.owner in wanted) and self._create(state, one)]
        pump.tell("Processing object type SCHEMA_EXPORT/TABLE/TABLE_DATA", worker=True)
        for table in made:
            self._load(table)
        self._code(dump)
        return pump.end()

    def _begin(self, dump: Dump) -> None:
        pump, own = self._pump, schemas.charset(self._pump.state)
        pump.tell(f'Master table "{pump.login.user}"."{pump.job}" successfully loaded/unloaded')
        if dump.charset != own and pump.desk.machine.release.container:
            pump.tell(
                f"import done in {own} character set and AL16UTF16 NCHAR character set",
                f"export done in {dump.charset} character set and AL16UTF16 NCHAR character set",
                "Warning: possible data loss in character set conversions",
            )
        pump.starting()

    def _write_down(self, dump: Dump) -> None:
        lines = ["-- CONNECT " + self._pump.login.user]
        for table in dump.tables:
            lines += ["-- new object type path: SCHEMA_EXPORT/TABLE/TABLE", definition(table)]
            lines += [f'  TABLESPACE "{table.tablespace}" ;']
        path = self._pump.folder() / self._pump.words["sqlfile"]
        try:
            path.write_text("\n".join(lines) + "\n")
        except OSError:
            problem = f'ORA-31641: unable to create dump file "{path}"'
            raise Broken("ORA-39002: invalid operation", problem) from None
        for kind in _KINDS:
            if kind not in self._left_out:
                self._pump.tell(f"Processing object type SCHEMA_EXPORT/{kind}", worker=True)

    def _users_of(self, state: State, dump: Dump) -> None:
        pump, container = self._pump, self._pump.login.container
        if "USER" not in self._left_out:
            pump.tell("Processing object type SCHEMA_EXPORT/USER", worker=True)
            for owner in dict.fromkeys(self._users.get(one.owner, one.owner) for one in dump.tables):
                if owner in schemas.users(state, container):
                    pump.error(f'ORA-31684: Object type USER:"{owner}" already exists')
                else:
                    schemas.own(state, container)[owner] = schemas.new()
        pump.tell("Processing object type SCHEMA_EXPORT/TABLE/TABLE", worker=True)

    def _create(self, state: State, table: TableData) -> TableData | None:
        """Create a table without its rows."""
        pump, container = self._pump, self._pump.login.container
        owner = self._users.get(table.owner, table.owner)
        made = replace(table, owner=owner, tablespace=self._places.get(table.tablespace, table.tablespace))
        there = {(one.owner, one.name) for one in schemas.held(state, container, int(state["scn"]))}
        action = pump.words.get("table_exists_action", "skip").lower()
        if (owner, table.name) in there and action == "skip":
            pump.error(
                f"ORA-39151: Table {made.full_name} exists. All dependent metadata and data will be skipped due to "
                "table_exists_action of skip"
            )
            return None
        problem = self._problem(state, made)
        if problem:
            pump.error(
                f"ORA-39083: Object type TABLE:{made.full_name} failed to create with error:", problem,
                "Failing sql is:", f"CREATE TABLE {made.full_name} ... TABLESPACE \"{made.tablespace}\"",
            )  # fmt: skip
            return None
        if action in ("truncate", "replace") or (owner, table.name) not in there:
            schemas.put(state, container, replace(made, rows=[]))
        return table

    def _problem(self, state: State, table: TableData) -> str:
        container = self._pump.login.container
        if table.owner not in schemas.users(state, container):
            return f"ORA-01918: user '{table.owner}' does not exist"
        if table.tablespace not in schemas.tablespaces(state, container):
            return f"ORA-00959: tablespace '{table.tablespace}' does not exist"
        return ""

    def _load(self, table: TableData) -> None:
        pump, container = self._pump, self._pump.login.container
        owner = self._users.get(table.owner, table.owner)
        made = replace(table, owner=owner, tablespace=self._places.get(table.tablespace, table.tablespace))
        pump.desk.pause(0.3)
        pump.desk.crossroads("import")
        with pair.changing_one(pump.desk.store, pump.login.database) as state:
            taken = list(fitting(made, schemas.charset(state)))
            arrived: list[Row] = [row for row in taken if not isinstance(row, Misfit)]
            there = next(
                one for one in schemas.held(state, container, int(state["scn"])) if one.full_name == made.full_name
            )
            schemas.put(state, container, replace(made, rows=[*there.rows, *arrived]))
        for misfit in taken:
            if isinstance(misfit, Misfit):
                pump.tell(
                    f"ORA-02374: conversion error loading table {made.full_name}",
                    f"ORA-12899: value too large for column {misfit.column} (actual: {misfit.actual}, "
                    f"maximum: {misfit.maximum})",
                )
        count = f"{len(arrived)} out of {len(taken)}" if len(arrived) < len(taken) else f"{len(arrived):>7}"
        size = size_of(made.rows) if made.rows else "0 KB"
        pump.tell(f". . imported {made.full_name:<40} {size:>10} {count} rows", worker=True)

    def _code(self, dump: Dump) -> None:
        pump, container = self._pump, self._pump.login.container
        broken = []
        with pair.changing_one(pump.desk.store, pump.login.database) as state:
            for one in dump.code:
                owner = self._users.get(one.owner, one.owner)
                schemas.put_code(state, container, owner, one.name, one.type, one.status)
                broken += [f'{one.type}:"{owner}"."{one.name}"'] if one.status != "VALID" else []
        for kind in ("PACKAGE/PACKAGE_SPEC", "VIEW/VIEW", "PACKAGE/PACKAGE_BODY"):
            pump.tell(f"Processing object type SCHEMA_EXPORT/{kind}", worker=True)
            for told in broken if kind == "VIEW/VIEW" else ():
                pump.error(f"ORA-39082: Object type {told} created with compilation warnings")


def _remapped(value: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in names(value))
    return {old: new for old, _, new in pairs}
