"""Statements that look after redo between the pair: apply, flashback, logs that have to be registered, destinations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hisops.lab import alert, history, redo
from hisops.lab.branches import descends
from hisops.lab.commands import CommandRefused, Words, pattern
from hisops.lab.state import State

ALTERED = "Database altered."
_SYSTEM = "System altered."
_LOG = re.compile(r"1_(\d+)_")
Action = Callable[[State, State, Words], str | None]


def _recover(state: State, other: State, words: Words) -> str:
    """Start Redo Apply in the background. In the foreground it would keep the session: that is not rehearsed."""
    standby(state)
    if state["standby"]["mrp"]:
        raise CommandRefused(1153, "an incompatible media recovery is active")
    if state["finished"]:
        raise CommandRefused(16157, "media recovery not allowed following successful FINISH recovery")
    alert.write(
        state,
        f"Attempt to start background Managed Standby Recovery process ({state['sid']})",
        f"MRP0: Background Managed Standby Recovery process started ({state['sid']})",
    )
    if other["role"] == redo.PRIMARY and not descends(state, other):
        alert.write(
            state,
            "MRP0: Background Media Recovery terminated with error 19909",
            "ORA-19909: datafile 1 belongs to an orphan incarnation",
            f"ORA-01110: data file 1: '{state['datafiles'][0]['name']}'",
        )
        return ALTERED
    state["standby"].update(mrp=True, real_time=words["source"] != "ARCHIVED")
    how = "using" if state["standby"]["real_time"] else "not using"
    alert.write(state, f"Managed Standby Recovery {how} Real Time Apply")
    return ALTERED


def _until_consistent(state: State, other: State, words: Words) -> str:
    """Recover until the data files agree with one another, then end by itself."""
    standby(state)
    if state["standby"]["mrp"]:
        raise CommandRefused(1153, "an incompatible media recovery is active")
    alert.write(state, f"Incomplete Recovery applied until change {state['scn']}", "Media Recovery Complete")
    return ALTERED


def _cancel(state: State, other: State, words: Words) -> str:
    standby(state)
    if not state["standby"]["mrp"]:
        raise CommandRefused(16136, "Managed Standby Recovery not active")
    state["standby"]["mrp"] = False
    alert.write(
        state,
        "MRP0: Background Media Recovery cancelled with status 16037",
        "ORA-16037: user requested cancel of managed recovery operation",
        f"Managed Standby Recovery Canceled ({state['sid']})",
    )
    return ALTERED


def _flashback(state: State, other: State, words: Words) -> str:
    if state["status"] == "OPEN":
        raise CommandRefused(38757, "Database must be mounted and not open to FLASHBACK.")
    if state["role"] == redo.STANDBY and state["standby"]["mrp"]:
        raise CommandRefused(1153, "an incompatible media recovery is active")
    if state["flashback_on"] != "YES":
        raise CommandRefused(38726, "Flashback database logging is not on.")
    wanted = int(str(words["scn"])) - (1 if words["before"] else 0)
    if wanted > state["scn"]:
        raise CommandRefused(38743, "Time/SCN is in the future of the database.")
    if wanted < state["flashback_from"]:
        raise CommandRefused(38729, "Not enough flashback database log data to do FLASHBACK.")
    flash_back(state, wanted)
    return "Flashback complete."


def flash_back(state: State, number: int) -> None:
    """Take a mounted database back to an SCN."""
    state.update(scn=number, needs_resetlogs=state["role"] == redo.PRIMARY)
    history.cut(state, number)
    alert.write(state, f"flashback database to scn {number}", "Flashback Restore Start", "Flashback Restore Complete")
    alert.write(state, "Flashback Media Recovery Complete", f"Completed: flashback database to scn {number}")


def _flashback_logging(state: State, other: State, words: Words) -> str:
    on = words["verb"] == "ON"
    if on and state["flashback_on"] == "YES":
        raise CommandRefused(38713, "Flashback Database logging is already turned on.")
    if state["role"] == redo.STANDBY and state["standby"]["mrp"]:
        raise CommandRefused(1153, "an incompatible media recovery is active")
    if on:
        state["flashback_from"] = state["scn"]  # what lies before was not logged
    state["flashback_on"] = "YES" if on else "NO"
    return ALTERED


def _force_logging(state: State, other: State, words: Words) -> str:
    if (state["force_logging"] == "YES") == (words["no"] is None):
        raise CommandRefused(*((12920, "database is already in force logging mode") if words["no"] is None
                               else (12921, "database is not in force logging mode")))  # fmt: skip
    state["force_logging"] = "YES" if words["no"] is None else "NO"
    return ALTERED


def _register(state: State, other: State, words: Words) -> str:
    """Take a log that fills a part of the gap; it has to lie where this host can read it."""
    standby(state)
    path = Path(str(words["file"]))
    root = Path(state["home"]).parents[5]
    number = _LOG.search(path.name)
    if not path.is_file() or root not in path.resolve().parents or number is None:
        raise CommandRefused(308, f"cannot open archived log '{path}'")
    missing = state["gap"]["missing"] if state["gap"] else []
    sequence = int(number[1])
    if sequence not in missing and not words["replace"]:
        raise CommandRefused(16089, "archive log has already been registered")
    fill(state, [one for one in missing if one != sequence])
    alert.write(state, f"There are 1 logfiles specified.\n{ALTERED[:-1]}: register logfile '{path}'")
    return ALTERED


def fill(state: State, missing: list[int]) -> None:
    """Leave a gap of these sequences; of none, no gap."""
    state["gap"] = {"missing": missing, "low": missing[0], "high": missing[-1]} if missing else None


def _add_standby_log(state: State, other: State, words: Words) -> str:
    if state["role"] == redo.STANDBY and state["standby"]["mrp"]:
        raise CommandRefused(1156, "recovery or flashback in progress may need access to files")
    state["srls"] += 1
    return ALTERED


def _flush(state: State, other: State, words: Words) -> str | None:
    """Send what a mounted primary has not sent yet."""
    if state["role"] != redo.PRIMARY or state["status"] == "OPEN":
        return None
    if not other["standby"]["mrp"]:
        raise CommandRefused(16447, "Redo apply was not active at the target standby database")
    other["standby"].update(redo.link_state(), mrp=True)
    return _SYSTEM


def _broker_start(state: State, other: State, words: Words) -> str:
    state["broker"]["start"] = words["value"] == "TRUE"
    alert.write(state, f"ALTER SYSTEM SET dg_broker_start={words['value']} SCOPE=BOTH;")
    alert.write(state, f"{'Starting' if state['broker']['start'] else 'Stopping'} Data Guard Broker (DMON)")
    return _SYSTEM


def _destination(state: State, other: State, words: Words) -> str:
    state["ships"] = words["value"] != "DEFER"
    alert.write(state, f"ALTER SYSTEM SET log_archive_dest_state_2='{words['value']}' SCOPE=BOTH;")
    return _SYSTEM


def standby(state: State) -> None:
    """Refuse what only a standby can do."""
    if state["role"] != redo.STANDBY:
        raise CommandRefused(1665, "control file is not a standby control file")


_MANAGED = r"ALTER DATABASE RECOVER MANAGED STANDBY DATABASE"
_SOURCE = r"(?: USING (?P<source>ARCHIVED|CURRENT) LOGFILE)?"
_SCOPE = r"(?: SCOPE ?= ?(?:BOTH|MEMORY|SPFILE))?(?: SID ?= ?'[^']+')?"
_FILE = r"'(?P<file>[^']+)'"
ACTIONS: tuple[tuple[re.Pattern[str], Action], ...] = (
    (pattern(rf"{_MANAGED}(?: NODELAY)?{_SOURCE}(?: NODELAY)? DISCONNECT(?: FROM SESSION)?"), _recover),
    (pattern(rf"{_MANAGED} CANCEL(?: IMMEDIATE)?"), _cancel),
    (pattern(rf"{_MANAGED} UNTIL CONSISTENT"), _until_consistent),
    (pattern(r"FLASHBACK (?:STANDBY )?DATABASE TO (?P<before>BEFORE )?SCN (?P<scn>\d+)"), _flashback),
    (pattern(r"ALTER DATABASE FLASHBACK (?P<verb>ON|OFF)"), _flashback_logging),
    (pattern(r"ALTER DATABASE (?P<no>NO )?FORCE LOGGING"), _force_logging),
    (pattern(rf"ALTER DATABASE REGISTER (?P<replace>OR REPLACE )?(?:PHYSICAL )?LOGFILE {_FILE}"), _register),
    (pattern(r"ALTER DATABASE ADD STANDBY LOGFILE(?: THREAD 1)?(?: GROUP \d+)?(?: \(?'[^']+'\)?)?(?: SIZE \d+[MG])?"),
     _add_standby_log),
    (pattern(r'ALTER SYSTEM FLUSH REDO TO "?\w+"?(?: (?:NO )?CONFIRM APPLY)?'), _flush),
    (pattern(rf"ALTER SYSTEM SET DG_BROKER_START ?= ?(?P<value>TRUE|FALSE){_SCOPE}"), _broker_start),
    (pattern(rf"ALTER SYSTEM SET LOG_ARCHIVE_DEST_STATE_2 ?= ?'?(?P<value>ENABLE|DEFER|RESET)'?{_SCOPE}"),
     _destination),
)  # fmt: skip
ALONE = frozenset({_flashback, _flashback_logging, _force_logging})
"""What a database does without another one."""
