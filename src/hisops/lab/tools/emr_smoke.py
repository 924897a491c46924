"""The smoke test that the lab's hospital has written for its clustered database: one check for each service."""

from __future__ import annotations

from hisops.lab import cluster_stack
from hisops.lab.tools.desk import Desk


def run(desk: Desk) -> int:
    """Print one line a check and a verdict."""
    state = cluster_stack.settle(desk.layout)["cluster"]
    lost = "ORA-12514: TNS:listener does not currently know of service requested"
    checks = {f"login-{name}": "" if instance else lost for name, instance in state["services"].items()}
    checks["print-record"] = "the form server answers HTTP 503" if desk.armed("smoke-red") else ""
    for name, reason in checks.items():
        desk.out(f"FAILED {name} {reason}" if reason else f"ok {name}")
    failed = sum(bool(reason) for reason in checks.values())
    desk.out(f"SMOKE TEST FAILED {failed} of {len(checks)}" if failed else f"SMOKE TEST PASSED {len(checks)} checks")
    return 1 if failed else 0
