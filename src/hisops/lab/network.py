"""The network files of a home: tnsnames.ora, listener.ora, sqlnet.ora, with the ports of now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hisops.lab.layout import HOSTS, Layout
from hisops.lab.state import State, Store

STATIC = "_DGMGRL"
_PORT = 1521
_ENTRY = re.compile(r"^(?P<alias>[\w.]+)\s*=\s*(?P<text>\(.*?\n\s*\)\s*)$", re.MULTILINE | re.DOTALL)
_SERVICE = re.compile(r"SERVICE_NAME\s*=\s*([\w$.]+)", re.IGNORECASE)
_HOST = re.compile(r"HOST\s*=\s*([\w.-]+)", re.IGNORECASE)
Ports = Mapping[str, Mapping[str, int]]


def write(layout: Layout, ports: Ports) -> None:
    """Write the files of both homes, where they do not say so already."""
    store = Store(layout.state)
    for host in HOSTS:
        admin = layout.machine(host).oracle_home / "network" / "admin"
        admin.mkdir(parents=True, exist_ok=True)
        name = next(name for name in store.databases() if store.read(name)["host"] == host)
        own, states = store.read(name), [store.read(one) for one in sorted(store.both(name))]
        others = [state["db_unique_name"] for state in states]
        pdbs = [service for service in own["services"] if service.islower()]
        entries = [_entry(state["db_unique_name"], state["host"], ports, state["db_unique_name"]) for state in states]
        entries += [_entry(pdb.upper(), host, ports, pdb) for pdb in pdbs if pdb.upper() not in others]
        _keep(admin / "tnsnames.ora", "# tnsnames.ora Network Configuration File\n\n" + "\n".join(entries))
        _keep(admin / "listener.ora", _listener(own, ports))
        _keep(admin / "sqlnet.ora", "NAMES.DIRECTORY_PATH = (TNSNAMES, EZCONNECT)\n")


def read_aliases(path: Path) -> dict[str, str]:
    """Return the descriptors of a tnsnames.ora by lower-case alias."""
    text = path.read_text() if path.exists() else ""
    return {match["alias"].lower(): match["text"] for match in _ENTRY.finditer(text)}


def service_of(descriptor: str) -> str:
    """Return the service that a descriptor asks for, in lower case."""
    found = _SERVICE.search(descriptor)
    return found[1].lower() if found else ""


def host_of(descriptor: str) -> str:
    """Return the host that a descriptor leads to."""
    found = _HOST.search(descriptor)
    return found[1].lower() if found else ""


def _port(host: str, ports: Ports) -> int:
    return ports.get(host, {}).get("tns", _PORT)


def _entry(alias: str, host: str, ports: Ports, service: str) -> str:
    return (
        f"{alias} =\n  (DESCRIPTION =\n    (ADDRESS = (PROTOCOL = TCP)(HOST = {host})(PORT = {_port(host, ports)}))\n"
        f"    (CONNECT_DATA =\n      (SERVER = DEDICATED)\n      (SERVICE_NAME = {service})\n    )\n  )\n"
    )


def _listener(state: State, ports: Ports) -> str:
    host, unique = state["host"], state["db_unique_name"]
    static = (
        "SID_LIST_LISTENER =\n  (SID_LIST =\n    (SID_DESC =\n"
        f"      (GLOBAL_DBNAME = {unique}{STATIC})\n      (ORACLE_HOME = {state['home']})\n"
        f"      (SID_NAME = {state['sid']})\n    )\n  )\n\n"
    )
    return (
        f"# listener.ora Network Configuration File\n\n{static if state['peer'] else ''}"
        "LISTENER =\n  (DESCRIPTION_LIST =\n    (DESCRIPTION =\n"
        f"      (ADDRESS = (PROTOCOL = TCP)(HOST = {host})(PORT = {_port(host, ports)}))\n"
        "      (ADDRESS = (PROTOCOL = IPC)(KEY = EXTPROC1521))\n    )\n  )\n"
    )


def _keep(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
