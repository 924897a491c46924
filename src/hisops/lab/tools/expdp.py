"""Data Pump Export: `expdp`."""

from __future__ import annotations

from hisops.lab import schemas, scn
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical import pumpfile
from hisops.lab.tools.logical.content import Coded, TableData
from hisops.lab.tools.logical.faults import TOO_OLD, cut, skipped
from hisops.lab.tools.logical.pump import COMMON, Broken, Pump, size_of
from hisops.lab.tools.logical.pumpfile import Dump
from hisops.lab.tools.logical.words import names, yes

_KNOWN = COMMON | {"flashback_scn", "flashback_time", "reuse_dumpfiles"}
_NOT_REHEARSED = frozenset({
    "full", "attach", "tablespaces", "transport_tablespaces", "query", "include", "content", "compression",
    "encryption", "encryption_password", "estimate", "estimate_only", "filesize", "network_link", "sample", "status",
    "remap_data", "access_method", "abort_step", "keep_master", "views_as_tables", "help",
})  # fmt: skip
_KINDS = (
    "USER", "SYSTEM_GRANT", "ROLE_GRANT", "DEFAULT_ROLE", "TABLESPACE_QUOTA", "PRE_SCHEMA/PROCACT_SCHEMA",
    "TABLE/TABLE", "PACKAGE/PACKAGE_SPEC", "VIEW/VIEW", "PACKAGE/PACKAGE_BODY",
)  # fmt: skip


def run(desk: Desk) -> int:
    """Export schemas or tables as a job."""
    pump = Pump(desk, "Export", "UDE")
    if not pump.begin(_KNOWN, _NOT_REHEARSED):
        return 1
    try:
        return _export(pump)
    except Broken as broken:
        return pump.stop(*broken.lines)


def _export(pump: Pump) -> int:
    mode = "TABLE" if "tables" in pump.words else "SCHEMA"
    pump.start(mode)
    path = pump.files()[0]
    if path.exists() and not yes(pump.words, "reuse_dumpfiles"):
        raise Broken(
            "ORA-39001: invalid argument value", "ORA-39000: bad dump file specification",
            f'ORA-31641: unable to create dump file "{path}"', "ORA-27038: created file already exists",
            "Additional information: 1",
        )  # fmt: skip
    tables, code = _chosen(pump, mode)
    pump.starting()
    _objects(pump, mode)
    for table in tables:
        _unload(pump, table)
    state = pump.state
    charset, release = schemas.charset(state), str(state["release"])
    dump = Dump(release=release, charset=charset, job=pump.job, tables=tables, code=code)
    try:
        pumpfile.write(path, dump)
    except OSError:
        raise Broken(
            "ORA-39001: invalid argument value", "ORA-39000: bad dump file specification",
            f'ORA-31641: unable to create dump file "{path}"', "ORA-27040: file create error, unable to create file",
            "Linux-x86_64 Error: 2: No such file or directory",
        ) from None  # fmt: skip
    pump.tell(f'Master table "{pump.login.user}"."{pump.job}" successfully loaded/unloaded', "*" * 78)
    pump.tell(f"Dump file set for {pump.login.user}.{pump.job} is:", f"  {path}")
    cut(pump.desk, path)
    return pump.end()


def _chosen(pump: Pump, mode: str) -> tuple[list[TableData], list[Coded]]:
    """Return what the job takes, as of the moment that was asked for. Raises Broken."""
    state, container = pump.state, pump.login.container
    upto, words = _moment(pump), pump.words
    held = schemas.held(state, container, upto)
    if mode == "TABLE":
        wanted = [name if "." in name else f"{pump.login.user}.{name}" for name in names(words["tables"])]
        found = [one for one in held if f"{one.owner}.{one.name}" in wanted]
        missing = next((name for name in wanted if name not in {f"{one.owner}.{one.name}" for one in found}), None)
        if missing:
            owner, _, name = missing.partition(".")
            raise Broken(
                "ORA-39002: invalid operation",
                f"ORA-39166: Object {owner}.{name} was not found or could not be exported or imported.",
            )
        return found, []
    owners = names(words.get("schemas", pump.login.user))
    for owner in owners:
        if owner not in schemas.users(state, container):
            raise Broken("ORA-39002: invalid operation", f"ORA-39165: Schema {owner} was not found.")
    code = [one for one in schemas.code(state, container) if one.owner in owners]
    return [one for one in held if one.owner in owners], code


def _moment(pump: Pump) -> int:
    now, given = scn.current(pump.state), pump.words.get("flashback_scn")
    if given is None:
        return now
    if not given.isdigit() or int(given) > now:
        raise Broken(
            "ORA-39001: invalid argument value", "ORA-39150: bad flashback time",
            "ORA-08181: specified number is not a valid system change number",
        )  # fmt: skip
    return int(given)


def _objects(pump: Pump, mode: str) -> None:
    left_out = {word.upper() for word in names(pump.words.get("exclude", ""))}
    root = f"{mode}_EXPORT"
    if not pump.desk.machine.release.container:
        pump.tell("Estimate in progress using BLOCKS method...")
    pump.tell(f"Processing object type {root}/TABLE/TABLE_DATA", worker=True)
    if not pump.desk.machine.release.container:
        pump.tell("Total estimation using BLOCKS method: 192 KB")
    for kind in _KINDS if mode == "SCHEMA" else ("TABLE/TABLE",):
        if not left_out & {kind, kind.partition("/")[0], kind.rpartition("/")[2]}:
            pump.tell(f"Processing object type {root}/{kind}", worker=True)


def _unload(pump: Pump, table: TableData) -> None:
    """Unload the rows of a table; one that is skipped is in the dump with its definition alone."""
    pump.desk.pause(0.3)
    if skipped(pump.desk, table):
        pump.error(
            f"ORA-31693: Table data object {table.full_name} failed to load/unload and is being skipped due to error:",
            "ORA-02354: error in exporting/importing data", TOO_OLD,
        )  # fmt: skip
        table.rows.clear()
        return
    pump.desk.crossroads("export")
    size = size_of(table.rows) if table.rows else "0 KB"
    pump.tell(f". . exported {table.full_name:<40} {size:>10} {len(table.rows):>7} rows", worker=True)
