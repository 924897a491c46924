"""What whole runs share: over the system's own sshd its host and a small site before it; in a lab the lab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import lab_site, small_site
from tests.support.lab_site import LabSite
from tests.support.small_site import SmallSite
from tests.support.sshd import Sshd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """The host of the site."""
    started = small_site.start_host(tmp_path_factory.mktemp("host"))
    yield started
    started.stop()


@pytest.fixture
def small(tmp_path: Path, server: Sshd) -> SmallSite:
    """A new site, before the host of all tests of a file."""
    return small_site.make(tmp_path, server)


@pytest.fixture(scope="module")
def running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """The lab of all tests of a file."""
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    yield started
    lab_site.down(started)
