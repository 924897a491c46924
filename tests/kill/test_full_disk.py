"""The disk of the far host is full, from no room at all to just not enough: nothing is half done, and it goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.conftest import mounting_refused
from tests.kill.drive import carry_through, newest
from tests.kill.entry import How, Points, call
from tests.kill.scene import Scene

PAGE = 4096


@pytest.fixture
def small_disk(scene: Scene, tmp_path: Path) -> Iterator[Path]:
    """Let the far host keep its operations on a file system of 256 KiB."""
    if reason := mounting_refused(tmp_path):
        pytest.skip(reason)
    folder = scene.home / ".hisops"
    folder.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, *, free: int) -> Path:
    """Leave `free` pages on the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * PAGE):
                continue
        except OSError:
            file.truncate(max(0, file.tell() - free * PAGE))
    return ballast


@pytest.mark.parametrize("free", [0, 2, 5, 8, 11, 14])
def test_on_a_disk_that_fills_nothing_is_half_done(scene: Scene, small_disk: Path, free: int) -> None:
    ballast = fill(small_disk, free=free)
    how = How(points=Points(), person=True)
    first = call(scene, "run", str(scene.plan), how=how)
    assert first in {0, 3, 11}
    if first == 3:
        assert scene.record() == []
    ballast.unlink()
    run = newest(scene)
    if run is not None and run.sealed and first == 3:  # refused before the first write: that was its end
        assert call(scene, "log", "verify", "--all") == 0
        return
    outcome = carry_through(scene, [how], harmed=True)
    assert outcome.good, str(outcome)
