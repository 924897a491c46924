"""hisops is killed, and the link cut, between a switchover and its confirmation: the roles decide, it is done once."""

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

WAYS = {"broker": ("dgmgrl", "switchover to "), "sql": ("sqlplus", "ALTER DATABASE SWITCHOVER TO ")}
PATIENCE = 300
TICK = 0.02


@pytest.fixture
def lab(running_lab):
    running_lab.forget()
    running_lab.target = "his"
    return running_lab


def record(lab):
    return entries(Layout(lab.site).record)


def commands(lab, way):
    """Return the switchovers that the lab was told to carry out, by its own record."""
    tool, words = WAYS[way]
    return [
        each
        for each in record(lab)
        if each["event"] == "command" and (each["tool"], words) == (tool, each["text"][: len(words)])
    ]


def ended(lab, way):
    """Tell whether the tool that was told to switch over has ended."""
    pid = commands(lab, way)[0]["pid"]
    return any(each["event"] == "end" and each["pid"] == pid for each in record(lab))


def wait_for(condition, process=None):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline, "it never came"
        time.sleep(TICK)


def before_the_switchover(lab, way):
    """Return a run whose switchover may start at once: every gate before it, and its own, is passed."""
    plan = lab.site / "switchover.plan"
    planned = lab.hisops("plan", "oracle/dg-switchover", "-t", "his", "-o", str(plan))
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert lab.hisops("approve", str(plan), who="lead1").returncode == 0
    waiting = lab.go_on(lab.hisops("run", str(plan), "--json"), until=lambda step: step == f"switchover-{way}")
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


def assert_switched_once(lab, run, way):
    """Resume up to where applications are started, and look at both sides."""
    waiting = lab.go_on(lab.resume(run), until=lambda step: step == "resume-operations")
    assert waiting.returncode == 10, waiting.stdout + waiting.stderr
    step = states(lab)
    assert (step[f"switchover-{way}"], step["switched"], step["rpo"]) == ("SUCCEEDED", "SUCCEEDED", "SUCCEEDED")
    assert len(commands(lab, way)) == 1
    assert step["finish-switchover"] == "SKIPPED"
    store = Store(Layout(lab.site).state)
    roles = {name: (store.read(name)["role"], store.read(name)["open_mode"]) for name in ("his", "his_dr")}
    assert roles["his_dr"] == ("PRIMARY", "READ WRITE")
    assert roles["his"][0] == "PHYSICAL STANDBY"
    assert not [each for each in record(lab) if each["event"] == TWO_PRIMARIES]
    assert lab.hisops("log", "verify", run).returncode == 21, "nothing false, but it goes on"
    assert lab.hisops("abandon", run, "--reason", "the test has seen enough").returncode == 1


@pytest.mark.parametrize("way", WAYS)
def test_killed_and_cut_off_while_the_roles_change(lab, way):
    if way == "broker":
        control.set_picture(lab.site, "broker")
    run = before_the_switchover(lab, way)
    lab.fault("link-drop@switchover")
    lab.fault("slow")
    process = resumed(lab, run)
    wait_for(lambda: commands(lab, way), process)
    killed(process)
    assert not ended(lab, way), "the tool outlives it"
    lab.fault("slow", False)
    assert states(lab)[f"switchover-{way}"] == "RUNNING"
    assert_switched_once(lab, run, way)


@pytest.mark.parametrize("way", WAYS)
def test_killed_after_the_tool_ended_and_before_that_was_written(lab, way):
    if way == "broker":
        control.set_picture(lab.site, "broker")
    run = before_the_switchover(lab, way)
    process = resumed(lab, run)
    wait_for(lambda: commands(lab, way), process)
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: ended(lab, way))
    killed(process)
    assert states(lab)[f"switchover-{way}"] == "RUNNING"
    assert_switched_once(lab, run, way)
