"""What all views need: containers with their numbers, dates without a zone."""

from __future__ import annotations

from datetime import datetime

from hisops.lab.commands import ROOT
from hisops.lab.state import State


def moment(text: str) -> datetime:
    """Return a time of the state as the database has it: without a zone, to the second."""
    return exact(text).replace(microsecond=0)


def exact(text: str) -> datetime:
    """Return a time of the state as SYSDATE counts it: of the host's zone, without saying so."""
    return datetime.fromisoformat(text).astimezone().replace(tzinfo=None)


def containers(state: State) -> dict[str, int]:
    """Return the number of each container."""
    return {ROOT: 1, **{pdb["name"]: pdb["con_id"] for pdb in state["pdbs"]}}


def visible(state: State, container: str) -> dict[str, int]:
    """Return the containers that a CDB_ view shows: all open ones from the root, itself from a pluggable one."""
    known = containers(state)
    if container != ROOT:
        return {container: known[container]}
    closed = {pdb["name"] for pdb in state["pdbs"] if pdb["open_mode"] in ("MOUNTED", "DOWN")}
    return {name: number for name, number in known.items() if name not in closed}


def imported(state: State) -> list[tuple[str, str, str, str]]:
    """Return container, owner, name and type of what a logical copy brought, or lies in no data file."""
    return [
        (con, owner, name, type_)
        for con, owners in state.get("schemas", {}).items()
        for owner, schema in owners.items()
        for name, type_ in [*((table, "TABLE") for table in schema["tables"]), *map(tuple, schema["objects"])]
    ]
