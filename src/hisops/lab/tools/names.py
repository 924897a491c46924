"""Connect identifiers: what tnsnames.ora of either host makes of a name, and what a listener answers to it."""

from __future__ import annotations

import re

from hisops.lab.registration import ready_services, registered
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk

UNKNOWN = "ORA-12154: TNS:could not resolve the connect identifier specified"
NO_LISTENER = "ORA-12541: TNS:no listener"
NO_SERVICE = "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor"
_DESCRIPTOR = re.compile(r"SERVICE_NAME\s*=\s*([\w$.]+)", re.IGNORECASE)
STATIC = "_DGMGRL"


class NotReached(Exception):
    """Nobody could be connected to; carries the error."""


def find(desk: Desk, identifier: str) -> str:
    """Return the database that a connect identifier leads to. Raises NotReached."""
    service = _service(identifier)
    for name in desk.store.databases():
        state = desk.store.read(name)
        unique = str(state["db_unique_name"]).lower()
        local = state["host"] == desk.host and service in {known.lower() for known in state["services"]}
        if service in (unique, unique + STATIC.lower()) or local:
            _listen(state, service)
            return name
    raise NotReached(UNKNOWN)


def static_identifier(state: State) -> str:
    """Return the broker's StaticConnectIdentifier of a database."""
    service = f"{state['db_unique_name']}{STATIC}"
    return (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={state['host']})(PORT=1521))"
        f"(CONNECT_DATA=(SERVICE_NAME={service})(INSTANCE_NAME={state['sid']})(SERVER=DEDICATED)))"
    )


def _service(identifier: str) -> str:
    plain = identifier.strip().strip('"')
    if found := _DESCRIPTOR.search(plain):
        return found[1].lower()
    return plain.rpartition("/")[2].lower()


def _listen(state: State, service: str) -> None:
    if not state["listener"]["up"]:
        raise NotReached(NO_LISTENER)
    if service.endswith(STATIC.lower()):
        return  # registered by listener.ora: known even while the instance is down
    offered = {known.lower() for known in ready_services(state)}
    if not registered(state) or service not in offered:
        raise NotReached(NO_SERVICE)
