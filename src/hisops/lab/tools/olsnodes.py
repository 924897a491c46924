"""olsnodes: the nodes of the cluster, its name, the name of this node."""

from __future__ import annotations

from hisops.lab import cluster, cluster_stack
from hisops.lab.layout import NODES
from hisops.lab.tools.desk import Desk

_USAGE = "Usage: olsnodes [ [-n] [-i] [-s] [-t] [<node> | -l [-p]] | [-c] ] [-a] [-g] [-v]"
_NO_STACK = "PRCO-19: Failure retrieving list of nodes in the cluster"
_NO_SERVICE = "PRCO-2: Unable to communicate with the clusterware"


def run(desk: Desk) -> int:
    """Answer as the options ask."""
    lab = cluster_stack.settle(desk.layout)
    if set(desk.argv) - {"-n", "-s", "-t", "-l", "-c"}:
        desk.out(_USAGE)
        return 1
    if "CRS-4529" not in cluster_stack.online(lab, desk.host):
        desk.out(_NO_STACK, _NO_SERVICE)
        return 1
    if desk.argv == ["-c"]:
        desk.out(cluster.name_of(desk.layout.root))
        return 0
    for node in [desk.host] if "-l" in desk.argv else NODES:
        desk.out("\t".join(_row(node, desk.argv, lab["cluster"]["nodes"][node])))
    return 0


def _row(node: str, options: list[str], member: bool) -> list[str]:
    told = {"-n": str(NODES.index(node) + 1), "-s": "Active" if member else "Inactive", "-t": "Unpinned"}
    return [node, *(told[option] for option in ("-n", "-s", "-t") if option in options)]
