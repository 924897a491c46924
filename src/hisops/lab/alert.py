"""The alert log of an instance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hisops.lab.release import RELEASES
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
        log.write("".join(f"{line}\n" for line in (_stamp(state), *lines)))


def _stamp(state: State) -> str:
    """Return the time as the release dates its entries: until 12.1 as ctime does."""
    now = datetime.now(UTC)
    modern = RELEASES[state["release"]].container
    return now.isoformat(timespec="microseconds") if modern else f"{now:%a %b %d %H:%M:%S %Y}"
