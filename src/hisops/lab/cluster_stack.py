"""How far the Clusterware stack of a node is: it comes up service by service, and writes into its alert log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab import cluster
from hisops.lab.layout import NODES, Layout
from hisops.lab.state import LAB, State, Store
from hisops.lab.tools.desk import Desk

STUCK = "crs-stuck"
ALL = ("CRS-4638", "CRS-4533", "CRS-4529", "CRS-4537")  # in the order in which they come up
_STAGE_SECONDS = 15.0
_SLOW = 4.0


def online(lab: State, node: str) -> tuple[str, ...]:
    """Return the codes of the services that are online on `node`, in the order in which they came up."""
    if lab["cluster"]["nodes"][node]:
        return ALL
    since = lab["cluster"]["rising"].get(node)
    if since is None:
        return ()
    stage = _STAGE_SECONDS * lab["pace"] * (_SLOW if "slow" in lab["faults"] else 1)
    risen = 1 + int((time.time() - since) / stage)
    return ALL[: min(risen, 2 if STUCK in lab["faults"] else len(ALL))]


def settle(layout: Layout) -> State:
    """Let nodes join whose stack is up by now; return the lab's state."""
    store = Store(layout.state)
    lab = store.read(LAB)
    if not any(len(online(lab, node)) == len(ALL) for node in lab["cluster"]["rising"]):
        return lab
    with store.change(LAB) as lab:
        for node in [node for node in lab["cluster"]["rising"] if len(online(lab, node)) == len(ALL)]:
            cluster.join(lab["cluster"], node)
            note_members(layout, cluster.members(lab["cluster"]))
    return store.read(LAB)


def note_left(layout: Layout, node: str) -> None:
    """Write what the others see when a node has been shut down in order."""
    others = cluster.members(cluster.read(Store(layout.state)))
    for host in others:
        write(layout, host, "OCSSD", f"CRS-1625: Node {node}, number {NODES.index(node) + 1}, was shut down")
    note_members(layout, others)
    write(layout, node, "OCSSD", f"CRS-1603: CSSD on node {node} has been shut down.")


def note_evicted(layout: Layout, node: str) -> None:
    """Write what both sides see of an eviction."""
    number = NODES.index(node) + 1
    others = cluster.members(cluster.read(Store(layout.state)))
    for host in others:
        for code, part, left in (("1612", 50, "14.340"), ("1611", 75, "6.960"), ("1610", 90, "2.660")):
            text = f"Network communication with node {node} ({number}) missing for {part}% of timeout interval."
            write(layout, host, "OCSSD", f"CRS-{code}: {text}  Removal of this node from cluster in {left} seconds")
        text = f"CRS-1607: Node {node} is being evicted in cluster incarnation 415930266; details at (:CSSNM00007:)"
        write(layout, host, "OCSSD", f"{text} in {_trace(layout, host)}.")
    note_members(layout, others)
    text = f"CRS-1608: This node was evicted by node 1, {NODES[0]}; details at (:CSSNM00005:)"
    write(layout, node, "OCSSD", f"{text} in {_trace(layout, node)}.")


def write(layout: Layout, host: str, daemon: str, text: str) -> None:
    """Append an entry to the alert log of Clusterware on `host`."""
    path = cluster.alert_log(layout, host)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as log:
        log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + f" [{daemon}(2417)]{text}\n")


def strike(desk: Desk, label: str) -> None:
    """The middle of a piece of work on the cluster: links break, hosts go down, the second node is evicted."""
    desk.crossroads(label)
    armed = f"node-evicted@{label}"
    if armed in desk.lab["faults"]:
        desk.store.disarm(armed)
        with desk.store.change(LAB) as lab:
            cluster.evict(lab["cluster"], NODES[1])
        note_evicted(desk.layout, NODES[1])


def note_members(layout: Layout, members: Sequence[str]) -> None:
    """Write what every member sees after nodes have joined or left."""
    for host in members:
        text = f"CRS-1601: CSSD Reconfiguration complete. Active nodes are {' '.join(members)} ."
        write(layout, host, "OCSSD", text)


def _trace(layout: Layout, host: str) -> Path:
    return cluster.alert_log(layout, host).with_name("ocssd.trc")
