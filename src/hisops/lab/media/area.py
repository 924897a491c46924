"""The fast recovery area: its limit, what of it is taken, and by files of which kind."""

from __future__ import annotations

from typing import Any

from hisops.lab.state import State

MB = 1048576


def limit(state: State) -> int:
    """Return DB_RECOVERY_FILE_DEST_SIZE."""
    return int(state["fra"]["limit_mb"]) * MB


def files(state: State) -> dict[str, list[dict[str, Any]]]:
    """Return the files of the area that the control file knows, by kind."""
    area = str(state["fra"]["path"])
    logs = [log for log in state["logs"] if log["status"] != "D" and log["name"].startswith(area)]
    return {"ARCHIVED LOG": logs, "BACKUP PIECE": [one for one in state["backups"] if one["handle"].startswith(area)]}


def used(state: State) -> int:
    """Return how many bytes are taken: what has lain there for long, and these files."""
    return int(state["fra"]["used_mb"]) * MB + sum(int(one["bytes"]) for own in files(state).values() for one in own)
