"""Parameter files of an instance that has no database of its own yet: what people write, and what Oracle refuses."""

from __future__ import annotations

import re
from pathlib import Path

from hisops.lab.commands import CommandRefused
from hisops.lab.state import State

Parameters = dict[str, str]
_LINE = re.compile(r"(?:(?:\*|\w+)\.)?(?P<name>\w+)\s*=\s*(?P<value>.*)")
_ITEM = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^\s,()'\"]+)")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_KNOWN = frozenset({
    "audit_file_dest", "audit_trail", "cluster_database", "compatible", "control_files", "db_block_size",
    "db_create_file_dest", "db_create_online_log_dest_1", "db_create_online_log_dest_2", "db_domain",
    "db_file_name_convert", "db_files", "db_name", "db_recovery_file_dest", "db_recovery_file_dest_size",
    "db_unique_name", "diagnostic_dest", "dispatchers", "enable_pluggable_database", "fal_server", "global_names",
    "instance_name", "job_queue_processes", "local_listener", "log_archive_config", "log_archive_dest_1",
    "log_archive_dest_2", "log_archive_dest_state_1", "log_archive_dest_state_2", "log_archive_format",
    "log_file_name_convert", "max_dump_file_size", "memory_max_target", "memory_target", "nls_language",
    "nls_territory", "open_cursors", "pga_aggregate_target", "processes", "recovery_parallelism",
    "remote_login_passwordfile", "service_names", "sessions", "sga_max_size", "sga_target", "shared_pool_size",
    "smtp_out_server", "spfile", "standby_file_management", "undo_management", "undo_retention", "undo_tablespace",
    "use_large_pages", "aq_tm_processes",
})  # fmt: skip


class NotStarted(Exception):
    """An instance cannot be started: the lines that say why."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def chosen(state: State, pfile: Path | None) -> Path:
    """Return the parameter file of a start: the one that was named, else those of the home. Raises NotStarted."""
    dbs = Path(state["home"]) / "dbs"
    usual = (dbs / f"spfile{state['sid']}.ora", dbs / "spfile.ora", dbs / f"init{state['sid']}.ora")
    for path in (pfile,) if pfile else usual:
        if path.is_file():
            return path
    raise NotStarted(
        "ORA-01078: failure in processing system parameters",
        f"LRM-00109: could not open parameter file '{pfile or usual[-1]}'",
    )


def read(path: Path) -> Parameters:
    """Return the parameters of a file by name. Raises NotStarted."""
    found: Parameters = {}
    for line in path.read_text(errors="replace").splitlines():
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        match = _LINE.fullmatch(plain)
        if match is None:
            raise NotStarted("LRM-00110: syntax error at '" + plain[:30] + "'", _FAILED)
        name = match["name"].lower()
        if name not in _KNOWN and not name.startswith("_"):
            raise NotStarted(f"LRM-00101: unknown parameter name '{name}'", _FAILED)
        found[name] = match["value"].strip()
    if "spfile" in found and len(found) == 1:
        return read(Path(words(found, "spfile")[0]))
    if not word(found, "db_name"):
        raise NotStarted("ORA-01506: missing or illegal database name")
    return found


_FAILED = "ORA-01078: failure in processing system parameters"


def words(parameters: Parameters, name: str) -> list[str]:
    """Return the values of a parameter that is a list; none if it is not set."""
    return ["".join(parts) for parts in _ITEM.findall(parameters.get(name, ""))]


def word(parameters: Parameters, name: str) -> str:
    """Return the value of a parameter that has one; nothing if it is not set."""
    return next(iter(words(parameters, name)), "")


def size(text: str) -> int:
    """Return a number of bytes, written with K, M, G or T or without."""
    unit = _UNITS.get(text[-1:].upper(), 1)
    return int(text[:-1] if unit > 1 else text or 0) * unit


def control_files(state: State) -> list[Path]:
    """Return where the control files of an instance are."""
    named = words(state["parameters"], "control_files")
    return [Path(name) for name in named] or [Path(state["home"]) / "dbs" / "control.ora"]


def take(state: State, parameters: Parameters) -> None:
    """Let an instance be as its parameters say."""
    name = word(parameters, "db_name").upper()
    area = word(parameters, "db_recovery_file_dest")
    limit = size(word(parameters, "db_recovery_file_dest_size") or "0")
    if area and not limit:
        raise NotStarted("ORA-19801: initialization parameter DB_RECOVERY_FILE_DEST_SIZE is not set")
    state.update(
        parameters=parameters,
        name=name,
        db_unique_name=(word(parameters, "db_unique_name") or name).upper(),
        fra={"path": area, "limit_mb": limit >> 20, "used_mb": 0},
    )


def write_spfile(state: State, pfile: Path, target: Path | None) -> None:
    """CREATE SPFILE FROM PFILE."""
    path = target or Path(state["home"]) / "dbs" / f"spfile{state['sid']}.ora"
    try:
        text = pfile.read_text()
        read(pfile)
    except (OSError, NotStarted) as problem:
        raise CommandRefused(1078, f"failure in processing system parameters\n{problem}") from problem
    if not path.parent.is_dir():
        raise CommandRefused(17502, f"ksfdcre:4 Failed to create file {path}\nORA-27040: file create error")
    path.write_text(text)
