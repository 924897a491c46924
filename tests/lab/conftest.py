from __future__ import annotations

from collections.abc import Iterator

import pytest

from hisops.lab import control
from tests.lab.rehearsal import Rehearsal

PACE = 0.02


@pytest.fixture(scope="session")
def one_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One lab for all tests."""
    directory = tmp_path_factory.mktemp("lab") / "site"
    control.up(directory, pace=PACE)
    yield Rehearsal(directory)
    control.down(directory)


@pytest.fixture
def shared_lab(one_lab: Rehearsal) -> Rehearsal:
    """The lab as it starts; whoever changes it takes `lab` instead."""
    if one_lab.changed:
        control.reset(one_lab.directory)
        one_lab.changed = False
    return one_lab


@pytest.fixture
def lab(shared_lab: Rehearsal) -> Rehearsal:
    """The lab as it starts, for a test that changes it."""
    shared_lab.changed = True
    return shared_lab
