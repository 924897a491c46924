"""Two control hosts and one target, over the system's own sshd: who is kept out, who may go on, what the log says."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pexpect
import pytest

from hisops.model.lock import ALIVE_FOR
from tests.support import small_site, sshd
from tests.support.small_site import SmallSite

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]


@pytest.fixture
def far_home(server):
    home: Path = server.folder.parent / "far-home"
    return home


@dataclass
class Elsewhere(SmallSite):
    """A copy of a site folder on another machine."""

    machine: str = "west"

    def command(self, *words):
        return [sys.executable, "-m", "tests.support.elsewhere", self.machine, *words]

    def hisops(self, *words, who="dba1"):
        return subprocess.run(
            self.command(*words), env=self.environment(who), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip


def copied(small, to, cls=Elsewhere):
    """Copy the whole site folder, logs included; the target is the same."""
    shutil.copytree(small.site, to / "site")
    (to / "home").mkdir(mode=0o700)
    return cls(to / "site", small.folder, to / "home")


def newest(small):
    run: str = json.loads(small.hisops("status", "--json").stdout)["run"]
    return run


def wait_for(condition, what="it"):
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.05)


def at_the_gate(small):
    """Begin a run that holds its lock and waits for an answer; everything else is approved."""
    path = small.folder.parent / "p.plan"
    done = small.hisops("plan", "files/three-steps", "-t", "box", "-o", str(path))
    assert done.returncode == 0, done.stderr
    assert small.hisops("approve", str(path), who="lead1").returncode == 0
    assert small.hisops("run", str(path)).returncode == 10
    return newest(small)


def running(small):
    """Carry the run on until its tool runs, and return the process."""
    run = at_the_gate(small)
    assert small.hisops("answer", run, "change", "box").returncode == 0
    (small.folder / "wait").touch()
    process = start(small, run)
    wait_for(lambda: small.started() == 1, "the tool")
    return run, process


def start(small, run):
    return subprocess.Popen(small.command("resume", run), env=small.environment(), stdin=subprocess.DEVNULL)


def lock_of(small):
    return f"database-{(small.folder / 'name').read_text().strip()}"


def silent(small, far_home):
    """Make the lock believe that its holder was not heard of for long."""
    then = time.gmtime(time.time() - ALIVE_FOR - 60)
    beat = far_home / ".hisops/locks" / lock_of(small) / "beat"
    assert beat.exists()
    beat.write_text(time.strftime("%Y-%m-%dT%H:%M:%S\n", then))


def finish(small, process=None):
    (small.folder / "wait").unlink(missing_ok=True)
    if process is not None:
        process.kill()
        process.wait()


def tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(done):
    return " ".join((done.stdout + done.stderr).split())


def test_a_killed_owner_resumes_without_unlocking(small):
    run, process = running(small)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (small.folder / "wait").unlink()
    done = small.hisops("resume", run)
    assert done.returncode == 0, done.stderr
    assert small.started() == 1


def test_a_copied_site_folder_is_refused_and_left_as_it_is(small, tmp_path):
    run = at_the_gate(small)
    copy = copied(small, tmp_path / "copy", SmallSite)
    before = tree(copy.site / "logs")
    refused = copy.hisops("resume", run)
    assert refused.returncode == 5
    assert str(small.site / "logs") in told(refused)
    assert f"hisops adopt {run}" in told(refused)
    assert tree(copy.site / "logs") == before
    assert small.hisops("answer", run, "change", "box").returncode == 0
    assert small.hisops("resume", run).returncode == 0


def test_a_fresh_site_folder_meets_a_lock_of_a_run_that_it_does_not_know(small, tmp_path, server, far_home):
    run = at_the_gate(small)
    fresh = replace(small_site.make(tmp_path / "fresh", server), folder=small.folder)
    site = fresh.site / "site.yaml"
    site.write_text(site.read_text().replace(str(tmp_path / "fresh/database"), str(small.folder)))
    fresh = Elsewhere(fresh.site, small.folder, fresh.home)
    path = tmp_path / "fresh.plan"
    assert fresh.hisops("plan", "files/three-steps", "-t", "box", "-o", str(path)).returncode == 0
    refused = fresh.hisops("run", str(path))
    assert refused.returncode == 5
    for part in (run, lock_of(small), str(small.site / "logs"), "dba1@hospital", "heard of", "Wait for it to end"):
        assert part in told(refused)
    assert not (fresh.site / "logs/runs").exists(), "an approval would have been used up for nothing"
    silent(small, far_home)
    refused = fresh.hisops("run", str(path))
    assert refused.returncode == 5
    assert f"hisops unlock {lock_of(small)}" in told(refused)
    assert small.started() == 0


def test_two_control_hosts_the_second_waits_for_the_first(small, tmp_path):
    other = copied(small, tmp_path / "other")
    path = tmp_path / "other.plan"
    assert other.hisops("plan", "files/three-steps", "-t", "box", "-o", str(path)).returncode == 0
    run, process = running(small)
    refused = other.hisops("run", str(path))
    assert refused.returncode == 5
    assert run in told(refused)
    assert "its tool goes on there" in told(refused)
    (small.folder / "wait").unlink()
    assert process.wait(90) == 0
    assert other.hisops("plan", "files/three-steps", "-t", "box", "-o", str(path)).returncode == 0
    assert other.hisops("run", str(path)).returncode == 10, "the lock is free again"


def test_a_lock_stays_while_its_owner_lives(small, tmp_path, far_home):
    run, process = running(small)
    lock = lock_of(small)
    refused = small.hisops("unlock", lock, "box", "--reason", "in a hurry")
    assert refused.returncode == 5
    assert f"its tool goes on there: {run}.change" in told(refused)
    (small.folder / "wait").unlink()
    assert process.wait(90) == 0

    run = at_the_gate_again(small)
    other = copied(small, tmp_path / "other")
    refused = other.hisops("unlock", lock, "box", "--reason", "in a hurry")
    assert refused.returncode == 5
    assert "heard of" in told(refused)
    process = waiting_process(small, run)
    refused = small.hisops("unlock", lock, "box", "--reason", "in a hurry")
    assert refused.returncode == 5
    assert "its process lives on this machine" in told(refused)
    finish(small, process)
    assert "lock.break" not in (small.site / "logs/ledger.jsonl").read_text()


def at_the_gate_again(small):
    (small.folder / "mode").write_text("plain\n")
    return at_the_gate(small)


def waiting_process(small, run):
    """Let a process carry the run as far as its tool and stop it there, with its tool ended."""
    assert small.hisops("answer", run, "change", "box").returncode == 0
    (small.folder / "wait").touch()
    process = start(small, run)
    before = small.started()
    wait_for(lambda: small.started() > before, "the tool")
    process.send_signal(signal.SIGSTOP)
    (small.folder / "wait").unlink()
    wait_for(lambda: (small.folder / "mode").read_text() == "changed\n", "the end of the tool")
    time.sleep(1)
    return process


def test_unlocking_names_the_target_is_signed_and_shows_in_the_log(small, tmp_path, far_home):
    run, lock = at_the_gate(small), lock_of(small)
    asked = small.hisops("unlock", lock, "--reason", "given up")
    assert asked.returncode == 2
    assert f"hisops unlock {lock} box" in told(asked)
    assert small.hisops("unlock", lock, "bax", "--reason", "given up").returncode == 2
    done = small.hisops("unlock", lock, "box", "--reason", "given up", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["before"]["run"], document["after"]["held"]) == (run, False)
    verified = small.hisops("log", "verify", "--all")
    assert "given up" in told(verified)
    assert "dba1@hospital took" in told(verified)
    assert json.loads(small.hisops("log", "verify", "--all", "--json").stdout)["verdict"] == "incomplete"
    assert small.hisops("unlock", lock, "box", "--reason", "again").returncode == 2
    assert small.hisops("answer", run, "change", "box").returncode == 0
    resumed = small.hisops("resume", run)
    assert resumed.returncode == 13, "a run without its lock for a while has an exception"
    assert "was not held any more" in told(resumed)
    assert json.loads(small.hisops("log", "verify", run, "--json").stdout)["verdict"] == "verified"


def test_at_a_terminal_the_target_is_asked_for(small):
    at_the_gate(small)
    lock = lock_of(small)
    words = small.command("unlock", lock, "--reason", "given up")
    screen = pexpect.spawn(words[0], words[1:], env=small.environment(), timeout=60, encoding="utf-8")
    screen.expect("held by")
    screen.expect("Take the lock away")
    screen.sendline("bax")
    screen.expect("not the target's name")
    screen.sendline("box")
    screen.expect("is free now")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0


def test_a_stopped_owner_that_wakes_up_after_an_unlock_starts_nothing(small, tmp_path, far_home):
    run = at_the_gate(small)
    assert small.hisops("answer", run, "change", "box").returncode == 0
    other = copied(small, tmp_path / "other")
    process = start_and_stop_before_the_write(small, run)
    silent(small, far_home)
    done = other.hisops("unlock", lock_of(small), "box", "--reason", "the other machine does not answer")
    assert done.returncode == 0, done.stderr
    process.send_signal(signal.SIGCONT)
    assert process.wait(90) == 11
    assert small.started() == 0
    assert "does not hold" in told(small.hisops("status", run))


def start_and_stop_before_the_write(small, run):
    """Resume, and stop the process while the probe before the write is asked, which is made to wait."""
    mode, kept = small.folder / "mode", small.folder / "kept"
    mode.rename(kept)
    os.mkfifo(mode)
    process = start(small, run)
    writing = os.open(mode, os.O_WRONLY)  # returns when somebody reads: the first read of the resumed run
    process.send_signal(signal.SIGSTOP)
    kept.rename(small.folder / "again")
    mode.unlink()
    (small.folder / "again").rename(mode)
    os.write(writing, b"plain\n")
    os.close(writing)
    return process


def test_a_run_is_adopted_when_its_control_host_is_lost(small, tmp_path, far_home):
    run, process = running(small)
    copy = copied(small, tmp_path / "copy")
    refused = copy.hisops("adopt", run, "box", "--reason", "east burnt down")
    assert refused.returncode == 5
    assert "the holder lives" in told(refused)
    process.send_signal(signal.SIGSTOP)
    silent(small, far_home)
    assert copy.hisops("resume", run).returncode == 5
    assert copy.hisops("adopt", run, "--reason", "x").returncode == 2
    done = copy.hisops("adopt", run, "box", "--reason", "east burnt down")
    assert done.returncode == 0, done.stderr
    assert "fence 2" in told(done)
    assert copy.hisops("adopt", run, "box", "--reason", "again").returncode == 2

    (small.folder / "wait").unlink()
    carried = copy.hisops("resume", run)
    assert carried.returncode == 13, carried.stderr
    assert small.started() == 1, "the tool that went on was found, not started again"
    verified = copy.hisops("log", "verify", run)
    assert verified.returncode == 0, told(verified)
    assert "dba1@hospital adopted on west" in told(verified)
    assert "east burnt down" in told(verified)

    process.send_signal(signal.SIGCONT)
    assert process.wait(90) == 11, "who was robbed ends nothing"
    assert small.hisops("resume", run).returncode == 5


def test_on_one_machine_a_run_is_not_adopted_while_its_process_lives(small, tmp_path, far_home):
    run, process = running(small)
    copy = copied(small, tmp_path / "copy", SmallSite)
    silent(small, far_home)
    refused = copy.hisops("adopt", run, "box", "--reason", "x")
    assert refused.returncode == 5
    assert str(small.site / "logs") in told(refused)
    finish(small, process)


def test_a_copy_that_is_not_the_newest_is_not_adopted(small, tmp_path, far_home):
    run = at_the_gate(small)
    copy = copied(small, tmp_path / "copy")
    assert small.hisops("answer", run, "change", "box").returncode == 0
    (small.folder / "wait").touch()
    process = start(small, run)
    wait_for(lambda: small.started() == 1, "the tool")
    process.kill()
    process.wait()
    silent(small, far_home)
    refused = copy.hisops("adopt", run, "box", "--reason", "x")
    assert refused.returncode == 5
    assert f"{run}.change" in told(refused)
    finish(small)
    assert small.hisops("resume", run).returncode == 0
    refused = copy.hisops("adopt", run, "box", "--reason", "x")
    assert refused.returncode == 5, "it has ended"


def test_a_copy_that_was_changed_is_not_adopted(small, tmp_path, far_home):
    run = at_the_gate(small)
    copy = copied(small, tmp_path / "copy")
    silent(small, far_home)
    segment = copy.site / "logs/runs" / run / "seg-0001.jsonl"
    segment.write_text(segment.read_text().replace("look", "lock", 1))
    refused = copy.hisops("adopt", run, "box", "--reason", "x")
    assert refused.returncode == 20
    assert "control" in (far_home / ".hisops/locks" / lock_of(small) / "h.1").read_text()


def test_adopting_takes_a_role_in_common(small, tmp_path, far_home):
    run = at_the_gate(small)
    copy = copied(small, tmp_path / "copy")
    silent(small, far_home)
    assert copy.hisops("adopt", run, "box", "--reason", "x", who="lead1").returncode == 4
    done = copy.hisops("adopt", run, "box", "--reason", "x", who="dba2")
    assert done.returncode == 0, done.stderr
    assert copy.hisops("answer", run, "change", "box", who="dba2").returncode == 0
    assert copy.hisops("resume", run, who="dba2").returncode == 13
    verified = copy.hisops("log", "verify", run)
    assert verified.returncode == 0, told(verified)
