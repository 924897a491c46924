"""How far a recovery goes: an UNTIL clause against what the control file knows of incarnations, logs and times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hisops.lab.history import PER_SECOND
from hisops.lab.state import State
from hisops.lab.tools.rman.rebuild.plan import Until
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, option

_PARTS = {"YYYY": "%Y", "MM": "%m", "MON": "%b", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S", "RR": "%y"}
_TO_DATE = re.compile(r"to_date\(\s*'([^']*)'\s*,\s*'([^']*)'\s*\)", re.IGNORECASE)
_SYSDATE = re.compile(r"sysdate(?:\s*-\s*([\d.]+)(?:\s*/\s*([\d.]+))?(?:\s*/\s*([\d.]+))?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limit:
    """Changes of SCN `scn` and later are not made; nor those made at `moment` and later, or in log `sequence`."""

    scn: int | None = None
    moment: float | None = None
    sequence: int | None = None


def take_until(words: list[str]) -> Until | None:
    """Take UNTIL SCN | TIME | SEQUENCE out of a command."""
    if flag(words, "until", "cancel"):
        raise syntax_error("cancel")
    for kind in ("scn", "change", "time", "sequence"):
        value = option(words, "until", kind)
        if value is not None:
            if kind == "sequence" and option(words, "thread") not in (None, "1"):
                raise syntax_error("thread")
            if kind in ("scn", "change", "sequence") and not value.isdigit():
                raise syntax_error(value)
            return Until("scn" if kind == "change" else kind, value)
    return None


def limit(run: Run, until: Until | None, command: str) -> Limit:
    """Return what an UNTIL clause means. One before the incarnation began is refused."""
    if until is None:
        return Limit()
    state = run.state
    branch = state["incarnations"][-1]
    if until.kind == "sequence":
        return Limit(sequence=int(until.value))
    if until.kind == "scn":
        if int(until.value) < int(branch["resetlogs"]):
            raise failed_command(command, "RMAN-20208: UNTIL CHANGE is before RESETLOGS change")
        return Limit(scn=int(until.value))
    moment = _moment(run, until.value, command)
    if moment < datetime.fromisoformat(branch["time"]).timestamp():
        raise failed_command(command, "RMAN-20207: UNTIL TIME or RECOVERY WINDOW is before RESETLOGS time")
    return Limit(scn=_scn_at(state, moment), moment=moment)


def all_logs(state: State) -> list[Mapping[str, Any]]:
    """Return all logs that the control file knows of, on disk or in backups, once each, older ones first."""
    found = {(log["resetlogs"], log["sequence"]): log for log in state["logs"]}
    for one in state["backups"]:
        found |= {(log["resetlogs"], log["sequence"]): log for log in one["logs"]}
    return sorted(found.values(), key=lambda log: int(log["first"]))


def _scn_at(state: State, moment: float) -> int:
    """Return about which SCN the database was at, by the logs, else by the pace of its changes."""
    for log in all_logs(state):
        if log["first_time"] <= moment < log["next_time"]:
            return min(int(log["next"]), int(log["first"] + (moment - log["first_time"]) * PER_SECOND))
    known = [mark for mark in state["marks"] if mark[1] <= moment] or state["marks"][:1]
    return int(known[-1][0] + (moment - known[-1][1]) * PER_SECOND)


def _moment(run: Run, text: str, command: str) -> float:
    if match := _SYSDATE.fullmatch(text.strip()):
        days = float(match[1] or 0) / float(match[2] or 1) / float(match[3] or 1)
        return datetime.now().timestamp() - days * 86400
    given, form = text, run.desk.env.get("NLS_DATE_FORMAT", "DD-MON-RR")
    if match := _TO_DATE.fullmatch(text.strip()):
        given, form = match[1], match[2]
    try:
        return datetime.strptime(given, _pattern(form)).timestamp()
    except ValueError as problem:
        raise failed_command(command, "ORA-01861: literal does not match format string") from problem


def _pattern(form: str) -> str:
    return re.sub("YYYY|HH24|MON|MM|DD|MI|SS|RR", lambda part: _PARTS[part[0].upper()], form, flags=re.IGNORECASE)
