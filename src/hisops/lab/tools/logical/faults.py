"""The faults of logical copies that strike in the tools."""

from __future__ import annotations

from pathlib import Path

from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical.content import TableData

TOO_OLD = 'ORA-01555: snapshot too old: rollback segment number 7 with name "_SYSSMU7_2494227896$" too small'


def skipped(desk: Desk, table: TableData) -> bool:
    """Whether undo no longer reaches back far enough to read a table: the one that changes all the time."""
    return desk.armed("skipped-tables") and table.name == "RESULT"


def cut(desk: Desk, path: Path) -> None:
    """Lose the end of a dump after all was told to be well, as a full or flaky share does. Once an arming."""
    if desk.armed("truncated-dump"):
        desk.store.disarm("truncated-dump")
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) * 3 // 5 | 1])
