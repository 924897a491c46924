"""The broker's own deeds: it starts Redo Apply on a database that it has made a standby, once that is mounted."""

from __future__ import annotations

from hisops.lab import alert, redo
from hisops.lab.broker.config import amend_member, manages, own_name
from hisops.lab.state import State


def look_after(state: State, other: State) -> None:
    """Start Redo Apply where a role change of the broker has left it to be started."""
    member = state["broker"]["members"][own_name(state)]
    if not (member["adopt"] and manages(state) and state["role"] == redo.STANDBY):
        return
    amend_member(state, other, own_name(state), adopt=False)
    if other["role"] == redo.PRIMARY and member["on"] and not state["standby"]["mrp"]:
        state["standby"].update(mrp=True, real_time=True)
        alert.write(
            state,
            "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE  THROUGH ALL SWITCHOVER DISCONNECT  USING CURRENT LOGFILE",
            f"Attempt to start background Managed Standby Recovery process ({state['sid']})",
            f"MRP0: Background Managed Standby Recovery process started ({state['sid']})",
        )
