"""What a role change does to a database, and what its alert log says of it; nothing here refuses."""

from __future__ import annotations

from hisops.lab import alert, redo, scn
from hisops.lab.branches import fork
from hisops.lab.history import PER_SECOND
from hisops.lab.state import State

_CLEARED = tuple(f"Online log redo0{group}.log: Thread 1 Group {group} was previously cleared" for group in (1, 2, 3))


def down(state: State) -> None:
    """Leave nothing of the instance."""
    state.update(status="DOWN", open_mode="", restricted=False)
    for pdb in state["pdbs"]:
        pdb.update(open_mode="DOWN", restricted="NO")


def terminate(state: State) -> None:
    """End the instance at once, as its own process does that has found a reason."""
    alert.write(state, "USER (ospid: 24349): terminating the instance", "Instance terminated by USER, pid = 24349")
    alert.write(state, "Instance shutdown complete")
    down(state)


def close(state: State) -> None:
    """Close an open database: what is left is mounted."""
    state.update(status="MOUNTED", open_mode="MOUNTED")
    for pdb in state["pdbs"]:
        pdb.update(open_mode="MOUNTED", restricted="NO")


def retire(state: State) -> None:
    """Make a primary a standby that has sent the end of its redo; its instance does not survive that."""
    alert.write(
        state,
        f"ALTER DATABASE COMMIT TO SWITCHOVER TO PHYSICAL STANDBY [Process Id: 24349] ({state['sid']})",
        "Waiting for target standby to receive all redo",
        f"ARCH: Archiving thread 1 sequence {state['sequence']} ... End-Of-Redo Branch archival of thread 1",
        "Switchover: Primary controlfile converted to standby controlfile succesfully.",
        "Switchover: Complete - Database shutdown required",
    )
    state.update(role=redo.STANDBY, standby=redo.link_state(mrp=False), end_of_redo="received")
    terminate(state)


def receive_end(standby: State, primary: State) -> None:
    """Let a standby receive the end of its primary's redo; one that applies redo has applied it all."""
    standby.update(end_of_redo="received", scn=primary["scn"], scn_at=primary["scn_at"], sequence=primary["sequence"])
    if standby["standby"]["mrp"]:
        redo.apply_end(standby, primary)
    alert.write(standby, "Media Recovery End-Of-Redo indicator encountered", "Identified End-Of-Redo (switchover)")


def take_over(state: State) -> None:
    """Make a standby that has applied the end of redo the primary; the branch goes on."""
    became = int(state["scn"])
    alert.write(
        state,
        f"ALTER DATABASE SWITCHOVER TO PRIMARY ({state['sid']})",
        "Maximum wait for role transition is 15 minutes.",
        f"SwitchOver after complete recovery through change {became}",
        *_CLEARED,
        f"Standby became primary SCN: {became - 2}",
        "Switchover: Complete - Database mounted as primary",
    )
    _become_primary(state, became - 2)
    state["sequence"] += 1


def fail_over(state: State, change: int, *words: str) -> None:
    """Make a standby the primary as far as it has come: a new branch begins, what came later is lost."""
    prior = state["incarnations"][-1]["resetlogs"]
    alert.write(
        state,
        *words,
        f"Standby terminal recovery start SCN: {change - 1}",
        f"RESETLOGS after incomplete recovery UNTIL CHANGE {change} time {state['scn_at']:.0f}",
        f"Resetting resetlogs activation ID {prior} (0x{prior:x})",
        *_CLEARED,
        f"Standby became primary SCN: {change - 2}",
        f"Setting recovery target incarnation to {len(state['incarnations']) + 1}",
    )
    _become_primary(state, change - 2)
    fork(state, change)


def _become_primary(state: State, became: int) -> None:
    state["standby"].update(mrp=False)
    state.update(role=redo.PRIMARY, became_primary_scn=became, end_of_redo="", finished=0, gap=None)
    close(state)


def reach(state: State, other: State, *, applied: bool) -> int:
    """Return the change after the last one that a failover keeps: of all redo received, or only of what is applied."""
    return (scn.applied if applied else scn.received)(state, other) + 1


def convert(state: State) -> None:
    """Make a mounted former primary a physical standby; the statement leaves it dismounted."""
    alert.write(
        state,
        f"ALTER DATABASE CONVERT TO PHYSICAL STANDBY ({state['sid']})",
        "Physical Standby Database mounted.",
        "CONVERT TO PHYSICAL STANDBY: Complete - Database shutdown required",
        "Completed: ALTER DATABASE CONVERT TO PHYSICAL STANDBY",
    )
    state.update(role=redo.STANDBY, end_of_redo="", needs_resetlogs=False, finished=0)
    state.update(status="STARTED", open_mode="", standby=redo.link_state(mrp=False))


def catch_up_from(standby: State, primary: State) -> None:
    """Set how much redo a database lacks that was flashed back and made a standby."""
    behind = max(0, scn.current(primary) - standby["scn"]) / PER_SECOND
    standby["standby"] = redo.link_state(mrp=False, behind_s=behind)
