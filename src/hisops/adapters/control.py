"""Which machine hisops runs on, and in which copy of a site's logs it works."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

from hisops.model.lock import ControlHost

_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def control_host(logs: Path) -> ControlHost:
    """Return this machine and the one true name of the folder `logs` on it."""
    return ControlHost(socket.gethostname(), machine_id(), str(logs.resolve()))


def machine_id() -> str:
    """Return what tells this machine from others and stays when it is renamed (machine-id(5)), not itself but a digest.

    Without one the host's name has to serve.
    """
    for path in _IDS:
        try:
            known = path.read_text("ascii").strip()
        except (OSError, ValueError):
            continue
        if known and known != "uninitialized":
            return _digest(known)
    return _digest(socket.gethostname())


def _digest(text: str) -> str:
    return hashlib.sha256(b"hisops control host " + text.encode()).hexdigest()[:16]
