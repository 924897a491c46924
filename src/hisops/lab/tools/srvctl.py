"""srvctl status, start, stop and relocate for the cluster's one database, with the options of 11.2 and of 12c on."""

from __future__ import annotations

from hisops.lab import cluster
from hisops.lab.state import LAB, State
from hisops.lab.tools.desk import Desk

_OPTIONS = {
    "-d": "db", "-db": "db", "-s": "service", "-service": "service", "-i": "old", "-oldinst": "old", "-instance": "old",
    "-t": "new", "-newinst": "new", "-o": "how", "-stopoption": "how", "-currentnode": "from", "-targetnode": "to",
}  # fmt: skip
_FLAGS = ("-v", "-verbose", "-f", "-force", "-failover")


class _Wrong(Exception):
    """The command cannot be carried out: its lines."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def run(desk: Desk) -> int:
    """Carry out one command."""
    try:
        given, flags = _parse(desk.argv[2:])
        action = _COMMANDS.get(" ".join(desk.argv[:2]).lower())
        if action is None:
            raise _Wrong("PRKO-2000 : Invalid command line syntax")
        if not cluster.read(desk.store)["nodes"][desk.host]:
            raise _Wrong("PRCR-1070 : Failed to check if resource ora.emr.db is registered",
                         "CRS-0184 : Cannot communicate with the CRS daemon.")  # fmt: skip
        if given.get("db") != cluster.DATABASE:
            name = given.get("db", "")
            raise _Wrong(f"PRCD-1120 : The resource for database {name} could not be found.",
                         f"PRCR-1001 : Resource ora.{name}.db does not exist")  # fmt: skip
        with desk.store.change(LAB) as lab:
            action(desk, lab["cluster"], given, flags)
    except _Wrong as wrong:
        desk.out(*wrong.lines)
        return 1
    return 0


def _parse(words: list[str]) -> tuple[dict[str, str], set[str]]:
    given: dict[str, str] = {}
    flags: set[str] = set()
    queue = list(words)
    while queue:
        word = queue.pop(0).lower()
        if word in _FLAGS:
            flags.add(word[:2])
        elif word in _OPTIONS and queue:
            given[_OPTIONS[word]] = queue.pop(0)
        else:
            raise _Wrong(f"PRKO-2002 : Invalid command line option: {word}")
    return given, flags


def _status_database(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    for instance, node in cluster.INSTANCES.items():
        if not cluster.up(state, instance):
            desk.out(f"Instance {instance} is not running on node {node}")
            continue
        services = sorted(name for name, where in state["services"].items() if where == instance)
        online = f" with online services {','.join(services)}" if services else ""
        more = f"{online}. Instance status: Open." if "-v" in flags else ""
        desk.out(f"Instance {instance} is running on node {node}{more}")


def _status_service(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    for service in [_service(state, given)] if "service" in given else sorted(state["services"]):
        where = state["services"][service]
        desk.out(
            f"Service {service} is running on instance(s) {where}" if where else f"Service {service} is not running."
        )


def _relocate(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    service = _service(state, given)
    by_node = {node: instance for instance, node in cluster.INSTANCES.items()}
    old = given.get("old") or by_node.get(given.get("from", ""), "")
    new = given.get("new") or by_node.get(given.get("to", ""), "")
    resource = f"ora.{cluster.DATABASE}.{service}.svc"
    if old not in cluster.INSTANCES or new not in cluster.INSTANCES:
        raise _Wrong("PRKO-2002 : Invalid command line option: -oldinst or -newinst")
    if state["services"][service] != old:
        raise _Wrong(
            f"PRCR-1090 : Failed to relocate resource {resource}. It is not running on {cluster.INSTANCES[old]}"
        )
    if not cluster.up(state, new):
        node = cluster.INSTANCES[new]
        raise _Wrong(
            f"PRCR-1064 : Failed to start resource {resource} on node {node}",
            f"CRS-2717: Server '{node}' is not in any of the server pool(s) hosting resource '{resource}'",
        )
    desk.pause(3)
    state["services"][service] = new


def _stop_instance(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    instance = _instance(given)
    busy = [name for name, where in state["services"].items() if where == instance]
    if busy and not flags & {"-f"}:
        resource = f"ora.{cluster.DATABASE}"
        raise _Wrong(
            f"PRCD-1315 : failed to stop instances for database {cluster.DATABASE}",
            f"PRCR-1014 : Failed to stop resource {resource}.db",
            f"PRCR-1065 : Failed to stop resource {resource}.db",
            f"CRS-2529: Unable to act on '{resource}.db' because that would require stopping or relocating "
            f"'{resource}.{busy[0]}.svc', but the force option was not specified",
        )
    desk.pause(5)
    state["instances"][instance] = False
    cluster.fail_over(state)


def _start_instance(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    instance = _instance(given)
    if cluster.up(state, instance):
        raise _Wrong(f"PRCC-1015 : {cluster.DATABASE} was already running on {cluster.INSTANCES[instance]}")
    desk.pause(8)
    state["instances"][instance] = True
    cluster.fail_over(state)


def _service(state: State, given: dict[str, str]) -> str:
    name = given.get("service", "")
    if name not in state["services"]:
        raise _Wrong(f"PRCR-1001 : Resource ora.{cluster.DATABASE}.{name}.svc does not exist")
    return name


def _instance(given: dict[str, str]) -> str:
    name = given.get("old", "")
    if name not in cluster.INSTANCES:
        raise _Wrong(f"PRKO-2006 : Invalid instance name: {name}")
    return name


_COMMANDS = {
    "status database": _status_database,
    "status service": _status_service,
    "relocate service": _relocate,
    "stop instance": _stop_instance,
    "start instance": _start_instance,
}
