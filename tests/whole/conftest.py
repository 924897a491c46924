"""What whole runs over the system's own sshd share: its host, and a small site before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import small_site
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
