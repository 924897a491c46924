"""The order of the tests: whoever runs in parallel begins with a fair share of those that rehearse a whole night."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the long tests out to the heads of equal blocks: work stealing gives each worker one block."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if "test_faults" in item.nodeid or "test_skeleton" in item.nodeid]
    rest = [item for item in items if item not in long]
    size = -(-len(rest) // workers)
    items[:] = [
        item
        for number in range(workers)
        for item in (*long[number::workers], *rest[number * size : (number + 1) * size])
    ]
