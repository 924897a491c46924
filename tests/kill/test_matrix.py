"""The bounded kill matrix: one kill of each kind, resumed to its right end; `make kill-matrix` takes every kill."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

LAST = re.compile(r"points (\d+), runs (\d+), records lost 0, effects doubled 0, logs not verifying 0")


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_killed_at_a_point_of_each_kind_a_run_comes_to_its_right_end() -> None:
    command = [sys.executable, "-m", "tests.kill.matrix", "--bounded", "--jobs", "2"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["src", "."])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    found = LAST.fullmatch(done.stdout.splitlines()[-1])
    assert found is not None, done.stdout
    points, runs = map(int, found.groups())
    assert runs >= points > 50
