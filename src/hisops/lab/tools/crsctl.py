"""crsctl check, status resource, query crs, stop and start, as release 19c prints them."""

from __future__ import annotations

import time
from collections.abc import Callable

from hisops.lab import cluster, cluster_stack
from hisops.lab.cluster_stack import ALL
from hisops.lab.layout import NODES
from hisops.lab.state import LAB, State
from hisops.lab.tools import crsctl_resources
from hisops.lab.tools.desk import Desk

_SHOWN = {  # in the order of `crsctl check crs`: what is said of a service that is online, and of one that is not
    "CRS-4638": ("Oracle High Availability Services is online", ""),
    "CRS-4537": (
        "Cluster Ready Services is online",
        "CRS-4535: Cannot communicate with Cluster Ready Services",
    ),
    "CRS-4529": (
        "Cluster Synchronization Services is online",
        "CRS-4530: Communications failure contacting Cluster Synchronization Services daemon",
    ),
    "CRS-4533": ("Event Manager is online", "CRS-4534: Cannot communicate with Event Manager"),
}
_NO_STACK = "CRS-4639: Could not contact Oracle High Availability Services"
_STARS = "*" * 62


def run(desk: Desk) -> int:
    """Carry out one command."""
    words = [word.lower() for word in desk.argv]
    lab = cluster_stack.settle(desk.layout)
    for known, command in _COMMANDS.items():
        if words[: len(known)] == list(known):
            return command(desk, lab, words[len(known) :])
    return _usage(desk, words[0] if words else "")


def _check_here(desk: Desk, lab: State, rest: list[str]) -> int:
    if rest:
        return _usage(desk, rest[0])
    found = cluster_stack.online(lab, desk.host)
    if not found:
        desk.out(_NO_STACK)
        return 1
    desk.out(*_stack(found))
    return 0


def _check_cluster(desk: Desk, lab: State, rest: list[str]) -> int:
    if not cluster_stack.online(lab, desk.host):
        desk.out(_NO_STACK, *(["CRS-4000: Command Check failed, or completed with errors."] if rest else []))
        return 1
    if not rest:
        desk.out(*_stack(cluster_stack.online(lab, desk.host))[1:])
        return 0
    if rest != ["-all"]:
        return _usage(desk, rest[0])
    for node in NODES:
        desk.out(_STARS, f"{node}:", *_stack(cluster_stack.online(lab, node))[1:])
    desk.out(_STARS)
    return 0


def _stack(found: tuple[str, ...]) -> list[str]:
    return [f"{code}: {good}" if code in found else bad for code, (good, bad) in _SHOWN.items()]


def _resources(desk: Desk, lab: State, rest: list[str]) -> int:
    if ALL[-1] not in cluster_stack.online(lab, desk.host):
        desk.out("CRS-4535: Cannot communicate with Cluster Ready Services",
                 "CRS-4000: Command Status failed, or completed with errors.")  # fmt: skip
        return 1
    if rest == ["-t"]:
        crsctl_resources.table(desk, lab["cluster"])
        return 0
    return crsctl_resources.listing(desk, lab["cluster"], rest)


def _query(desk: Desk, lab: State, rest: list[str]) -> int:
    if rest != ["crs", "activeversion"]:
        return _usage(desk, " ".join(rest))
    if not cluster_stack.online(lab, desk.host):
        desk.out("CRS-4535: Cannot communicate with Cluster Ready Services",
                 "CRS-4000: Command Query failed, or completed with errors.")  # fmt: skip
        return 1
    desk.out(f"Oracle Clusterware active version on the cluster is [{cluster.VERSION}]")
    return 0


def _stop(desk: Desk, lab: State, rest: list[str]) -> int:
    node, forced = desk.host, rest == ["-f"]
    if rest and not forced:
        return _usage(desk, rest[0])
    if _forbidden(desk, "Stop"):
        return 4
    if not cluster_stack.online(lab, node):
        desk.out(_NO_STACK, "CRS-4000: Command Stop failed, or completed with errors.")
        return 1
    desk.out(f"CRS-2791: Starting shutdown of Oracle High Availability Services-managed resources on '{node}'",
             f"CRS-2673: Attempting to stop 'ora.crsd' on '{node}'",
             f"CRS-2790: Starting shutdown of Cluster Ready Services-managed resources on server '{node}'")  # fmt: skip
    _stop_resources(desk, node)
    if desk.armed("stop-stuck") and not forced:
        return _stop_failed(desk, node)
    with desk.store.change(LAB) as changed:
        cluster.evict(changed["cluster"], node)
    cluster_stack.note_left(desk.layout, node)
    desk.out(f"CRS-2792: Shutdown of Cluster Ready Services-managed resources on '{node}' has completed",
             f"CRS-2677: Stop of 'ora.crsd' on '{node}' succeeded")  # fmt: skip
    for name in ("ora.evmd", "ora.storage", "ora.crf", "ora.ctssd", "ora.cssd", "ora.gipcd", "ora.gpnpd"):
        desk.out(f"CRS-2673: Attempting to stop '{name}' on '{node}'")
        desk.pause(1)
        desk.out(f"CRS-2677: Stop of '{name}' on '{node}' succeeded")
    desk.out(
        f"CRS-2793: Shutdown of Oracle High Availability Services-managed resources on '{node}' has completed",
        "CRS-4133: Oracle High Availability Services has been stopped.",
    )
    return 0


def _stop_resources(desk: Desk, node: str) -> None:
    """Stop the instance and what else runs on the node; services, addresses and listeners of SCAN go to another."""
    state = cluster.read(desk.store)
    other = next((member for member in cluster.members(state) if member != node), None)
    instance = cluster.instance_of(node)
    services = [f"ora.{cluster.DATABASE}.{name}.svc" for name, at in state["services"].items() if at == instance]
    movable = [*services, f"ora.{node}.vip"]
    for name in [*services, "ora.LISTENER.lsnr", f"ora.{cluster.DATABASE}.db", f"ora.{node}.vip"]:
        desk.out(f"CRS-2673: Attempting to stop '{name}' on '{node}'")
        desk.pause(2)
        if name.endswith(".db"):
            cluster_stack.strike(desk, "stop-crs")
            with desk.store.change(LAB) as lab:
                lab["cluster"]["instances"][instance] = False
                cluster.fail_over(lab["cluster"])
        if name == "ora.LISTENER.lsnr" and desk.armed("stop-stuck") and "-f" not in desk.argv:
            desk.out(f"CRS-2675: Stop of '{name}' on '{node}' failed",
                     f"CRS-2679: Attempting to clean '{name}' on '{node}'",
                     f"CRS-2680: Clean of '{name}' on '{node}' failed")  # fmt: skip
            continue
        desk.out(f"CRS-2677: Stop of '{name}' on '{node}' succeeded")
        if name in movable and other:
            desk.out(f"CRS-2672: Attempting to start '{name}' on '{other}'")
            desk.out(f"CRS-2676: Start of '{name}' on '{other}' succeeded")


def _stop_failed(desk: Desk, node: str) -> int:
    desk.out(f"CRS-2799: Failed to shut down resource 'ora.LISTENER.lsnr' on '{node}'",
             f"CRS-2794: Shutdown of Cluster Ready Services-managed resources on '{node}' has failed",
             f"CRS-2675: Stop of 'ora.crsd' on '{node}' failed",
             f"CRS-2799: Failed to shut down resource 'ora.crsd' on '{node}'",
             f"CRS-2795: Shutdown of Oracle High Availability Services-managed resources on '{node}' has failed",
             "CRS-4687: Shutdown command has completed with errors.",
             "CRS-4000: Command Stop failed, or completed with errors.")  # fmt: skip
    return 1


def _start(desk: Desk, lab: State, rest: list[str]) -> int:
    if rest:
        return _usage(desk, rest[0])
    if _forbidden(desk, "Start"):
        return 4
    if cluster_stack.online(lab, desk.host):
        desk.out("CRS-4640: Oracle High Availability Services is already active",
                 "CRS-4000: Command Start failed, or completed with errors.")  # fmt: skip
        return 1
    desk.pause(4)
    with desk.store.change(LAB) as changed:
        changed["cluster"]["rising"][desk.host] = time.time()
    cluster_stack.write(desk.layout, desk.host, "OHASD", "CRS-8500: Oracle Clusterware OHASD process is starting")
    cluster_stack.strike(desk, "start-crs")
    desk.out("CRS-4123: Oracle High Availability Services has been started.")
    return 0


def _start_cluster(desk: Desk, lab: State, rest: list[str]) -> int:
    """Start what a stack lacks whose Oracle High Availability Services run; it goes on coming up at its own pace."""
    found = cluster_stack.online(lab, desk.host)
    if rest:
        return _usage(desk, rest[0])
    if _forbidden(desk, "Start"):
        return 4
    if not found or found == ALL:
        desk.out(f"CRS-4690: Oracle Clusterware is already running on '{desk.host}'" if found else _NO_STACK,
                 "CRS-4000: Command Start failed, or completed with errors.")  # fmt: skip
        return 1
    desk.out(f"CRS-2672: Attempting to start 'ora.crsd' on '{desk.host}'")
    return 0


def _forbidden(desk: Desk, verb: str) -> bool:
    """Say what those are told who are not root."""
    if desk.user == "root":
        return False
    desk.out("CRS-4563: Insufficient user privileges.", f"CRS-4000: Command {verb} failed, or completed with errors.")
    return True


def _usage(desk: Desk, word: str) -> int:
    desk.out(f"Unknown parameter: {word}", "Usage:", "  crsctl check cluster [[-all]|[-n <server>[...]]]")
    return 1


_COMMANDS: dict[tuple[str, ...], Callable[[Desk, State, list[str]], int]] = {
    ("check", "crs"): _check_here,
    ("check", "cluster"): _check_cluster,
    **{(first, second): _resources for first in ("stat", "status") for second in ("res", "resource")},
    ("query",): _query,
    ("stop", "crs"): _stop,
    ("start", "crs"): _start,
    ("start", "cluster"): _start_cluster,
}
