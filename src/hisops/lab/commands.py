"""Statements that change a database's state, in the words of the SQL Language Reference. Shared by SQL*Plus and the
listener; what is not understood here is for neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab import alert
from hisops.lab.media import archived
from hisops.lab.release import R112
from hisops.lab.state import State

ROOT = "CDB$ROOT"
_NAME = r'"?([A-Z][A-Z0-9_$#]*)"?'


class CommandRefused(Exception):
    """The database refuses: number and text of its error."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(number, text)
        self.number = number
        self.text = text


Words = Mapping[str, str | None]
Action = Callable[[State, str, Words], str | None]


def carry_out(state: State, container: str, text: str) -> str | None:
    """Change `state` as the statement says and return SQL*Plus's answer to it; None if it is not understood."""
    plain = " ".join(text.strip().rstrip(";").split())
    if state["release"] == R112.number and plain.upper().startswith("ALTER PLUGGABLE"):
        raise CommandRefused(940, "invalid ALTER command")
    for pattern, action in _ACTIONS:
        if match := pattern.fullmatch(plain):
            if state["status"] not in ("OPEN", "MOUNTED"):
                raise CommandRefused(1507, "database not mounted")
            return action(state, container, upper(match.groupdict()))
    return None


def upper(words: Words) -> dict[str, str | None]:
    """Names and keywords count in upper case, file names as they were written."""
    return {key: word if key == "file" or word is None else word.upper() for key, word in words.items()}


def level(state: State, container: str) -> str:
    """Return the release update that the dictionary of a container is at."""
    rows = [row for row in state["sqlpatch"] if row["con"] == container and row["status"] == "SUCCESS"]
    newest = max(rows, key=lambda row: str(row["action_time"]), default=None)
    return str(newest["target_version"]) if newest else ""


def open_pdb(state: State, pdb: State, mode: str) -> bool:
    """Open one pluggable database; False when its dictionary is behind the root's and it opens restricted."""
    name, behind = pdb["name"], level(state, pdb["name"]) != level(state, ROOT)
    pdb.update(open_mode=mode, restricted="YES" if behind else "NO")
    state["violations"] = [row for row in state["violations"] if row["name"] != name]
    if behind:
        root, own = level(state, ROOT), level(state, name)
        message = f"'{root} Release_Update' is installed in the CDB but '{own} Release_Update' is installed in the PDB"
        state["violations"].append(
            {
                "name": name,
                "cause": "SQL Patch",
                "type": "ERROR",
                "message": message,
                "status": "PENDING",
                "time": datetime.now(UTC).isoformat(),
            }
        )
    alert.write(state, f"Pluggable database {name} opened {mode.lower()}")
    return not behind


def _open(state: State, container: str, match: Words) -> str:
    mode = "READ ONLY" if match["mode"] == "READ ONLY" else "READ WRITE"
    if state["role"] != "PRIMARY" and mode == "READ WRITE":
        mode = "READ ONLY"
    clean = True
    for pdb in _chosen(state, container, match["names"], match["except"]):
        is_open = pdb["open_mode"] not in ("MOUNTED", "DOWN")
        if is_open and not match["force"] and match["names"] != "ALL":
            raise CommandRefused(65019, f"pluggable database {pdb['name']} already open")
        if not is_open or match["force"]:
            clean = open_pdb(state, pdb, mode) and clean
    return "Pluggable database altered." if clean else "\nWarning: PDB altered with errors.\n"


def _close(state: State, container: str, match: Words) -> str:
    for pdb in _chosen(state, container, match["names"], match["except"]):
        if pdb["open_mode"] == "MOUNTED" and match["names"] != "ALL":
            raise CommandRefused(65020, f"pluggable database {pdb['name']} already closed")
        pdb.update(open_mode="MOUNTED", restricted="NO")
    return "Pluggable database altered."


def _save(state: State, container: str, match: Words) -> str:
    for pdb in _chosen(state, container, match["names"], match["except"]):
        pdb["saved_state"] = match["verb"] == "SAVE"
    return "Pluggable database altered."


def _chosen(state: State, container: str, names: str | None, excluded: str | None) -> list[State]:
    pdbs = [pdb for pdb in state["pdbs"] if pdb["name"] != "PDB$SEED"]
    if names is None:
        if container == ROOT:
            raise CommandRefused(65046, "operation not allowed from outside a pluggable database")
        names = container
    if names == "ALL":
        out = set(re.split(r"\s*,\s*", excluded)) if excluded else set()
        return [pdb for pdb in pdbs if pdb["name"] not in out]
    chosen = []
    for name in re.split(r"\s*,\s*", names.replace('"', "")):
        found = next((pdb for pdb in pdbs if pdb["name"] == name), None)
        if found is None:
            raise CommandRefused(65011, f"Pluggable database {name} does not exist.")
        chosen.append(found)
    return chosen


def _create_restore_point(state: State, container: str, match: Words) -> str:
    name = str(match["name"]).strip('"')
    if state["open_mode"] != "READ WRITE" and not match["guarantee"]:
        raise CommandRefused(38788, "More standby database recovery is needed")
    if any(point["name"] == name for point in state["restore_points"]):
        raise CommandRefused(38778, f"Restore point '{name}' already exists.")
    state["restore_points"].append(
        {
            "name": name,
            "guaranteed": "YES" if match["guarantee"] else "NO",
            "scn": state["scn"],
            "time": datetime.now(UTC).isoformat(),
        }
    )
    state["fra"]["used_mb"] += 400 if match["guarantee"] else 0
    alert.write(state, f"Created {'guaranteed ' if match['guarantee'] else ''}restore point {name}")
    return "Restore point created."


def _drop_restore_point(state: State, container: str, match: Words) -> str:
    name = str(match["name"]).strip('"')
    found = next((point for point in state["restore_points"] if point["name"] == name), None)
    if found is None:
        raise CommandRefused(38780, f"Restore point '{name}' does not exist.")
    state["restore_points"].remove(found)
    state["fra"]["used_mb"] -= 400 if found["guaranteed"] == "YES" else 0
    alert.write(state, f"Drop restore point {name}")
    return "Restore point dropped."


def _switch(state: State, container: str, match: Words) -> str:
    if state["role"] != "PRIMARY":
        raise CommandRefused(16000, "database or pluggable database open for read-only access")
    archived.switch(state)
    alert.write(state, f"Thread 1 advanced to log sequence {state['sequence']} (LGWR switch)")
    return "System altered."


def _register(state: State, container: str, match: Words) -> str:
    state["listener"]["registers_at"] = datetime.now(UTC).isoformat()
    return "System altered."


def _restrict(state: State, container: str, match: Words) -> str:
    state["restricted"] = match["verb"] == "ENABLE"
    return "System altered."


def _nothing(state: State, container: str, match: Words) -> str:
    return "System altered."


def _create_pfile(state: State, container: str, match: Words) -> str:
    target = Path(match["file"] or f"{state['home']}/dbs/init{state['sid']}.ora")
    if not target.parent.is_dir() or not target.is_relative_to(_host_root(state)):
        raise CommandRefused(1565, f"error in identifying file '{target}'")
    target.write_text(f"*.db_name='{state['name']}'\n*.db_unique_name='{state['db_unique_name']}'\n")
    return "File created."


def _host_root(state: State) -> Path:
    """Return the root of the host's file system: a statement writes nowhere else."""
    return Path(state["home"]).parents[5]


def _recompile(state: State, container: str, match: Words) -> str:
    recompile(state, container)
    return "PL/SQL procedure successfully completed."


def recompile(state: State, container: str) -> int:
    """Recompile what can be compiled in a container; what is truly broken stays. Return how many stay."""
    for_good = [row for row in state["invalid_objects"] if row["con"] != container or row["name"].startswith("V_OLD_")]
    state["invalid_objects"] = for_good
    return sum(row["con"] == container for row in for_good)


_PDBS = rf"(?:\s(?P<names>ALL|{_NAME}(?:\s*,\s*{_NAME})*))?(?:\sEXCEPT\s(?P<except>[\w$#, ]+?))?"


def pattern(text: str) -> re.Pattern[str]:
    """Return what recognises a statement whose words are separated by single spaces."""
    return re.compile(text, re.IGNORECASE)


_OPEN = r"OPEN(?:\s(?P<mode>READ WRITE|READ ONLY))?(?:\sRESTRICTED)?(?P<force>\sFORCE)?"
_POINT = rf"RESTORE POINT (?P<name>{_NAME})"
_ACTIONS: tuple[tuple[re.Pattern[str], Action], ...] = (
    (pattern(rf"ALTER PLUGGABLE DATABASE{_PDBS} {_OPEN}"), _open),
    (pattern(rf"ALTER PLUGGABLE DATABASE{_PDBS} CLOSE(?: IMMEDIATE)?"), _close),
    (pattern(rf"ALTER PLUGGABLE DATABASE{_PDBS} (?P<verb>SAVE|DISCARD) STATE"), _save),
    (pattern(rf"CREATE {_POINT}(?P<guarantee> GUARANTEE FLASHBACK DATABASE)?"), _create_restore_point),
    (pattern(rf"DROP {_POINT}"), _drop_restore_point),
    (pattern(r"ALTER SYSTEM (?:SWITCH LOGFILE|ARCHIVE LOG CURRENT)"), _switch),
    (pattern(r"ALTER SYSTEM REGISTER"), _register),
    (pattern(r"ALTER SYSTEM (?P<verb>ENABLE|DISABLE) RESTRICTED SESSION"), _restrict),
    (pattern(r"ALTER SYSTEM CHECKPOINT"), _nothing),
    (pattern(r"CREATE PFILE(?:\s?=?\s?'(?P<file>[^']+)')? FROM SPFILE"), _create_pfile),
    (pattern(r"BEGIN (?:SYS\.)?UTL_RECOMP\.RECOMP_(?:SERIAL|PARALLEL)\(?[^;]*\)?; END"), _recompile),
)
