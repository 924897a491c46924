"""hisops is killed, and the link cut, while a standby takes over: both roles decide, and one failover is begun."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from hisops.lab import control
from hisops.lab.layout import Layout
from hisops.lab.pair import TWO_PRIMARIES
from hisops.lab.record import entries
from hisops.lab.state import Store

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

WAYS = {"broker": ("dgmgrl", "failover to "), "sql": ("sqlplus", "ALTER DATABASE FAILOVER TO ")}
LOST = ("-p", "primary_host=lost", "-p", "lost_at=2026-01-01 00:00:00")
PATIENCE = 300
TICK = 0.02


@pytest.fixture
def lab(running_lab):
    """The lab with a lost primary: what hisops could fence is gone, so that the runs are short."""
    running_lab.forget()
    running_lab.target = "his_dr"
    return running_lab


def record(lab):
    return entries(Layout(lab.site).record)


def begun(lab, way):
    """Return the failovers that the lab was told to carry out, by its own record."""
    tool, words = WAYS[way]
    told = [each for each in record(lab) if each["event"] == "command" and each["tool"] == tool]
    return [each for each in told if each["text"].startswith(words)]


def ended(lab, way):
    """Tell whether the tool that was told to fail over has ended."""
    pid = begun(lab, way)[0]["pid"]
    return any(each["event"] == "end" and each["pid"] == pid for each in record(lab))


def wait_for(condition, process=None):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline, "it never came"
        time.sleep(TICK)


def before_the_failover(lab, way):
    """Return a run whose failover may start at once: every gate before it, and its own, is passed."""
    if way == "broker":
        control.set_picture(lab.site, "broker")
    lab.fault("primary-lost")
    plan = lab.site / "failover.plan"
    planned = lab.hisops("plan", "oracle/dg-failover-drill", "-t", "his_dr", *LOST, "-o", str(plan))
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert lab.hisops("approve", str(plan), who="lead1").returncode == 0
    waiting = lab.go_on(lab.hisops("run", str(plan), "--json"), until=lambda step: step == f"failover-{way}")
    assert waiting.returncode == 10, waiting.stdout + waiting.stderr
    answer = json.loads(waiting.stdout)
    lab.answer(answer["run"], answer["waits"][0])
    return answer["run"]


def resumed(lab, run):
    return subprocess.Popen(
        lab.command("resume", run, "--json"), env=lab.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def killed(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def states(lab):
    return {step["id"]: step["state"] for step in json.loads(lab.hisops("status", "--json").stdout)["steps"]}


def assert_failed_over_once(lab, run, way):
    """Resume up to where people compare the data, and look at both sides."""
    waiting = lab.go_on(lab.resume(run), until=lambda step: step == "data-check")
    assert waiting.returncode == 10, waiting.stdout + waiting.stderr
    step = states(lab)
    assert (step[f"failover-{way}"], step["switched"], step["rpo"]) == ("SUCCEEDED", "SUCCEEDED", "SUCCEEDED")
    assert len(begun(lab, way)) == 1
    store = Store(Layout(lab.site).state)
    assert (store.read("his_dr")["role"], store.read("his_dr")["open_mode"]) == ("PRIMARY", "READ WRITE")
    assert len(store.read("his_dr")["incarnations"]) == 2, "one new branch of redo"
    assert store.read("his")["status"] == "DOWN"
    assert not [each for each in record(lab) if each["event"] == TWO_PRIMARIES]
    assert lab.hisops("log", "verify", run).returncode == 21, "nothing false, but it goes on"
    assert lab.hisops("abandon", run, "--reason", "the test has seen enough").returncode == 1


@pytest.mark.parametrize("way", WAYS)
def test_killed_and_cut_off_while_the_standby_takes_over(lab, way):
    run = before_the_failover(lab, way)
    lab.fault("link-drop@failover")
    lab.fault("slow")
    process = resumed(lab, run)
    wait_for(lambda: begun(lab, way), process)
    killed(process)
    assert not ended(lab, way), "the tool outlives it"
    lab.fault("slow", False)
    assert states(lab)[f"failover-{way}"] == "RUNNING"
    assert_failed_over_once(lab, run, way)


def test_killed_after_the_tool_ended_and_before_that_was_written(lab):
    run = before_the_failover(lab, "sql")
    process = resumed(lab, run)
    wait_for(lambda: begun(lab, "sql"), process)
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: ended(lab, "sql"))
    killed(process)
    assert states(lab)["failover-sql"] == "RUNNING"
    assert_failed_over_once(lab, run, "sql")
