"""A picture of a two-node cluster on the lab's hosts: what Clusterware runs where. Its database takes no logins."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from hisops.lab.layout import NODES, Layout
from hisops.lab.state import LAB, State, Store

DATABASE = "emr"
VERSION = "19.0.0.0.0"
INSTANCES = {"emr1": NODES[0], "emr2": NODES[1]}
PREFERRED = {"emr_app": "emr1", "emr_report": "emr2"}
CLIENTS = {"emr_app": 9, "emr_report": 3}


def start_state() -> State:
    """Return the cluster as a lab starts with it: everything where it is preferred.

    `nodes`: who is a member. `rising`: since when a node's stack has been coming up. `stopped`: instances and
    services that were stopped on purpose, and that Clusterware therefore leaves alone.
    """
    return {
        "nodes": dict.fromkeys(NODES, True),
        "rising": {},
        "instances": dict.fromkeys(INSTANCES, True),
        "stopped": [],
        "services": dict(PREFERRED),
    }


def name_of(root: Path) -> str:
    """Return the cluster's name: its own for every lab, so that two labs of a user never share a lock."""
    return f"emr-{int.from_bytes(sha256(str(root).encode()).digest()[:4]) % 10**9:09d}"


def read(store: Store) -> State:
    """Return the cluster as it is."""
    cluster: State = store.read(LAB)["cluster"]
    return cluster


def up(cluster: State, instance: str) -> bool:
    """Whether an instance runs: its node has to be a member, too."""
    return bool(cluster["instances"][instance] and cluster["nodes"][INSTANCES[instance]])


def members(cluster: State) -> list[str]:
    """Return the nodes that are members now."""
    return [node for node in NODES if cluster["nodes"][node]]


def instance_of(node: str) -> str:
    """Return the instance that belongs to a node."""
    return next(instance for instance, host in INSTANCES.items() if host == node)


def evict(cluster: State, node: str) -> None:
    """Take a node out: its instance ends, its services fail over to where they can."""
    cluster["nodes"][node] = False
    cluster["rising"].pop(node, None)
    cluster["instances"][instance_of(node)] = False
    fail_over(cluster)


def join(cluster: State, node: str) -> None:
    """Let a node join again: its instance starts unless it was stopped on purpose; services stay where they went."""
    cluster["nodes"][node] = True
    cluster["rising"].pop(node, None)
    cluster["instances"][instance_of(node)] = instance_of(node) not in cluster["stopped"]
    fail_over(cluster)


def fail_over(cluster: State) -> None:
    """Move services whose instance has gone to one that runs; without one they are down."""
    running = [instance for instance in INSTANCES if up(cluster, instance)]
    for service, instance in cluster["services"].items():
        if instance not in running and service not in cluster["stopped"]:
            cluster["services"][service] = running[0] if running else ""


def crash(store: Store, host: str, now: float) -> None:
    """A host has gone down: if it is a node, it leaves at once, and its stack comes up by itself after the boot."""
    if host not in NODES:
        return
    with store.change(LAB) as lab:
        if lab["cluster"]["nodes"][host] or host in lab["cluster"]["rising"]:
            evict(lab["cluster"], host)
            lab["cluster"]["rising"][host] = now


def clients(cluster: State, node: str) -> int:
    """Return how many sessions the pools of the applications hold on the instance of a node."""
    here = instance_of(node)
    return sum(CLIENTS[service] for service, instance in cluster["services"].items() if instance == here)


def alert_log(layout: Layout, host: str) -> Path:
    """Return the alert log of Clusterware on a host."""
    return layout.machine(host).grid_base / "diag" / "crs" / host / "crs" / "trace" / "alert.log"
