"""What an instance has told its listener."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hisops.lab.state import LAB, State, Store

_SECONDS = 2.0


def registers_at(store: Store) -> str:
    """Return when an instance will have registered with a listener that starts now, or the other way round."""
    return (datetime.now(UTC) + timedelta(seconds=_SECONDS * store.read(LAB)["pace"])).isoformat()


def registered(state: State) -> bool:
    """Whether the instance has told the listener of its services by now."""
    due = datetime.fromisoformat(state["listener"]["registers_at"])
    return state["status"] in ("OPEN", "MOUNTED", "STARTED") and datetime.now(UTC) >= due


def ready_services(state: State) -> list[str]:
    """Return the services that the instance offers in its present state."""
    closed = {pdb["name"].lower() for pdb in state["pdbs"] if pdb["open_mode"] in ("MOUNTED", "DOWN")}
    return [service for service in state["services"] if service not in closed]
