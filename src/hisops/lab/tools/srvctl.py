"""srvctl status, config, start, stop and relocate for the cluster's database, with options of 11.2 and of 12c on.

`-f` is -force, as it is since 12.1.0.2: services go down with their instance. -failover takes them to another one.
"""

from __future__ import annotations

from collections.abc import Callable

from hisops.lab import cluster, cluster_stack
from hisops.lab.state import LAB, State
from hisops.lab.tools.desk import Desk

_OPTIONS = {
    "-d": "db", "-db": "db", "-s": "service", "-service": "service", "-i": "old", "-oldinst": "old", "-instance": "old",
    "-t": "new", "-newinst": "new", "-o": "how", "-stopoption": "how", "-currentnode": "from", "-targetnode": "to",
}  # fmt: skip
_Action = Callable[[Desk, State, dict[str, str], set[str]], None]
_FLAGS = {"-v": "verbose", "-verbose": "verbose", "-f": "force", "-force": "force", "-failover": "failover"}


class _Wrong(Exception):
    """The command cannot be carried out: its lines. `halfway`: what it has changed by then stays."""

    def __init__(self, *lines: str, halfway: bool = False) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.halfway = halfway


def run(desk: Desk) -> int:
    """Carry out one command."""
    try:
        given, flags = _parse(desk.argv[2:])
        command = " ".join(desk.argv[:2]).lower()
        if command not in _SHOWS and command not in _CHANGES:
            raise _Wrong("PRKO-2000 : Invalid command line syntax")
        if not cluster_stack.settle(desk.layout)["cluster"]["nodes"][desk.host]:
            raise _Wrong("PRCR-1070 : Failed to check if resource ora.emr.db is registered",
                         "CRS-0184 : Cannot communicate with the CRS daemon.")  # fmt: skip
        if given.get("db") != cluster.DATABASE:
            name = given.get("db", "")
            raise _Wrong(f"PRCD-1120 : The resource for database {name} could not be found.",
                         f"PRCR-1001 : Resource ora.{name}.db does not exist")  # fmt: skip
        if command in _SHOWS:
            _SHOWS[command](desk, cluster.read(desk.store), given, flags)
        else:
            _change(desk, command, given, flags)
        if not cluster.read(desk.store)["nodes"][desk.host]:
            raise _Wrong("CRS-0184 : Cannot communicate with the CRS daemon.")
    except _Wrong as wrong:
        desk.out(*wrong.lines)
        return 1
    return 0


def _change(desk: Desk, command: str, given: dict[str, str], flags: set[str]) -> None:
    """Carry out a command that changes something: tried on a copy first, since it is held up with no lock taken."""
    if label := _STRIKES.get(command):
        cluster_stack.strike(desk, label)
    action, seconds = _CHANGES[command]
    _carried_out(action, desk, cluster.read(desk.store), given, flags)
    desk.pause(seconds)
    with desk.store.change(LAB) as lab:
        failed = _carried_out(action, desk, lab["cluster"], given, flags)
    if failed:
        raise _Wrong(*failed)


def _carried_out(action: _Action, desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> tuple[str, ...]:
    """Carry out `action`; return the lines of what failed half way."""
    try:
        action(desk, state, given, flags)
    except _Wrong as wrong:
        if not wrong.halfway:
            raise
        return wrong.lines
    return ()


def _parse(words: list[str]) -> tuple[dict[str, str], set[str]]:
    given: dict[str, str] = {}
    flags: set[str] = set()
    queue = list(words)
    while queue:
        word = queue.pop(0).lower()
        if word in _FLAGS:
            flags.add(_FLAGS[word])
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
        more = f"{online}. Instance status: Open." if "verbose" in flags else ""
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
    if desk.armed("service-stuck"):
        state["services"][service] = ""
        raise _Wrong(
            f"PRCR-1089 : Failed to relocate resource {resource}.",
            f'CRS-5017: The resource action "{resource} start" encountered the following error: ',
            "ORA-44303: service name exists",
            f"CRS-2674: Start of '{resource}' on '{cluster.INSTANCES[new]}' failed",
            halfway=True,
        )
    state["services"][service] = new


def _stop_instance(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    instance = _instance(given)
    busy = [name for name, where in state["services"].items() if where == instance]
    if busy and not flags & {"force", "failover"}:
        resource = f"ora.{cluster.DATABASE}"
        raise _Wrong(
            f"PRCD-1315 : failed to stop instances for database {cluster.DATABASE}",
            f"PRCR-1014 : Failed to stop resource {resource}.db",
            f"PRCR-1065 : Failed to stop resource {resource}.db",
            f"CRS-2529: Unable to act on '{resource}.db' because that would require stopping or relocating "
            f"'{resource}.{busy[0]}.svc', but the force option was not specified",
        )
    if not cluster.up(state, instance):
        raise _Wrong(f"PRCC-1017 : {cluster.DATABASE} was already stopped on {cluster.INSTANCES[instance]}",
                     f"PRCR-1005 : Resource ora.{cluster.DATABASE}.db is already stopped")  # fmt: skip
    state["instances"][instance] = False
    halted = [] if "failover" in flags else busy
    state["services"] |= dict.fromkeys(halted, "")
    state["stopped"] = sorted({*state["stopped"], instance, *halted})
    cluster.fail_over(state)


def _start_instance(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    instance = _instance(given)
    if cluster.up(state, instance):
        raise _Wrong(f"PRCC-1015 : {cluster.DATABASE} was already running on {cluster.INSTANCES[instance]}")
    if not state["nodes"][cluster.INSTANCES[instance]]:
        raise _Wrong(
            f"PRCR-1013 : Failed to start resource ora.{cluster.DATABASE}.db",
            f"PRCR-1064 : Failed to start resource ora.{cluster.DATABASE}.db on node {cluster.INSTANCES[instance]}",
            f"CRS-2662: Resource 'ora.{cluster.DATABASE}.db' is disabled on server '{cluster.INSTANCES[instance]}'",
        )
    state["instances"][instance] = True
    state["stopped"] = [name for name in state["stopped"] if name != instance]
    cluster.fail_over(state)


def _start_service(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    service = _service(state, given)
    resource = f"ora.{cluster.DATABASE}.{service}.svc"
    if where := state["services"][service]:
        raise _Wrong(f"PRCC-1014 : {service} was already running",
                     f"PRCR-1004 : Resource {resource} is already running on {cluster.INSTANCES[where]}")  # fmt: skip
    running = [name for name in cluster.INSTANCES if cluster.up(state, name)]
    wanted = _instance(given) if "old" in given else next(iter(running), "")
    if wanted not in running:
        raise _Wrong(f"PRCD-1084 : Failed to start service {service}",
                     f"PRCR-1079 : Failed to start resource {resource}",
                     f"CRS-2632: There are no more servers to try to place resource '{resource}' on that would satisfy "
                     "its placement policy")  # fmt: skip
    state["services"][service] = wanted
    state["stopped"] = [name for name in state["stopped"] if name != service]


def _config_database(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    desk.out(
        f"Database unique name: {cluster.DATABASE}",
        f"Database name: {cluster.DATABASE}",
        f"Oracle home: {desk.machine.oracle_home}",
        "Oracle user: oracle",
        f"Spfile: +DATA/{cluster.DATABASE.upper()}/PARAMETERFILE/spfile.268.1137002517",
        f"Password file: +DATA/{cluster.DATABASE.upper()}/PASSWORD/pwd{cluster.DATABASE}.256.1137002113",
        "Domain: ",
        "Start options: open",
        "Stop options: immediate",
        "Database role: PRIMARY",
        "Management policy: AUTOMATIC",
        "Server pools: ",
        "Disk Groups: DATA,FRA",
        "Mount point paths: ",
        f"Services: {','.join(sorted(state['services']))}",
        "Type: RAC",
        "Start concurrency: ",
        "Stop concurrency: ",
        "OSDBA group: dba",
        "OSOPER group: oper",
        f"Database instances: {','.join(cluster.INSTANCES)}",
        f"Configured nodes: {','.join(cluster.INSTANCES.values())}",
        "CSS critical: no",
        "CPU count: 0",
        "Memory target: 0",
        "Maximum memory: 0",
        "Default network number for database services: ",
        "Database is administrator managed",
    )


def _config_service(desk: Desk, state: State, given: dict[str, str], flags: set[str]) -> None:
    service = _service(state, given)
    preferred = cluster.PREFERRED[service]
    others = [name for name in cluster.INSTANCES if name != preferred]
    desk.out(
        f"Service name: {service}",
        "Server pool: ",
        "Cardinality: 1",
        "Service role: PRIMARY",
        "Management policy: AUTOMATIC",
        "DTP transaction: false",
        "AQ HA notifications: false",
        "Global: false",
        "Commit Outcome: false",
        "Failover type: ",
        "Failover method: ",
        "Failover retries: ",
        "Failover delay: ",
        "Failover restore: NONE",
        "Connection Load Balancing Goal: LONG",
        "Runtime Load Balancing Goal: NONE",
        "TAF policy specification: NONE",
        "Edition: ",
        "Pluggable database name: ",
        f"Preferred instances: {preferred}",
        f"Available instances: {','.join(others)}",
        "CSS critical: no",
    )


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


_STRIKES = {"relocate service": "relocate", "stop instance": "stop-instance", "start instance": "start-instance"}
_SHOWS: dict[str, _Action] = {
    "status database": _status_database,
    "status service": _status_service,
    "config database": _config_database,
    "config service": _config_service,
}
_CHANGES: dict[str, tuple[_Action, float]] = {
    "relocate service": (_relocate, 3),
    "stop instance": (_stop_instance, 5),
    "start instance": (_start_instance, 8),
    "start service": (_start_service, 2),
}
"""What changes the cluster, and the seconds that it takes at pace 1."""
