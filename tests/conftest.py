"""What the tests find here, and their order: every worker begins with a fair share of the long ones."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.support import sshd


def pytest_report_header() -> list[str]:
    """Say which parts of the system the tests will use; what is missing is why others are skipped."""
    shells = [shell for shell in ("dash", "bash", "ksh93", "mksh") if shutil.which(shell)]
    found = [name for name in ("sudo", "tmux", "setsid", "perl", "strace") if shutil.which(name)]
    return [
        f"sshd: {sshd.missing() or 'the one of the system'}",
        f"shells: {', '.join(shells)}; tools: {', '.join(found)}; user: {'root' if os.getuid() == 0 else 'ordinary'}",
    ]


LONG = (
    "test_matrix", "test_rehearsals", "test_faults", "test_patch_night", "test_standby_first", "test_stale_in_lab",
    "test_inspection", "test_skeleton", "test_system_calls", "test_signals", "test_play",
    "test_switchover_kills", "test_failover_kills",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the long tests out to the heads of equal blocks: work stealing gives each worker one block."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if any(name in item.nodeid for name in LONG)]
    rest = [item for item in items if item not in long]
    size = -(-len(rest) // workers)
    items[:] = [
        item
        for number in range(workers)
        for item in (*long[number::workers], *rest[number * size : (number + 1) * size])
    ]
