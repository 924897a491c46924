"""The broker's configuration. Each database keeps a copy in its own file; the newer one wins where the two meet."""

from __future__ import annotations

import time

from hisops.lab import alert, redo
from hisops.lab.state import State

NAME = "his_dg"
MEMBERS = ("his", "his_dr")
REINSTATE = "ORA-16661: the standby database needs to be reinstated"


def configuration(members: tuple[str, ...] = MEMBERS) -> State:
    """Return the configuration of a lab that starts: disabled, as before a patch, until somebody enables it."""
    return {
        "start": len(members) > 1,
        "enabled": False,
        "epoch": 1,
        "edition": 1,
        "changed": 0.0,
        "primary": members[0],
        "members": {
            name: {"enabled": True, "on": True, "trouble": "", "adopt": False, "properties": {}} for name in members
        },
        "fast_start": False,
        "observer": "",
        "unobserved": False,
        "settle": "",
    }


def own_name(state: State) -> str:
    """Return the name by which the configuration knows a database."""
    return str(state["db_unique_name"]).lower()


def works(state: State) -> bool:
    """Whether the broker of an instance runs: DG_BROKER_START is TRUE and the control file is there to be read."""
    return bool(state["broker"]["start"] and redo.mounted(state))


def manages(state: State) -> bool:
    """Whether the broker watches over a database."""
    broker = state["broker"]
    return bool(works(state) and broker["enabled"] and broker["members"][own_name(state)]["enabled"])


def amend(state: State, other: State | None, **changes: object) -> None:
    """Change the configuration; the other side hears of it if it can. A role change outweighs any other change."""
    broker = state["broker"]
    epoch = broker["epoch"] + (changes.get("primary", broker["primary"]) != broker["primary"])
    broker.update(changes, epoch=epoch, edition=broker["edition"] + 1, changed=time.time())
    if other is not None:
        hear(state, other)


def amend_member(state: State, other: State | None, name: str, **changes: object) -> None:
    """Change what the configuration says of one member."""
    state["broker"]["members"][name].update(changes)
    amend(state, other)


def hear(state: State, other: State) -> None:
    """Let the two brokers talk, where both run and the network lets one reach the other."""
    if not (works(state) and works(other) and (redo.reachable(state) or redo.reachable(other))):
        return
    old, new = sorted((state, other), key=_age)
    if _age(old) != _age(new):
        copy = {key: value for key, value in new["broker"].items() if key != "start"}
        old["broker"].update(copy, members={name: dict(member) for name, member in copy["members"].items()})
    for one in (state, other):
        _fence(one)


def _age(state: State) -> tuple[int, int, float]:
    broker = state["broker"]
    return broker["epoch"], broker["edition"], broker["changed"]


def _fence(state: State) -> None:
    """End an open primary that learns of a failover to the other side: never two that take writes."""
    from hisops.lab.roles import terminate

    if state["role"] == redo.PRIMARY and state["status"] == "OPEN" and must_not_open(state):
        alert.write(state, "Data Guard Broker: a failover to another database has taken place", REINSTATE)
        terminate(state)


def must_not_open(state: State) -> bool:
    """Whether the broker knows of a failover away from this database: opening it is refused with ORA-16649."""
    return bool(works(state) and trouble(state))


def trouble(state: State) -> str:
    """Return why the broker has given a database up, as this side knows it; empty when it has not."""
    return str(state["broker"]["members"][own_name(state)]["trouble"])
