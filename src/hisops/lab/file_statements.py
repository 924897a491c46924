"""Statements for a database that is being built from files: where its files are, and that it is to go away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hisops.lab import alert, mounting, parameters, reopening, roles
from hisops.lab.commands import CommandRefused, pattern
from hisops.lab.state import State
from hisops.lab.views.recovery import temp_names

ALTERED = "Database altered."
_QUOTED = re.compile(r"'([^']*)'")


def carry_out(state: State, text: str, *, sysdba: bool) -> str | None:
    """Change the database as the statement says and return SQL*Plus's answer; None if it is not understood."""
    plain = " ".join(text.strip().rstrip(";").split())
    for known, action in _ACTIONS:
        if match := known.fullmatch(plain):
            if not sysdba:
                raise CommandRefused(1031, "insufficient privileges")
            return action(state, match)
    return None


def _create_spfile(state: State, match: re.Match[str]) -> str:
    dbs = Path(state["home"]) / "dbs"
    source = Path(match["pfile"]) if match["pfile"] else dbs / f"init{state['sid']}.ora"
    target = Path(match["spfile"]) if match["spfile"] else None
    if not mounting.on_host(state, source) or (target and not mounting.on_host(state, target)):
        raise CommandRefused(1565, f"error in identifying file '{source}'")
    parameters.write_spfile(state, source, target)
    return "File created."


def _rename(state: State, match: re.Match[str]) -> str:
    """RENAME FILE: of online logs, and of data files that are there already."""
    if state["status"] != "MOUNTED":
        raise CommandRefused(1109 if state["status"] == "OPEN" else 1507, "database not mounted")
    olds, news = _QUOTED.findall(match["old"]), _QUOTED.findall(match["new"])
    if len(olds) != len(news):
        raise CommandRefused(1514, "error in log specification: no such log")
    for old, new in zip(olds, news, strict=True):
        _rename_one(state, old, new)
    alert.write(state, f"ALTER DATABASE RENAME FILE {match['old']} TO {match['new']}")
    return ALTERED


def _rename_one(state: State, old: str, new: str) -> None:
    logs = reopening.logfiles(state)
    temps = temp_names(state)
    if old in logs:
        state["logfiles"] = [new if name == old else name for name in logs]
    elif old in temps:
        state["tempfiles"] = [new if name == old else name for name in temps]
    elif file := next((file for file in state["datafiles"] if file["name"] == old), None):
        if not mounting.there(state, Path(new)):
            number = file["file"]
            raise CommandRefused(
                1511,
                f"error in renaming log/data files\nORA-01141: error renaming data file {number} - new file '{new}' "
                f"not found\nORA-01110: data file {number}: '{old}'\nORA-27037: unable to obtain file status",
            )
        file["name"] = new
    else:
        raise CommandRefused(
            1511,
            "error in renaming log/data files\n"
            f'ORA-01516: nonexistent log file, data file, or temporary file "{old}" in the current container',
        )


def _drop(state: State, match: re.Match[str]) -> str:
    drop(state)
    return "Database dropped."


def drop(state: State) -> None:
    """DROP DATABASE: delete the files of a mounted, restricted database, and end its instance."""
    if state["status"] != "MOUNTED":
        raise CommandRefused(1586, "database must be mounted EXCLUSIVE and not open for this operation")
    if not state["restricted"]:
        raise CommandRefused(12719, "operation requires database is in RESTRICTED mode")
    names = [file["name"] for file in state["datafiles"]] + reopening.logfiles(state) + temp_names(state)
    for path in [*map(Path, names), *parameters.control_files(state)]:
        if mounting.on_host(state, path):
            path.unlink(missing_ok=True)
    alert.write(state, "drop database", "Completed: drop database", "Shutting down instance (abort)")
    mounting.bare(state)
    roles.down(state)


_PATHS = r"'[^']*'(?:\s*,\s*'[^']*')*"
_ACTIONS: tuple[tuple[re.Pattern[str], Callable[[State, re.Match[str]], str]], ...] = (
    (
        pattern(r"CREATE SPFILE(?:\s?=?\s?'(?P<spfile>[^']+)')? FROM PFILE(?:\s?=?\s?'(?P<pfile>[^']+)')?"),
        _create_spfile,
    ),
    (pattern(rf"ALTER DATABASE RENAME FILE (?P<old>{_PATHS}) TO (?P<new>{_PATHS})"), _rename),
    (pattern(r"DROP DATABASE"), _drop),
)
