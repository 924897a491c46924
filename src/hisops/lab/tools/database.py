"""The database that a tool means: the one whose instance ORACLE_SID names on this host, run from this home."""

from __future__ import annotations

from pathlib import Path

from hisops.lab.state import State
from hisops.lab.tools.desk import Desk

NOT_AVAILABLE = (
    "ORA-01034: ORACLE not available",
    "ORA-27101: shared memory realm does not exist",
    "Linux-x86_64 Error: 2: No such file or directory",
    "Additional information: 4475",
    "Additional information: 1",
)


def name_of(desk: Desk) -> str | None:
    """Return the name of that database, None if ORACLE_SID or ORACLE_HOME name none."""
    name = desk.store.database_of(desk.env.get("ORACLE_SID", ""), desk.host)
    home = desk.env.get("ORACLE_HOME", "")
    if name is None or not home or Path(home).resolve() != Path(desk.store.read(name)["home"]).resolve():
        return None
    return name


def running(desk: Desk) -> State | None:
    """Return the state of that database if its instance is started."""
    name = name_of(desk)
    state = desk.store.read(name) if name else None
    return state if state and state["status"] != "DOWN" else None


def environment_problem(desk: Desk, message_file: str) -> list[str]:
    """Return what a tool of the home says when ORACLE_HOME is not set or wrong; nothing when it is right."""
    home = desk.env.get("ORACLE_HOME", "")
    if home and (Path(home) / "rdbms" / "admin").is_dir():
        return []
    return [
        f"Error 6 initializing {message_file}",
        f"SP2-0750: You may need to set ORACLE_HOME to your Oracle software directory: {home or 'not set'}",
    ]
