"""A scene for each test, and what the system must allow."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hisops.documents import load
from tests.kill.drive import prepare
from tests.kill.scene import Scene
from tests.support import preloading


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A scene of this module; every test begins with a reset of it. Calls are forked from here with all in mind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "parse_leniently", load.parse_leniently)  # as it is now again afterwards
        preloading.preload()
        scene = Scene(tmp_path_factory.mktemp("scene"))
        prepare(scene)
        preloading.read(scene.site)
        yield scene


@pytest.fixture
def scene(template: Scene) -> Scene:
    template.reset()
    return template


def tracing_refused() -> str | None:
    """Return why system calls cannot be made to fail here, or None if they can."""
    if not shutil.which("strace"):
        return "the system has no strace"
    if subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True).returncode:
        return "this system does not let processes be traced"
    return None


def mounting_refused(folder: Path) -> str | None:
    """Return why no small file system can be mounted here, or None if it can."""
    if os.getuid():
        return "only root may mount"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return done.stderr.decode().strip() if done.returncode else None
