"""The alert log of an instance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hisops.lab.state import State


def folder(state: State) -> Path:
    """Return the folder that V$DIAG_INFO calls Diag Trace."""
    base = Path(state["home"]).parents[2]
    return base / "diag" / "rdbms" / str(state["db_unique_name"]).lower() / str(state["sid"]) / "trace"


def write(state: State, *lines: str) -> None:
    """Append an entry."""
    path = folder(state) / f"alert_{state['sid']}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as log:
        log.write("".join(f"{line}\n" for line in (datetime.now(UTC).isoformat(timespec="microseconds"), *lines)))
