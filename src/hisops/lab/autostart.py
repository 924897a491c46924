"""What dbstart does when a host boots: it starts listener and instance of each line of oratab that ends with Y.

STARTUP is all that it says: a primary that was failed over opens again, if nobody has fenced it and no broker refuses.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hisops.lab import pair
from hisops.lab.hand import Hand
from hisops.lab.layout import Layout
from hisops.lab.record import append
from hisops.lab.registration import registers_at
from hisops.lab.state import State, Store


def wanted(layout: Layout, state: State) -> bool:
    """Whether oratab of its host has a database started at boot."""
    path = layout.machine(state["host"]).root / "etc" / "oratab"
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        sid, _, rest = line.strip().partition(":")
        if sid == state["sid"]:
            return rest.rpartition(":")[2].strip().upper() == "Y"
    return False


def mark(layout: Layout, state: State, flag: str) -> None:
    """Write into oratab of its host whether a database is started at boot: Y or N."""
    path = layout.machine(state["host"]).root / "etc" / "oratab"
    marked = [
        f"{line.rpartition(':')[0]}:{flag}" if line.startswith(f"{state['sid']}:") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(marked) + "\n")


def boot(layout: Layout, host: str) -> None:
    """Do what dbstart does on a host that has booted."""
    store = Store(layout.state)
    for name in store.databases():
        state = store.read(name)
        if state["host"] == host and state["status"] == "DOWN" and wanted(layout, state):
            start(layout, name)


def start(layout: Layout, name: str) -> None:
    """Start listener and instance as dbstart does."""
    hand = Hand(layout)
    with pair.changing_one(hand.store, name) as state:
        now = datetime.now(UTC).isoformat()
        state["listener"].update(up=True, since=now, registers_at=registers_at(hand.store))
        host = state["host"]
    note = {"tool": "dbstart", "argv": [state["home"]], "host": host}
    append(layout.record, event="start", **note)
    hand.start(name, "open")
    append(layout.record, event="end", exit=0, **note)
