"""Connect identifiers: what tnsnames.ora of a host makes of a name, and what a listener answers to it."""

from __future__ import annotations

from pathlib import Path

from hisops.lab.layout import HOSTS
from hisops.lab.net_errors import BLOCKED, NO_HOST, NO_LISTENER, NO_SERVICE, UNKNOWN
from hisops.lab.network import STATIC, host_of, read_aliases, service_of
from hisops.lab.registration import ready_services, registered
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk


class NotReached(Exception):
    """Nobody could be connected to; carries the error."""


def find(desk: Desk, identifier: str) -> str:
    """Return the database that a connect identifier leads to. Raises NotReached."""
    host, service = resolve(desk, identifier)
    for name in desk.store.databases():
        state = desk.store.read(name)
        if state["host"] == host:
            _listen(state, service)
            return name
    raise NotReached(NO_HOST)


def resolve(desk: Desk, identifier: str) -> tuple[str, str]:
    """Return host and service that a connect identifier means: a descriptor, Easy Connect or a name of tnsnames.ora."""
    plain = identifier.strip().strip('"')
    if plain.startswith("("):
        return host_of(plain), service_of(plain)
    if "/" in plain:
        place, _, service = plain.removeprefix("//").partition("/")
        return _lab_host(desk, place.lower()), service.partition(":")[0].lower()
    descriptor = read_aliases(_admin(desk) / "tnsnames.ora").get(plain.lower())
    if descriptor is None:
        raise NotReached(UNKNOWN)
    return host_of(descriptor), service_of(descriptor)


def is_static(desk: Desk, identifier: str) -> bool:
    """Whether an identifier leads to a service of listener.ora, which is known while the instance is down."""
    return resolve(desk, identifier)[1].endswith(STATIC.lower())


def static_identifier(state: State) -> str:
    """Return the broker's StaticConnectIdentifier of a database."""
    service = f"{state['db_unique_name']}{STATIC}"
    return (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={state['host']})(PORT=1521))"
        f"(CONNECT_DATA=(SERVICE_NAME={service})(INSTANCE_NAME={state['sid']})(SERVER=DEDICATED)))"
    )


def _admin(desk: Desk) -> Path:
    if "TNS_ADMIN" in desk.env:
        return Path(desk.env["TNS_ADMIN"])
    home = desk.env.get("ORACLE_HOME") or desk.machine.oracle_home
    return Path(home) / "network" / "admin"


def _lab_host(desk: Desk, place: str) -> str:
    """Return the host of `host:port`; the lab's own are also known by their port on this machine."""
    host, _, port = place.partition(":")
    if host in HOSTS:
        return host
    here = desk.layout.ports()
    return next((name for name, ports in here.items() if str(ports.get("tns")) == port), "")


def _listen(state: State, service: str) -> None:
    if not state["listener"]["up"]:
        raise NotReached(NO_LISTENER)
    if service == f"{state['db_unique_name']}{STATIC}".lower():
        return  # registered by listener.ora: known even while the instance is down
    offered = {known.lower() for known in ready_services(state)}
    if not registered(state) or service not in offered:
        raise NotReached(NO_SERVICE)
    if state["status"] == "STARTED":
        raise NotReached(BLOCKED)
