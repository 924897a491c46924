"""Statements by which an administrator changes the roles of the pair, and what an Oracle database refuses of them.

After "Role Transitions" and appendix G, "Performing Role Transitions Using Old Syntax", of Data Guard Concepts and
Administration 19c; error numbers and texts are those of the Error Messages.
"""

from __future__ import annotations

import re

from hisops.lab import alert, history, redo, roles, scn, standby_commands
from hisops.lab.commands import ROOT, CommandRefused, Words, pattern, upper
from hisops.lab.opening import open_database
from hisops.lab.standby_commands import ALTERED, Action, standby
from hisops.lab.state import State

_PATIENCE = 30
"""Seconds of lag for whose redo a switchover waits."""


def carry_out(state: State, other: State | None, container: str, text: str, *, sysdba: bool) -> str | None:
    """Change the pair as the statement says and return SQL*Plus's answer; None if it is not understood.

    A database without `other` knows only what asks nothing of another one.
    """
    plain = " ".join(text.strip().rstrip(";").split())
    for known, action in _ACTIONS:
        if match := known.fullmatch(plain):
            if not sysdba:
                raise CommandRefused(1031, "insufficient privileges")
            if not redo.mounted(state):
                raise CommandRefused(1507, "database not mounted")
            if container != ROOT:
                raise CommandRefused(65040, "operation not allowed from within a pluggable database")
            if other is None and action not in _ALONE:
                return None
            return action(state, other or state, upper(match.groupdict()))
    return None


def _open(state: State, other: State, words: Words) -> str:
    open_database(state, read_only=words["mode"] == "READ ONLY", resetlogs=words["mode"] == "RESETLOGS")
    return ALTERED


def check_switchover(state: State, other: State, target: str) -> None:
    """Refuse a switchover to `target` as the primary does that is asked for it."""
    if state["role"] != redo.PRIMARY or state["status"] != "OPEN":
        raise CommandRefused(16465, "operation must be initiated on an open primary database")
    if target != other["db_unique_name"]:
        raise CommandRefused(16474, "target_db_name not found in the LOG_ARCHIVE_DEST_n parameter")
    if other["role"] != redo.STANDBY or not redo.flows(other):
        raise CommandRefused(16467, "switchover target is not synchronized")
    if not other["standby"]["mrp"]:
        raise CommandRefused(16470, "Redo Apply is not running on switchover target")
    if other["gap"] or max(redo.lags(other)) > _PATIENCE:
        raise CommandRefused(16467, "switchover target is not synchronized")


def _switchover(state: State, other: State, words: Words) -> str:
    target, how = str(words["target"]), words["how"]
    if how == "FORCE":
        return _force(state, other, target)
    alert.write(state, f"SWITCHOVER VERIFY: Send VERIFY request to switchover target {target}")
    check_switchover(state, other, target)
    if how == "VERIFY":
        return _verified(state, other)
    alert.write(state, "SWITCHOVER VERIFY COMPLETE", f"Starting switchover [Process ID: 24349] to {target}")
    switch_roles(state, other)
    return ALTERED


def switch_roles(state: State, other: State) -> None:
    """Carry a switchover out from its primary: both databases have their new roles, neither is open."""
    retire_alone(state, other)
    alert.write(
        other, "SWITCHOVER: received request 'ALTER DTABASE COMMIT TO SWITCHOVER  TO PRIMARY' from primary database."
    )
    roles.take_over(other)


def retire_alone(state: State, other: State) -> None:
    """Carry out the first half of a switchover: the primary has become a standby, nobody a primary."""
    roles.retire(state)
    roles.receive_end(other, state)


def _verified(state: State, other: State) -> str:
    if not other["ships"]:
        alert.write(
            state,
            "SWITCHOVER VERIFY WARNING: switchover target has no standby database defined in LOG_ARCHIVE_DEST_n "
            "parameter. If the switchover target is converted to a primary database, the new primary database will "
            "not be protected.",
        )
        raise CommandRefused(16475, "succeeded with warnings, check alert log for more details")
    alert.write(state, "SWITCHOVER VERIFY COMPLETE: READY FOR SWITCHOVER")
    return ALTERED


def _force(state: State, other: State, target: str) -> str:
    if state["role"] != redo.STANDBY or target != state["db_unique_name"]:
        raise CommandRefused(16464, "operation must be initiated on a physical standby database")
    if state["end_of_redo"] != "applied":
        raise CommandRefused(16473, "database is not in limbo")
    roles.take_over(state)
    return ALTERED


def _commit_to_standby(state: State, other: State, words: Words) -> str:
    if state["role"] != redo.PRIMARY or state["status"] != "OPEN":
        raise CommandRefused(16465, "operation must be initiated on an open primary database")
    if other["role"] != redo.STANDBY or not redo.flows(other) or other["gap"] or max(redo.lags(other)) > _PATIENCE:
        raise CommandRefused(16416, "No viable Physical Standby switchover targets available")
    retire_alone(state, other)
    return ALTERED


def _commit_to_primary(state: State, other: State, words: Words) -> str:
    standby(state)
    if state["finished"]:
        change = state["finished"] + 1
        roles.fail_over(state, change, f"ALTER DATABASE SWITCHOVER TO PRIMARY ({state['sid']})")
        alert.write(state, "Switchover: Complete - Database mounted as primary")
    elif state["end_of_redo"] == "applied":
        roles.take_over(state)
    else:
        raise CommandRefused(16139, "media recovery required")
    return ALTERED


def _finish(state: State, other: State, words: Words) -> str:
    standby(state)
    _refuse_gap(state)
    end = scn.received(state, other)
    _keep(state, other, end)
    state["scn"] = state["finished"] = end
    state["standby"]["mrp"] = False
    alert.write(
        state,
        "Terminal Recovery: request posted",
        f"Terminal Recovery timestamp is '{state['scn_at']:.0f}'",
        f"Incomplete Recovery applied until change {state['scn']}",
        f"Terminal Recovery: successful completion ({state['sid']})",
    )
    return ALTERED


def _fail_over(state: State, other: State, words: Words) -> str:
    if state["role"] != redo.STANDBY or words["target"] != state["db_unique_name"]:
        raise CommandRefused(16464, "operation must be initiated on a physical standby database")
    _refuse_gap(state)
    complete_failover(state, other)
    return ALTERED


def complete_failover(state: State, other: State) -> None:
    """Make a standby the primary after it has applied all the redo that it has received."""
    change = roles.reach(state, other, applied=False)
    _keep(state, other, change - 1)
    roles.fail_over(state, change, f"ALTER DATABASE FAILOVER TO {state['db_unique_name']}")
    alert.write(state, f"FAILOVER: Complete - Database mounted as primary ({state['sid']})")


def _activate(state: State, other: State, words: Words) -> str:
    standby(state)
    if state["standby"]["mrp"]:
        raise CommandRefused(1153, "an incompatible media recovery is active")
    activate(state, other)
    return ALTERED


def activate(state: State, other: State) -> None:
    """Make a standby the primary as it is: what it has not applied is lost."""
    words = f"ALTER DATABASE ACTIVATE [PHYSICAL] STANDBY DATABASE ({state['sid']})"
    change = roles.reach(state, other, applied=True)
    _keep(state, other, change - 1)
    roles.fail_over(state, change, words)
    alert.write(state, f"ACTIVATE STANDBY: Complete - Database mounted as primary ({state['sid']})")


def _keep(state: State, other: State, upto: int) -> None:
    """Let a standby have what of its primary's redo has reached it, the last time that it follows it."""
    if scn.follows(state, other) and not state["finished"]:
        history.carry(state, other, upto)


def _convert(state: State, other: State, words: Words) -> str | None:
    if state["role"] != redo.PRIMARY:
        return None
    if state["status"] == "OPEN":
        raise CommandRefused(1126, "database must be mounted in this instance and not open in any instance")
    convert(state, other)
    return ALTERED


def convert(state: State, other: State) -> None:
    """Make a mounted former primary the standby of what is primary now."""
    roles.convert(state)
    if other["role"] == redo.PRIMARY:
        roles.catch_up_from(state, other)


def _refuse_gap(state: State) -> None:
    if gap := state["gap"]:
        span = f"{gap['low']}-{gap['high']}"
        raise CommandRefused(16171, f"RECOVER...FINISH not allowed due to gap for thr 1, seq {span}")


_NAME = r'"?(?P<target>[A-Z][A-Z0-9_$#]*)"?'
_SESSIONS = r"(?: WAIT)?(?: (?:WITH|WITHOUT) SESSION SHUTDOWN(?: (?:WAIT|NOWAIT))?)?"
_ACTIONS: tuple[tuple[re.Pattern[str], Action], ...] = (
    *standby_commands.ACTIONS,
    (pattern(r"ALTER DATABASE OPEN(?: (?P<mode>READ WRITE|READ ONLY|RESETLOGS))?"), _open),
    (pattern(rf"ALTER DATABASE SWITCHOVER TO {_NAME}(?: (?P<how>VERIFY|FORCE))?"), _switchover),
    (pattern(rf"ALTER DATABASE COMMIT TO SWITCHOVER TO (?:PHYSICAL )?STANDBY{_SESSIONS}"), _commit_to_standby),
    (pattern(rf"ALTER DATABASE COMMIT TO SWITCHOVER TO (?:PHYSICAL )?PRIMARY{_SESSIONS}"), _commit_to_primary),
    (pattern(r"ALTER DATABASE RECOVER MANAGED STANDBY DATABASE FINISH(?: FORCE)?(?: WAIT| NOWAIT)?"), _finish),
    (pattern(rf"ALTER DATABASE FAILOVER TO {_NAME}(?: FORCE)?"), _fail_over),
    (pattern(r"ALTER DATABASE ACTIVATE (?:PHYSICAL )?STANDBY DATABASE(?: FINISH APPLY)?"), _activate),
    (pattern(r"ALTER DATABASE CONVERT TO PHYSICAL STANDBY"), _convert),
)
_ALONE = frozenset({_open, *standby_commands.ALONE})
