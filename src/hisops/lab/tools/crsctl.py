"""crsctl check and crsctl stat res -t, as release 19c prints them."""

from __future__ import annotations

from collections.abc import Iterable

from hisops.lab import cluster
from hisops.lab.layout import HOSTS
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk

_ONLINE = (
    "CRS-4537: Cluster Ready Services is online",
    "CRS-4529: Cluster Synchronization Services is online",
    "CRS-4533: Event Manager is online",
)
_OFFLINE = (
    "CRS-4535: Cannot communicate with Cluster Ready Services",
    "CRS-4530: Communications failure contacting Cluster Synchronization Services daemon",
    "CRS-4534: Cannot communicate with Event Manager",
)
_NO_STACK = "CRS-4639: Could not contact Oracle High Availability Services"
_RULE = "-" * 80
_STARS = "*" * 62
_DETAIL = 20
Line = tuple[str, str, str, str]


def run(desk: Desk) -> int:
    """Carry out one command."""
    state, words = cluster.read(desk.store), [word.lower() for word in desk.argv]
    if words in (["check", "crs"], ["check", "cluster"]):
        return _check_here(desk, state, words[1])
    if words == ["check", "cluster", "-all"]:
        return _check_all(desk, state)
    if words[:2] in (["stat", "res"], ["status", "resource"], ["stat", "resource"], ["status", "res"]) and words[
        2:
    ] == ["-t"]:
        return _resources(desk, state)
    desk.out(
        f"Unknown parameter: {words[0] if words else ''}",
        "Usage:",
        "  crsctl check cluster [[-all]|[-n <server>[...]]]",
    )
    return 1


def _check_here(desk: Desk, state: State, what: str) -> int:
    if not state["nodes"][desk.host]:
        desk.out(_NO_STACK)
        return 1
    desk.out(*(["CRS-4638: Oracle High Availability Services is online"] if what == "crs" else []), *_ONLINE)
    return 0


def _check_all(desk: Desk, state: State) -> int:
    if not state["nodes"][desk.host]:
        desk.out(_NO_STACK, "CRS-4000: Command Check failed, or completed with errors.")
        return 1
    for node in HOSTS:
        desk.out(_STARS, f"{node}:", *(_ONLINE if state["nodes"][node] else _OFFLINE))
    desk.out(_STARS)
    return 0


def _resources(desk: Desk, state: State) -> int:
    if not state["nodes"][desk.host]:
        desk.out(_OFFLINE[0], "CRS-4000: Command Status failed, or completed with errors.")
        return 1
    members = [node for node in HOSTS if state["nodes"][node]]
    desk.out(_RULE, "Name           Target  State        Server                   State details       ", _RULE)
    desk.out("Local Resources", _RULE)
    for name in ("ora.LISTENER.lsnr", "ora.chad", "ora.net1.network", "ora.ons"):
        _show(desk, name, [("", "ONLINE", node, "STABLE") for node in members])
    desk.out(_RULE, "Cluster Resources", _RULE)
    for name, lines in sorted(_cluster_resources(desk, state, members).items()):
        _show(desk, name, lines)
    desk.out(_RULE)
    return 0


def _cluster_resources(desk: Desk, state: State, members: list[str]) -> dict[str, list[Line]]:
    home = desk.machine.oracle_home
    found: dict[str, list[Line]] = {
        "ora.LISTENER_SCAN1.lsnr": [("1", "ONLINE", members[0], "STABLE")],
        "ora.cvu": [("1", "ONLINE", members[0], "STABLE")],
        "ora.qosmserver": [("1", "ONLINE", members[0], "STABLE")],
        "ora.scan1.vip": [("1", "ONLINE", members[0], "STABLE")],
    }
    for node in HOSTS:
        here = state["nodes"][node]
        word, detail = ("ONLINE", "STABLE") if here else ("INTERMEDIATE", "FAILED OVER,STABLE")
        found[f"ora.{node}.vip"] = [("1", word, node if here else members[0], detail)]
    found[f"ora.{cluster.DATABASE}.db"] = [
        (str(at), "ONLINE", node, f"Open,HOME={home},STABLE") if cluster.up(state, instance)
        else (str(at), "OFFLINE", "", "Instance Shutdown,STABLE" if state["nodes"][node] else "STABLE")
        for at, (instance, node) in enumerate(cluster.INSTANCES.items(), start=1)
    ]  # fmt: skip
    for service, instance in state["services"].items():
        where = cluster.INSTANCES.get(instance, "")
        found[f"ora.{cluster.DATABASE}.{service}.svc"] = [("1", "ONLINE" if where else "OFFLINE", where, "STABLE")]
    return found


def _show(desk: Desk, name: str, lines: Iterable[Line]) -> None:
    desk.out(name)
    for number, word, server, detail in lines:
        parts = [detail[start : start + _DETAIL] for start in range(0, len(detail), _DETAIL)]
        desk.out(f"      {number:<8} ONLINE  {word:<12} {server:<24} {parts[0]}".rstrip())
        desk.out(*(f"{'':61}{part}" for part in parts[1:]), end="\n" if len(parts) > 1 else "")
