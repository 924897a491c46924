"""The whole path over the system's own sshd: plan, gate, detached step, kill -9, resume, signed log, stock check."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hisops.canonical import digest_of
from tests.support import small_site, sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]


def newest(small):
    run: str = json.loads(small.hisops("status", "--json").stdout)["run"]
    return run


def planned(small):
    path = small.folder.parent / "p.plan"
    done = small.hisops("plan", "files/three-steps", "-t", "box", "-o", str(path))
    assert done.returncode == 0, done.stderr
    return str(path)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def start_running(small, path):
    """Start `hisops run`, with everything approved, and return the process once the tool runs."""
    assert small.hisops("approve", path, who="lead1").returncode == 0
    assert small.hisops("run", path).returncode == 10
    run = newest(small)
    assert small.hisops("answer", run, "change", "box").returncode == 0
    (small.folder / "wait").touch()
    process = subprocess.Popen(small.command("resume", run), env=small.environment(), stdin=subprocess.DEVNULL)
    wait_for(lambda: small.started() == 1)
    return run, process


def test_a_plan_approved_by_day_is_carried_out_and_sealed(small):
    path = planned(small)
    assert small.hisops("approve", path, who="lead1").returncode == 0
    assert small.hisops("run", path).returncode == 10
    run = newest(small)
    assert small.hisops("answer", run, "change", "box").returncode == 0
    done = small.hisops("resume", run)
    assert done.returncode == 0, done.stderr
    assert small.started() == 1
    assert (small.folder / "mode").read_text() == "changed\n"
    assert (small.site / "logs/runs" / run / "HEAD").exists()


def test_head_verifies_with_stock_tools_alone(small):
    test_a_plan_approved_by_day_is_carried_out_and_sealed(small)
    folder = small.site / "logs/runs" / newest(small)
    check = ["ssh-keygen", "-Y", "verify", "-f", str(small.site / "trust/allowed_signers"), "-n", "run.v1@hisops"]
    with (folder / "HEAD").open("rb") as head:
        good = subprocess.run(
            [*check, "-I", "dba1@hospital", "-s", str(folder / "HEAD.sig")], stdin=head, capture_output=True, text=True
        )
    assert good.returncode == 0, good.stderr
    with (folder / "HEAD").open("rb") as head:
        other = subprocess.run([*check, "-I", "dba2@hospital", "-s", str(folder / "HEAD.sig")], stdin=head)
    assert other.returncode != 0


def test_kill_dash_nine_while_the_tool_runs(small):
    run, process = start_running(small, planned(small))
    process.send_signal(signal.SIGKILL)
    process.wait()
    (small.folder / "wait").unlink()
    done = small.hisops("resume", run)
    assert done.returncode == 0, done.stderr
    assert small.started() == 1
    segments = sorted(path.name for path in (small.site / "logs/runs" / run).glob("seg-*.jsonl"))
    assert segments == ["seg-0001.jsonl", "seg-0002.jsonl", "seg-0003.jsonl"]


def test_a_cut_link_is_re_attached_without_a_second_start(small, server):
    _, process = start_running(small, planned(small))
    server.cut()
    time.sleep(0.5)
    (small.folder / "wait").unlink()
    assert process.wait(60) == 0
    assert small.started() == 1


def test_two_runs_at_once_the_second_names_the_first(small, tmp_path, server):
    (tmp_path / "other").mkdir()
    other = small_site.make(tmp_path / "other", server)
    (other.folder / "name").write_text((small.folder / "name").read_text())
    run, process = start_running(small, planned(small))
    refused = other.hisops("run", planned(other))
    assert refused.returncode == 5
    assert f"is held by run {run}" in " ".join(refused.stderr.split())
    (small.folder / "wait").unlink()
    assert process.wait(60) == 0
    assert other.started() == 0


def test_a_wrong_answer_is_refused_before_it_is_signed(small):
    path = planned(small)
    assert small.hisops("run", path).returncode == 10
    refused = small.hisops("answer", newest(small), "change", "bax")
    assert refused.returncode == 2
    assert "HIS-4202" in refused.stderr


@pytest.mark.parametrize("who", ["dba1", "dba2"])
def test_neither_the_requester_nor_the_wrong_role_can_approve(small, who):
    path = planned(small)
    refused = small.hisops("approve", path, who=who)
    assert refused.returncode == 4
    assert "HIS-4205" in refused.stderr


def test_a_plan_is_stale_when_the_target_has_moved(small):
    path = planned(small)
    (small.folder / "mode").write_text("moved\n")
    refused = small.hisops("run", path)
    assert refused.returncode == 3
    assert "mode.mode was plain, is moved" in refused.stderr
    assert not (small.site / "logs/runs").exists()


def test_an_edited_plan_or_runbook_is_refused(small):
    path = planned(small)
    document = json.loads(Path(path).read_text())
    del document["runbook"]["steps"][1]["gate"]
    edited = small.folder.parent / "edited.plan"
    edited.write_text(json.dumps(document))
    refused = small.hisops("run", str(edited))
    assert refused.returncode == 3
    assert "HIS-6305" in refused.stderr
    document["digest"] = digest_of({name: value for name, value in document.items() if name != "digest"})
    edited.write_text(json.dumps(document))
    refused = small.hisops("run", str(edited))
    assert refused.returncode == 3
    assert "files/three-steps" in refused.stderr
    judge = small.site / "runbooks/judges/files.yaml"
    judge.write_text(judge.read_text().replace("^work failed", "^work broke"))
    refused = small.hisops("run", path)
    assert refused.returncode == 3
    assert "judges/files" in refused.stderr
    assert small.started() == 0


def test_a_plan_approved_once_serves_one_run(small):
    path = planned(small)
    assert small.hisops("approve", path, who="lead1").returncode == 0
    assert small.hisops("run", path).returncode == 10
    first = newest(small)
    assert small.hisops("cancel", first, "--reason", "not tonight").returncode == 1
    assert small.hisops("run", path).returncode == 10
    second = newest(small)
    assert second != first
    assert small.hisops("answer", second, "change", "box").returncode == 0
    assert small.hisops("resume", second).returncode == 10
    assert small.started() == 0


def test_an_unknown_host_key_is_refused(small):
    (small.site / "known_hosts").write_text("")
    refused = small.hisops("plan", "files/three-steps", "-t", "box")
    assert refused.returncode == 3
    assert "key" in refused.stderr
