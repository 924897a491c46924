"""A picture of a two-node cluster on the lab's hosts: what Clusterware runs where. Its database takes no logins."""

from __future__ import annotations

from hisops.lab.layout import HOSTS
from hisops.lab.state import LAB, State, Store

DATABASE = "emr"
INSTANCES = {"emr1": HOSTS[0], "emr2": HOSTS[1]}
PREFERRED = {"emr_app": "emr1", "emr_report": "emr2"}


def start_state() -> State:
    """Return the cluster as a lab starts with it: everything where it is preferred."""
    return {
        "nodes": dict.fromkeys(HOSTS, True),
        "instances": dict.fromkeys(INSTANCES, True),
        "services": dict(PREFERRED),
    }


def read(store: Store) -> State:
    """Return the cluster as it is."""
    cluster: State = store.read(LAB)["cluster"]
    return cluster


def up(cluster: State, instance: str) -> bool:
    """Whether an instance runs: its node has to be a member, too."""
    return bool(cluster["instances"][instance] and cluster["nodes"][INSTANCES[instance]])


def evict(cluster: State, node: str) -> None:
    """Take a node out: its instances end, its services fail over to where they can."""
    cluster["nodes"][node] = False
    for instance, host in INSTANCES.items():
        if host == node:
            cluster["instances"][instance] = False
    fail_over(cluster)


def join(cluster: State, node: str) -> None:
    """Let a node join again: its instances start, services stay where they went."""
    cluster["nodes"][node] = True
    for instance, host in INSTANCES.items():
        if host == node:
            cluster["instances"][instance] = True
    fail_over(cluster)


def fail_over(cluster: State) -> None:
    """Move services whose instance has gone to one that runs; without one they are down."""
    running = [instance for instance in INSTANCES if up(cluster, instance)]
    for service, instance in cluster["services"].items():
        if instance not in running:
            cluster["services"][service] = running[0] if running else ""
