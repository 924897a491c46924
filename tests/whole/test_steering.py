"""Steering a run over the system's own sshd: each command tells what it saw, and the log still verifies."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess

import pytest

from tests.support import small_site, sshd, steering_site
from tests.support.steering_site import wait_for

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]


@pytest.fixture
def site(tmp_path, server):
    return steering_site.make(tmp_path, server)


def verified(site, run):
    """Return the verdict on the run's log."""
    done = site.hisops("log", "verify", run, "--json")
    return json.loads(done.stdout)["verdict"], done.returncode


def test_a_pause_is_taken_once_at_the_next_boundary(site):
    run, process = site.working()
    asked = site.hisops("pause", run, "--reason", "the ward calls", "--wait", "0", "--json", who="dba2")
    seen = json.loads(asked.stdout)
    assert asked.returncode == 14
    assert (seen["state"], seen["live"], seen["at"]) == ("RUNNING", True, "second")
    assert seen["tool"]["state"] == "running"
    assert seen["tool"]["pid"]
    site.let_go()
    assert process.wait(60) == 14
    status = site.status()
    assert (status["state"], status["reason"]) == ("PAUSED", "paused by dba2@hospital: the ward calls")
    assert site.states()["second"] == "SUCCEEDED"
    resumed = site.hisops("resume", run)
    assert resumed.returncode == 0, resumed.stderr
    assert site.record() == ["first", "second", "last"]
    assert verified(site, run) == ("verified", 0)


def test_pause_waits_for_what_it_asked_for_and_prints_it(site):
    run, process = site.working()
    asked = subprocess.Popen(
        site.small.command("pause", run), env=site.small.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    approvals = site.small.site / "logs/runs" / run / "approvals"
    wait_for(lambda: len(list(approvals.glob("*.txt"))) == 2)
    site.let_go()
    out, err = asked.communicate(timeout=60)
    assert asked.returncode == 14, err
    assert "Nobody carries the run out now." in out
    assert "paused by dba1@hospital" in out
    assert process.wait(60) == 14


def test_pause_of_a_run_that_nobody_carries_out_signs_nothing(site):
    run = site.until_gate()
    asked = site.hisops("pause", run)
    assert asked.returncode == 10
    assert "Nobody carries the run out now." in asked.stdout
    assert not list((site.small.site / "logs/runs" / run / "approvals").glob("*.txt"))


def test_cancel_tells_what_it_saw_and_ends_the_run_at_the_boundary(site):
    run, process = site.working()
    asked = site.hisops("cancel", run, "--reason", "the clinic opens", "--wait", "0")
    assert asked.returncode == 14
    assert "still at step 3, Second. The tool runs on one, process" in asked.stdout
    site.let_go()
    assert process.wait(60) == 1
    assert site.status()["state"] == "CANCELLED"
    again = site.hisops("cancel", run, "--reason", "again")
    assert again.returncode == 2
    assert "has ended: it is CANCELLED" in again.stderr
    assert verified(site, run) == ("verified", 0)


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_a_stranger_cannot_steer(site, verb):
    run = site.until_gate()
    refused = site.hisops(verb, run, "--reason", "x", who="lead1")
    assert refused.returncode == 4
    assert "HIS-4301" in refused.stderr


def test_no_such_run_and_no_such_step(site):
    run = site.until_gate()
    for verb in ("pause", "kill", "undo", "resume"):
        assert site.hisops(verb, "nonsense").returncode == 2
    for verb in ("cancel", "abandon"):
        assert site.hisops(verb, "nonsense", "--reason", "x").returncode == 2
    for words in (("resume", run, "--until", "secnd"), ("undo", run, "--to", "secnd")):
        refused = site.hisops(*words)
        assert refused.returncode == 2
        assert "Did you mean second" in refused.stderr


def test_kill_is_named_signed_seen_and_leaves_the_step_to_its_probe(site):
    run, process = site.working()
    unnamed = site.hisops("kill", run)
    assert unnamed.returncode == 2
    assert f"hisops kill {run.rpartition('-')[2]} box" in " ".join(unnamed.stderr.split())
    assert site.hisops("kill", run, "bax").returncode == 2
    killed = site.hisops("kill", run, "box", "--reason", "it hangs", "--json", who="dba2")
    assert killed.returncode == 0, killed.stderr
    seen = json.loads(killed.stdout)
    assert (seen["step"], seen["seen"]) == ("second", "exited")
    assert seen["terminated"] >= 1
    assert process.wait(60) == 11
    assert site.states()["second"] == "UNKNOWN"
    deviation = site.status()["deviations"][0]
    assert (deviation["kind"], deviation["step"], deviation["by"]) == ("killed", "second", "dba2@hospital")
    held = site.hisops("resume", run)
    assert held.returncode == 11
    assert "not done, says the probe" in held.stdout
    assert site.record().count("second") == 1
    site.let_go()
    assert site.hisops("kill", run, "box").returncode == 3


def test_a_tool_whose_process_is_gone_is_killed_and_resume_asks_the_probe(site):
    run, process = site.working()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert site.hisops("kill", run, "box", "--reason", "nobody is there").returncode == 0
    (site.folder / "second").touch()  # it had come that far
    resumed = site.hisops("resume", run)
    assert resumed.returncode == 13, resumed.stderr
    assert site.record().count("second") == 1
    text = " ".join(resumed.stdout.split())
    assert text.startswith("▲ Deviations from the runbook: 1 1. second, tool killed:")
    assert "nobody is there (dba1@hospital)" in text
    assert verified(site, run) == ("verified", 0)


def undoable(site):
    """Return a run that is paused after `check`: first and second are done, and last is not."""
    run = site.answered()
    paused = site.hisops("resume", run, "--until", "check")
    assert paused.returncode == 14, paused.stderr
    assert site.record() == ["first", "second"]
    return run


def test_undo_takes_everything_back_and_proves_it(site):
    run = undoable(site)
    undone = site.hisops("undo", run)
    assert undone.returncode == 12, undone.stderr
    assert site.record() == ["first", "second", "undo-second", "undo-first"]
    assert site.status()["state"] == "ROLLED_BACK"
    assert verified(site, run) == ("verified", 0)
    assert site.hisops("undo", run).returncode == 2


def test_undo_in_part_pauses_and_goes_forward_again_past_the_gate(site):
    run = undoable(site)
    undone = site.hisops("undo", run, "--to", "second")
    assert undone.returncode == 14, undone.stderr
    assert site.states()["second"] == "UNDONE"
    assert site.states()["first"] == "SUCCEEDED"
    waiting = site.hisops("resume", run)
    assert waiting.returncode == 10  # what was answered once does not open the gate a second time
    assert site.record() == ["first", "second", "undo-second"]
    assert site.hisops("answer", run, "second", "box").returncode == 0
    resumed = site.hisops("resume", run)
    assert resumed.returncode == 13, resumed.stderr
    assert site.record() == ["first", "second", "undo-second", "second", "last"]
    assert [item["kind"] for item in site.status()["deviations"]] == ["undo"]
    assert verified(site, run) == ("verified", 0)


@pytest.mark.parametrize("verb", ["resume", "undo"])
def test_an_undo_that_was_killed_is_carried_on(site, verb):
    run = undoable(site)
    (site.folder / "wait-undo").touch()
    process = subprocess.Popen(
        site.small.command("undo", run), env=site.small.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: "undo-second" in site.record())
    live = site.hisops("undo", run)
    assert live.returncode == 5
    assert "hisops pause" in live.stderr
    process.send_signal(signal.SIGKILL)
    process.wait()
    (site.folder / "wait-undo").unlink()
    carried = site.hisops(verb, run)
    assert carried.returncode == 12, carried.stderr
    assert site.record() == ["first", "second", "undo-second", "undo-first"]
    assert verified(site, run) == ("verified", 0)


def test_undo_refuses_before_anything_starts_what_has_no_way_back(site):
    run = site.answered()
    paused = site.hisops("resume", run, "--until", "last")
    assert paused.returncode == 14
    refused = site.hisops("undo", run, "--to", "second")
    assert refused.returncode == 3
    assert "Step last cannot be undone: it does no harm to stay." in " ".join(refused.stderr.split())
    assert "undo-second" not in site.record()
    assert site.status()["state"] == "PAUSED"
    assert site.hisops("resume", run).returncode == 0


def test_abandon_says_what_is_left_and_seals(site):
    run, process = site.working()
    live = site.hisops("abandon", run, "--reason", "x")
    assert live.returncode == 5
    process.send_signal(signal.SIGKILL)
    process.wait()
    ended = site.hisops("abandon", run, "--reason", "the machine goes to the scrapyard")
    assert ended.returncode == 1, ended.stderr
    text = " ".join(ended.stdout.split())
    assert "second: RUNNING" in text
    assert "second: The tool runs on one, process" in text
    assert "ABANDONED" in text
    assert "lock left behind: the tool of second runs on one" in text
    site.let_go()
    assert verified(site, run) == ("incomplete", 21)
    assert site.hisops("resume", run).returncode == 1
    assert site.record().count("second") == 1


def test_an_abandoned_run_gives_its_locks_back(site):
    run = site.until_gate()
    ended = site.hisops("abandon", run, "--reason", "no window any more", "--json")
    assert json.loads(ended.stdout)["left"]["locks"] == []
    assert verified(site, run) == ("incomplete", 21)
    assert site.until_gate() != run


def test_a_log_that_cannot_be_opened_is_abandoned_in_the_ledger(site):
    run = site.until_gate()
    folder = site.small.site / "logs/runs" / run
    named = re.search(r'"plan_blob":"sha256:([0-9a-f]+)"', (site.small.site / "logs/ledger.jsonl").read_text())
    plan = folder / "blobs" / named[1]
    kept = plan.read_bytes()
    plan.write_bytes(b"{}")
    assert site.hisops("abandon", run, "--reason", "x", who="lead1").returncode == 4
    ended = site.hisops("abandon", run, "--reason", "the disk is broken", "--json")
    assert ended.returncode == 1, ended.stderr
    assert json.loads(ended.stdout)["in"] == "ledger"
    assert verified(site, run)[1] == 20  # the log is false, whoever gave it up
    plan.write_bytes(kept)
    assert verified(site, run) == ("incomplete", 21)
    refused = site.hisops("resume", run)
    assert refused.returncode == 3
    assert "was abandoned by dba1@hospital" in refused.stderr


def test_step_carries_out_exactly_one_step(site):
    path = site.plan()
    assert site.hisops("run", path, "--step").returncode == 14
    run = site.newest()
    assert site.states()["look"] == "SUCCEEDED"
    assert site.record() == []
    assert site.hisops("resume", run, "--step").returncode == 14
    assert site.record() == ["first"]
    assert site.hisops("resume", run, "--step").returncode == 10
    assert site.hisops("answer", run, "second", "box").returncode == 0
    assert site.hisops("resume", run, "--step").returncode == 14
    assert site.record() == ["first", "second"]


def test_a_runbooks_own_command_takes_the_course_too(site):
    saved = site.hisops("files", "five", "-t", "box", "--until", "first")
    assert saved.returncode == 10
    line = re.search(r"hisops run (\S+) --until first", saved.stderr)
    assert line
    assert site.hisops("run", line[1], "--until", "first").returncode == 14
    assert site.record() == ["first"]
    assert site.hisops("files", "five", "-t", "box", "--until", "frist").returncode == 2


def test_sigterm_detaches_and_the_tool_goes_on(site):
    run, process = site.working()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 14
    site.let_go()
    wait_for((site.folder / "second").exists)
    assert site.hisops("resume", run).returncode == 0
    assert site.record() == ["first", "second", "last"]
    assert verified(site, run) == ("verified", 0)


def commands_of(text):
    """Return the commands that a screen prints, in their order, without the remarks behind them."""
    joined = re.sub(r" \\\n\s+", " ", text)
    lines = [re.sub(r"\s+\([^()]*\)$", "", line) for line in joined.splitlines()]
    wanted = re.compile(r"hisops( --\S+ \S+)* (answer|approve|resume) .*$")
    return [found[0] for line in lines if (found := wanted.search(line))]


def test_the_commands_that_a_waiting_run_prints_carry_it_on(tmp_path, server):
    """Pasted into a shell, with nothing on the way: the gate of this runbook also wants another person."""
    small = small_site.make(tmp_path, server)
    plan = small.folder.parent / "p.plan"
    assert small.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)).returncode == 0
    bare = {name: value for name, value in small.environment().items() if name not in {"HISOPS_SITE", "HISOPS_KEY"}}
    program = tmp_path / "bin" / "hisops"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(small.command())} "$@"\n')
    program.chmod(0o755)
    bare["PATH"] = f"{program.parent}{os.pathsep}{bare['PATH']}"

    def shell(line, **more):
        return subprocess.run(
            ["sh", "-c", line], env=bare | more, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )

    def key(who):
        return str(small.site / "people" / who / "id_ed25519")

    waits = shell(f"hisops run {plan} --site {small.site} --key {key('dba1')}")
    assert waits.returncode == 10, waits.stderr
    commands = commands_of(waits.stdout)
    assert [re.search("answer|approve|resume", line)[0] for line in commands] == ["answer", "approve", "resume"]
    for line in commands[:2]:
        done = shell(line, **({"HISOPS_KEY": key("lead1")} if " approve " in line else {}))
        assert done.returncode == 0, (line, done.stderr)
    ended = shell(commands[2])
    assert ended.returncode == 0, ended.stderr
    assert (small.folder / "mode").read_text() == "changed\n"
