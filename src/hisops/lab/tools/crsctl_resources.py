"""crsctl status resource: the table of `-t`, and the list with whole names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hisops.lab import cluster
from hisops.lab.layout import NODES
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk

_RULE = "-" * 80
_DETAIL = 20
_LOCAL = ("ora.LISTENER.lsnr", "ora.chad", "ora.net1.network", "ora.ons")


@dataclass(frozen=True, slots=True)
class Line:
    """One instance of a resource: its number, target, state, server and details."""

    number: str
    word: str
    server: str
    detail: str
    target: str = "ONLINE"

    @property
    def state(self) -> str:
        """The state as the list prints it."""
        return f"{self.word} on {self.server}" if self.server else self.word


def table(desk: Desk, state: State) -> None:
    """Print what `-t` prints."""
    desk.out(_RULE, "Name           Target  State        Server                   State details       ", _RULE)
    desk.out("Local Resources", _RULE)
    for name in _LOCAL:
        _show(desk, name, _local(state))
    desk.out(_RULE, "Cluster Resources", _RULE)
    for name, lines in sorted(_cluster_resources(desk, state).items()):
        _show(desk, name, lines)
    desk.out(_RULE)


def listing(desk: Desk, state: State, names: list[str]) -> int:
    """Print the list, of all or of the resources named."""
    found = {**{name: _local(state) for name in _LOCAL}, **_cluster_resources(desk, state)}
    unknown = [name for name in names if name not in found]
    if unknown:
        desk.out(f"CRS-2613: Could not find resource '{unknown[0]}'.")
        return 1
    for name in names or sorted(found):
        lines = found[name]
        desk.out(f"NAME={name}", f"TYPE={_type(name)}", f"TARGET={', '.join(line.target for line in lines)}",
                 f"STATE={', '.join(line.state for line in lines)}", "")  # fmt: skip
    return 0


def _type(name: str) -> str:
    if name.startswith("ora.scan") or "SCAN" in name:
        return "ora.scan_listener.type" if name.endswith(".lsnr") else "ora.scan_vip.type"
    kinds = {"lsnr": "listener", "vip": "cluster_vip_net1", "db": "database", "svc": "service", "network": "network"}
    return f"ora.{kinds.get(name.rpartition('.')[2], name.rpartition('.')[2])}.type"


def _local(state: State) -> list[Line]:
    return [Line("", "ONLINE", node, "STABLE") for node in cluster.members(state)]


def _cluster_resources(desk: Desk, state: State) -> dict[str, list[Line]]:
    members = cluster.members(state)
    first = members[0]
    alone = ("ora.LISTENER_SCAN1.lsnr", "ora.cvu", "ora.qosmserver", "ora.scan1.vip")
    found = {name: [Line("1", "ONLINE", first, "STABLE")] for name in alone}
    for node in NODES:
        here = state["nodes"][node]
        word, detail = ("ONLINE", "STABLE") if here else ("INTERMEDIATE", "FAILED OVER,STABLE")
        found[f"ora.{node}.vip"] = [Line("1", word, node if here else first, detail)]
    found[f"ora.{cluster.DATABASE}.db"] = [
        _instance(desk, state, str(at), instance) for at, instance in enumerate(cluster.INSTANCES, start=1)
    ]
    for service, instance in state["services"].items():
        where = cluster.INSTANCES.get(instance, "")
        line = Line("1", "ONLINE" if where else "OFFLINE", where, "STABLE")
        found[f"ora.{cluster.DATABASE}.{service}.svc"] = [line]
    return found


def _instance(desk: Desk, state: State, number: str, instance: str) -> Line:
    node = cluster.INSTANCES[instance]
    if cluster.up(state, instance):
        return Line(number, "ONLINE", node, f"Open,HOME={desk.machine.oracle_home},STABLE")
    detail = "Instance Shutdown,STABLE" if state["nodes"][node] else "STABLE"
    return Line(number, "OFFLINE", "", detail, "OFFLINE" if instance in state["stopped"] else "ONLINE")


def _show(desk: Desk, name: str, lines: Iterable[Line]) -> None:
    desk.out(name)
    for line in lines:
        parts = [line.detail[start : start + _DETAIL] for start in range(0, len(line.detail), _DETAIL)]
        desk.out(f"      {line.number:<8} {line.target:<7} {line.word:<12} {line.server:<24} {parts[0]}".rstrip())
        desk.out(*(f"{'':61}{part}" for part in parts[1:]), end="\n" if len(parts) > 1 else "")
