"""A playbook over a database and its standby: each run waits and ends for itself, the parent's log holds both."""

import json
import signal
import subprocess

import pytest

from tests.support import small_play, small_site, sshd
from tests.whole.test_skeleton import wait_for

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]


@pytest.fixture
def small(tmp_path, server):
    return small_play.add(small_site.make(tmp_path, server))


def told(done):
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def begin(small):
    """Play without a terminal: the plan is saved; then carry it out. Return the parent's and the first run's id."""
    saved = small.folder.with_name("night.plan")
    planned = small.hisops("play", "night", "-t", "box", "-o", str(saved))
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.count("files/three-steps 1.0.0") == 1, "the run on the box waits for that on its standby"
    assert "unknown until standby" in planned.stdout
    done = small.hisops("run", str(saved), "--json")
    assert done.returncode == 10, done.stderr
    answer = told(done)
    assert [(each["step"], each["target"], each["state"]) for each in answer["children"]] == [
        ("standby", "box_dr", None)
    ]
    return answer["run"], answer["children"][0]["run"]


def allow(small, run, target):
    assert small.hisops("answer", run, "change", target).returncode == 0
    assert small.hisops("approve", run, who="lead1").returncode == 0


def to_the_end(small):
    """Return the parent, and its two runs, all ended well."""
    parent, first = begin(small)
    allow(small, first, "box_dr")
    done = small.hisops("resume", parent, "--json")
    assert done.returncode == 10, done.stderr
    second = told(done)["children"][1]["run"]
    allow(small, second, "box")
    done = small.hisops("resume", parent, "--json")
    assert done.returncode == 0, done.stderr
    return parent, first, second


def test_standby_first_then_the_box_and_the_log_holds_both_heads(small):
    parent, first, second = to_the_end(small)
    assert (small_play.started(small, "standby"), small_play.started(small, "database")) == (1, 1)
    checked = small.hisops("log", "verify", parent, "--json")
    assert checked.returncode == 0, checked.stdout
    notes = checked.stdout.count("its HEAD is the one named here")
    assert notes >= 2
    assert small.hisops("log", "verify", first).returncode == 0

    head = small.site / "logs/runs" / second / "HEAD"
    head.rename(head.with_name("HEAD.away"))
    assert small.hisops("log", "verify", parent).returncode == 20
    head.with_name("HEAD.away").rename(head)
    segment = small.site / "logs/runs" / first / "seg-0001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"change", b"chance", 1))
    failed = small.hisops("log", "verify", parent)
    assert failed.returncode == 20
    assert first in failed.stdout


def test_kill_dash_nine_while_the_tool_of_a_run_works(small):
    parent, first = begin(small)
    allow(small, first, "box_dr")
    far = small.folder.with_name("standby")
    (far / "wait").touch()
    process = subprocess.Popen(small.command("resume", parent), env=small.environment(), stdin=subprocess.DEVNULL)
    wait_for(lambda: small_play.started(small, "standby") == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (far / "wait").unlink()
    done = small.hisops("resume", parent, "--json")
    assert done.returncode == 10, done.stderr
    adopted = told(done)["children"][0]
    assert (adopted["run"], adopted["state"]) == (first, "SUCCEEDED")
    assert small_play.started(small, "standby") == 1


def test_a_run_that_somebody_brought_to_its_end_alone_is_adopted(small):
    parent, first = begin(small)
    assert small.hisops("cancel", first, "--reason", "not tonight").returncode == 1
    done = small.hisops("resume", parent, "--json")
    assert done.returncode == 3, done.stderr
    answer = told(done)
    assert [(each["run"], each["state"]) for each in answer["children"]] == [(first, "CANCELLED")]
    assert [(each["id"], each["state"]) for each in answer["steps"]] == [("standby", "FAILED"), ("box", "SKIPPED")]
    assert small.hisops("log", "verify", parent).returncode == 0


def test_a_round_visits_each_database_and_counts_what_is_not_as_it_should_be(small):
    (small.folder.with_name("standby") / "mode").write_text("odd\n")
    saved = small.folder.with_name("round.plan")
    plan = small.hisops("play", "round", "-o", str(saved), "--json")
    assert plan.returncode == 0, plan.stderr
    assert [warning["step"] for warning in told(plan)["warnings"]] == ["look-box-dr"]
    done = small.hisops("run", str(saved), "--json")
    assert done.returncode == 13, done.stderr
    answer = told(done)
    assert [(each["step"], each["exit"]) for each in answer["children"]] == [("look-box", 0), ("look-box-dr", 13)]
    assert [(each["kind"], each["step"]) for each in answer["deviations"]] == [("child", "look-box-dr")]


def test_a_runbook_that_changed_since_the_play_was_planned_is_refused(small):
    saved = small.folder.with_name("night.plan")
    assert small.hisops("play", "night", "-t", "box", "-o", str(saved)).returncode == 0
    path = small.site / "runbooks/files/three-steps.yaml"
    path.write_text(path.read_text().replace("timeout: 10m", "timeout: 20m"))
    refused = small.hisops("run", str(saved))
    assert refused.returncode == 3
    assert "files/three-steps is not what the library holds now" in " ".join(refused.stderr.split())
    assert small.hisops("play", "night").returncode == 2
    assert "playbooks/nigt" in small.hisops("play", "nigt", "-t", "box").stderr


def test_steering_a_playbook_reaches_the_run_that_it_is_at(small):
    parent, first = begin(small)
    allow(small, first, "box_dr")
    far = small.folder.with_name("standby")
    (far / "wait").touch()
    process = subprocess.Popen(small.command("resume", parent), env=small.environment(), stdin=subprocess.DEVNULL)
    wait_for(lambda: small_play.started(small, "standby") == 1)
    assert small.hisops("kill", parent, "box").returncode == 2  # that is not where the tool is
    asked = small.hisops("pause", parent, "--reason", "a call", "--wait", "0", "--json")
    assert (asked.returncode, told(asked)["state"]) == (14, "RUNNING")
    (far / "wait").unlink()
    assert process.wait(240) == 14
    assert told(small.hisops("status", parent, "--json"))["state"] == "PAUSED"
    assert told(small.hisops("status", first, "--json"))["reason"] == "paused by dba1@hospital: a call"
    done = small.hisops("resume", parent, "--json")
    assert done.returncode == 10, done.stderr  # the next run waits at its own gate
    assert small_play.started(small, "standby") == 1
