"""Statements that take an instance from stage to stage, or change the roles of a pair."""

from __future__ import annotations

import re

from hisops.lab import lifecycle
from hisops.lab.commands import CommandRefused
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.sqlplus.session import Connection, SqlError

_STAGE = re.compile(
    r"ALTER\s+DATABASE\s+(?P<stage>MOUNT|OPEN)(?:\s+STANDBY\s+DATABASE|\s+READ\s+WRITE|(?P<read_only>\s+READ\s+ONLY))?",
    re.IGNORECASE,
)
_ROLE_CHANGES = (
    (
        re.compile(
            r"ALTER\s+DATABASE\s+(?:COMMIT\s+TO\s+)?SWITCHOVER\s+TO\s(?!.*\sVERIFY$)", re.IGNORECASE | re.DOTALL
        ),
        "switchover",
    ),
    (re.compile(r"ALTER\s+DATABASE\s+(?:FAILOVER|ACTIVATE)\s", re.IGNORECASE), "failover"),
    (re.compile(r"(?:FLASHBACK\s+DATABASE|ALTER\s+DATABASE\s+CONVERT)\s", re.IGNORECASE), "reinstate"),
)
"""Statements that change the roles of a pair, and what a fault calls the middle of them."""


def role_change(text: str) -> str:
    """Return what a fault calls the middle of a change of roles; nothing for any other statement."""
    return next((label for known, label in _ROLE_CHANGES if known.match(text.strip())), "")


def change(desk: Desk, connection: Connection, text: str) -> bool:
    """Carry out ALTER DATABASE MOUNT and OPEN, from the stage before; anything else is for the database."""
    match = _STAGE.fullmatch(text.strip())
    before = {"MOUNT": "STARTED", "OPEN": "MOUNTED"}
    stage = match["stage"].upper() if match else ""
    if not match or not connection.sysdba or connection.state["status"] != before[stage]:
        return False
    if stage == "MOUNT":
        try:
            lifecycle.mount(desk, connection.database, lambda *_: None)
        except CommandRefused as refused:
            raise SqlError(f"ORA-{refused.number:05d}: {refused.text}") from refused
    else:
        try:
            lifecycle.open_(desk, connection.database, lambda *_: None, read_only=bool(match["read_only"]))
        except CommandRefused:
            return False  # the database refuses it in its own words
    return True
