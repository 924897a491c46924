"""Faults of docs/faults.md that no scenario can play: links that drop, a kill, an archive that conflicts."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


@pytest.fixture
def lab(running_lab):
    running_lab.forget()
    return running_lab


def text_of(done):
    return done.stdout + done.stderr


def verified(lab):
    done = lab.hisops("log", "verify", lab.status()["run"])
    assert done.returncode == 0, text_of(done)
    return done.stdout


def test_conflicting_archive_is_refused_by_number(lab):
    archive = next((lab.site / "patches").glob("p36912597*.zip"))
    done = lab.plan("36912597")
    assert archive.exists()
    assert done.returncode == 3
    assert "conflicts" in done.stdout


def run_of(done):
    return json.loads(done.stdout)["run"]


def test_dropped_links_language_noise_and_slowness_make_no_difference(lab):
    """All at once: what comes to 0 together comes to 0 alone."""
    for fault in ("link-drop@rman", "link-drop@opatch", "link-drop@datapatch"):
        lab.fault(fault)
    for fault in ("chinese-output", "profile-noise", "slow"):
        lab.fault(fault)
    ended = lab.go_on(lab.start())
    assert ended.returncode == 0, text_of(ended)
    assert len(lab.tools("opatch", "apply")) == 1
    assert lab.hisops("log", "show", run_of(ended)).stdout.count("lost") >= 3
    verified(lab)
    seen = " ".join(lab.statements()).lower()
    for view in ("v$database", "v$pdbs", "v$restore_point", "set transaction read only"):
        assert seen.count(view) >= 2, f"the listener saw {view} {seen.count(view)} times"


def test_kill_dash_nine_while_opatch_runs(lab):
    waiting = lab.go_on(lab.start(), until=lambda step: step == "apply")
    assert waiting.returncode == 10, text_of(waiting)
    status = json.loads(waiting.stdout)
    lab.answer(status["run"], status["waits"][0])
    lab.fault("slow")
    process = subprocess.Popen(
        lab.command("resume", status["run"]), env=lab.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: lab.tools("opatch", "apply"), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    lab.fault("slow", False)
    ended = lab.go_on(lab.resume(status["run"]))
    assert ended.returncode == 0, text_of(ended)
    assert len(lab.tools("opatch", "apply")) == 1
    assert "interrupted" in verified(lab)
    assert_one_changed_byte_is_found(lab, status["run"])


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def assert_one_changed_byte_is_found(lab, run):
    segment = Path(lab.site / "logs" / "runs" / run / "seg-0001.jsonl")
    before = segment.read_bytes()
    at = before.index(b'"t":"step.end"')
    segment.write_bytes(before[:at] + before[at:].replace(b'"verdict":"ok"', b'"verdict":"oK"', 1))
    try:
        done = lab.hisops("log", "verify", "--all")
        assert done.returncode == 20, text_of(done)
        assert re.search(r"line \d+|seg-0001", done.stdout)
    finally:
        segment.write_bytes(before)
