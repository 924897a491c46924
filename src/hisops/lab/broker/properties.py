"""The configurable properties of a member: what they are until somebody edits them, and which values they take."""

from __future__ import annotations

import re

from hisops.lab.state import State

DEFAULTS = {
    "ObserverConnectIdentifier": "", "FastStartFailoverTarget": "", "PreferredObserverHosts": "", "LogShipping": "ON",
    "RedoRoutes": "", "LogXptMode": "ASYNC", "DelayMins": "0", "Binding": "optional", "MaxFailure": "0",
    "ReopenSecs": "300", "NetTimeout": "30", "RedoCompression": "DISABLE", "PreferredApplyInstance": "",
    "ApplyInstanceTimeout": "0", "ApplyLagThreshold": "30", "TransportLagThreshold": "30",
    "TransportDisconnectedThreshold": "30", "ApplyParallel": "AUTO", "ApplyInstances": "0",
}  # fmt: skip
_SECONDS = r"\d{1,5}"
_EDITABLE = {
    "LogXptMode": "SYNC|ASYNC|FASTSYNC",
    "NetTimeout": _SECONDS,
    "ReopenSecs": _SECONDS,
    "MaxFailure": _SECONDS,
    "ApplyLagThreshold": _SECONDS,
    "TransportLagThreshold": _SECONDS,
    "TransportDisconnectedThreshold": _SECONDS,
}
"""What the lab lets be edited; of these only the thresholds change what it does."""


def of(member: State) -> dict[str, str]:
    """Return the properties of a member as they are now."""
    edited: dict[str, str] = member["properties"]
    return DEFAULTS | edited


def threshold(member: State, kind: str) -> int:
    """Return after how many seconds a lag is a warning; 0 is never."""
    return int(of(member)[f"{kind}LagThreshold"])


def find(name: str) -> str | None:
    """Return a property as it is written in the documentation, whatever the case."""
    return next((known for known in DEFAULTS if known.lower() == name.lower()), None)


def takes(name: str, value: str) -> bool:
    """Whether the lab lets a property have a value."""
    return name in _EDITABLE and re.fullmatch(_EDITABLE[name], value, re.IGNORECASE) is not None
