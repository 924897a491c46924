"""The log's files refuse: no room, a bad disk, a write cut short. No step starts after that, and resume goes on."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hisops.model import records as r
from tests.kill.conftest import tracing_refused
from tests.kill.drive import Outcome, carry_through, newest
from tests.kill.entry import ORDINARY, call
from tests.kill.scene import Scene

BROKEN = 20
traced = pytest.mark.skipif(tracing_refused() is not None, reason=str(tracing_refused()))
FAULTS = [
    ("seg-0002.jsonl", "write", "ENOSPC", 1),
    ("seg-0002.jsonl", "write", "ENOSPC", 5),
    ("seg-0002.jsonl", "write", "ENOSPC", 10),
    ("seg-0002.jsonl", "fdatasync", "EIO", 3),
    ("seg-0002.jsonl", "fdatasync", "EIO", 8),
    ("ledger.jsonl", "write", "ENOSPC", 1),
    ("ledger.jsonl", "fdatasync", "EIO", 1),
]


def at_the_gate(scene: Scene) -> Path:
    """Carry the run as far as its gate, answer that, and return the folder of its log."""
    assert call(scene, "run", str(scene.plan)) == 10
    run = newest(scene)
    assert run is not None
    assert call(scene, "answer", run.run_id, "change", "box") == 0
    return run.folder


def resume(scene: Scene, run: Path, before: list[str], limit: Callable[[], None] | None = None) -> tuple[int, str]:
    """Resume in a process of its own, behind the words `before`; return its exit code and what it said."""
    words = [*before, sys.executable, "-m", "tests.kill.entry", str(scene.root), "resume", run.name]
    done = subprocess.run(
        words, env=scene.environment(), stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=limit, timeout=120
    )
    return done.returncode, " ".join((done.stdout + done.stderr).decode().split())


def check_nothing_started_unwritten(scene: Scene) -> None:
    """Whatever has started has its intent, signed, in the log."""
    run = newest(scene)
    assert run is not None
    intended = {record.step for record in run.records if isinstance(record, r.CallIntent)}
    assert {line.split()[1] for line in scene.record()} <= intended


def check_end(scene: Scene) -> None:
    """The next resumes go on as if nothing had been."""
    outcome: Outcome = carry_through(scene, [ORDINARY])
    assert outcome.good, str(outcome)
    assert outcome.state == "SUCCEEDED"


@traced
@pytest.mark.parametrize(("file", "name", "error", "number"), FAULTS)
def test_a_disk_that_refuses_stops_the_run_and_resume_goes_on(
    scene: Scene, file: str, name: str, error: str, number: int
) -> None:
    run = at_the_gate(scene)
    path = run / file if file.startswith("seg") else scene.logs / file
    fault = f"inject={name}:error={error}:when={number}"
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(path), "-e", f"trace={name}", "-e", fault]
    code, said = resume(scene, run, words)
    assert code == BROKEN, said
    assert "HIS-5003" in said
    check_nothing_started_unwritten(scene)
    check_end(scene)


@pytest.mark.parametrize("room", [9000, 13000, 17000])
def test_a_write_cut_short_is_cut_off_and_the_run_goes_on(scene: Scene, room: int) -> None:
    run = at_the_gate(scene)
    code, said = resume(scene, run, [], lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
    assert code == BROKEN, said
    assert "HIS-5003" in said
    check_nothing_started_unwritten(scene)
    check_end(scene)
