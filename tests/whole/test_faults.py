"""The fault table of docs/faults.md, row by row, in the lab and through the command line alone."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import lab_site

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def running_lab(tmp_path_factory):
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    yield started
    lab_site.down(started)


@pytest.fixture
def lab(running_lab):
    running_lab.forget()
    return running_lab


def text_of(done):
    return done.stdout + done.stderr


def is_open(lab):
    """Tell whether the database is open and its PDBs are as they were: a new plan can read them."""
    state = json.loads(lab.plan(lab_site.GOOD, "--json").stdout)["plan"]["state"]
    return '"open_mode": "READ WRITE"' in json.dumps(state)


def verified(lab):
    done = lab.hisops("log", "verify", lab.status()["run"])
    assert done.returncode == 0, text_of(done)
    return done.stdout


@pytest.mark.parametrize(
    ("faults", "named"),
    [
        (["conflict"], [r"conflicts: \d{8}"]),
        (["opatch-too-old"], [r"12\.2\.0\.1\.\d+"]),
        (["standby-behind"], [lab_site.GOOD]),
        (["disk-full"], [r"free_kb"]),
        (["smoke-red"], ["smoke"]),
        (["conflict", "disk-full"], [r"conflicts: \d{8}", "free_kb"]),
    ],
    ids="+".join,
)
def test_refused_before_any_write(lab, faults, named):
    for fault in faults:
        lab.fault(fault)
    done = lab.plan(lab_site.GOOD, "--json")
    assert done.returncode == 3, text_of(done)
    refusals = json.dumps(json.loads(done.stdout)["refusals"])
    for pattern in named:
        assert re.search(pattern, refusals, re.IGNORECASE), refusals
    assert not lab.tools("rman")
    assert not lab.tools("opatch", "apply")
    assert not (lab.site / "patch.plan").exists()


def test_conflicting_archive_is_refused_by_number(lab):
    archive = next((lab.site / "patches").glob("p36912597*.zip"))
    done = lab.plan("36912597")
    assert archive.exists()
    assert done.returncode == 3
    assert "conflicts" in done.stdout


def test_active_executables_and_datapatch_errors_hold_and_resume_finishes(lab):
    lab.fault("active-executables")
    lab.fault("datapatch-errors")
    held = lab.go_on(lab.start())
    assert held.returncode == 11, text_of(held)
    assert lab.tools("opatch", "apply") == []
    assert "hisops resume" in lab.hisops("status").stdout
    lab.fault("active-executables", False)
    held = lab.go_on(lab.resume(run_of(held)))
    assert held.returncode == 11, text_of(held)
    assert state_of(held, "datapatch") == "FAILED"
    lab.fault("datapatch-errors", False)
    ended = lab.go_on(lab.resume(run_of(held)))
    assert ended.returncode == 0, text_of(ended)
    assert len(lab.tools("opatch", "apply")) == 1
    assert lab.tools("opatch", "rollback") == []
    verified(lab)


def run_of(done):
    return json.loads(done.stdout)["run"]


def state_of(done, step):
    return next(each["state"] for each in json.loads(done.stdout)["steps"] if each["id"] == step)


def test_backup_that_fails_late_fails_and_leaves_the_database_open(lab):
    lab.fault("backup-fails-late")
    failed = lab.go_on(lab.start())
    assert failed.returncode == 1, text_of(failed)
    assert json.loads(failed.stdout)["state"] == "FAILED"
    lab.fault("backup-fails-late", False)
    assert is_open(lab)
    verified(lab)


def test_disk_full_during_apply_is_undone_and_proven(lab):
    lab.fault("disk-full-apply")
    undone = lab.go_on(lab.start())
    assert undone.returncode == 12, text_of(undone)
    assert len(lab.tools("opatch", "apply")) == 1
    lab.fault("disk-full-apply", False)
    assert is_open(lab)
    verified(lab)


def test_a_mounted_pdb_is_warned_of_and_never_ends_green(lab):
    lab.fault("pdb-mounted")
    warned = lab.plan()
    assert warned.returncode == 0, text_of(warned)
    assert "warning" in warned.stdout
    ended = lab.go_on(lab.start())
    assert ended.returncode == 13, text_of(ended)
    assert json.loads(ended.stdout)["state"] == "SUCCEEDED_WITH_EXCEPTIONS"


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


def test_a_reboot_during_apply_holds_and_the_probe_decides(lab):
    lab.fault("host-reboot")
    held = lab.go_on(lab.start())
    assert held.returncode == 11, text_of(held)
    assert state_of(held, "apply") == "UNKNOWN"
    ended = lab.go_on(lab.resume(run_of(held)))
    assert ended.returncode in {0, 12}, text_of(ended)
    assert len(lab.tools("opatch", "apply")) == 1
    if ended.returncode == 12:
        assert is_open(lab)
    verified(lab)


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
