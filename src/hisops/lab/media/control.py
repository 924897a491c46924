"""Control files: what a database knows of itself, its files, its incarnations and its backups, as of a moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hisops.lab.media import carrier
from hisops.lab.media.blocks import CONTROL
from hisops.lab.state import State

_KEPT = (
    "name", "db_unique_name", "dbid", "role", "log_mode", "flashback_on", "force_logging", "version", "datafiles",
    "incarnations", "sequence", "scn", "scn_at", "logs", "backups", "backup_jobs", "autobackup", "configured",
    "tracking", "tablespaces", "restore_points", "pdbs", "marks", "fra",
    "needs_resetlogs", "logfiles", "tempfiles", "orphans",
)  # fmt: skip


def snapshot(state: State) -> dict[str, Any]:
    """Return what the control file of a database holds now."""
    return {part: state[part] for part in _KEPT if part in state}


def write(path: Path, state: State) -> int:
    """Write a copy of the control file; return its size."""
    about = {"dbid": state["dbid"], "db_name": state["name"], "scn": int(state["scn"])}
    return carrier.write(path, CONTROL, about, encoded(state))


def encoded(state: State) -> bytes:
    """Return the snapshot as a string of bytes, for a backup piece."""
    return json.dumps(snapshot(state), ensure_ascii=False).encode()


def decoded(content: bytes) -> dict[str, Any]:
    """Return the snapshot that `encoded` has made."""
    found: dict[str, Any] = json.loads(content)
    return found


def read(path: Path) -> dict[str, Any]:
    """Return what a control file holds. Raises Unreadable."""
    return decoded(carrier.read(path)[1])
