from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.media.disk import Disk


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """The files of a primary as a lab starts with them."""
    return Disk(tmp_path)
