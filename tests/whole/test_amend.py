"""A runbook that changes under a run that waits: refused with the difference; gone on with over two signatures."""

import json
import subprocess

import pytest

from tests.support import sshd
from tests.whole.test_skeleton import newest, planned

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]


def waiting(small):
    """Return a run that waits at the gate of `change`, with the target's name given already."""
    assert small.hisops("run", planned(small)).returncode == 10
    run = newest(small)
    assert small.hisops("answer", run, "change", "box").returncode == 0
    assert small.hisops("resume", run).returncode == 10
    return run


def edit(small, old, new):
    path = small.site / "runbooks/files/three-steps.yaml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def longer(small):
    edit(small, "timeout: 10m", "timeout: 20m")


def test_resume_refuses_and_shows_what_changed(small):
    run = waiting(small)
    longer(small)
    refused = small.hisops("resume", run)
    assert refused.returncode == 3
    assert "-timeout: 10m" in refused.stdout
    assert "+timeout: 20m" in refused.stdout
    assert "hisops amend" in " ".join(refused.stderr.split())
    told = json.loads(small.hisops("resume", run, "--json").stdout)["error"]
    assert told["code"] == "HIS-6701"
    assert "+timeout: 20m" in told["difference"]
    assert len(list((small.site / "logs/runs" / run).glob("seg-*"))) == 2, "a refusal opens no segment"


def test_with_the_old_file_back_it_goes_on_as_if_nothing_had_been(small):
    run = waiting(small)
    longer(small)
    assert small.hisops("resume", run).returncode == 3
    edit(small, "timeout: 20m", "timeout: 10m")
    assert small.hisops("approve", run, who="lead1").returncode == 0
    done = small.hisops("resume", run)
    assert done.returncode == 0, done.stderr


def test_two_signatures_carry_the_run_on_with_the_new_text(small):
    run = waiting(small)
    edit(small, 'echo "working in $FOLDER"', 'echo "working anew in $FOLDER"')
    asked = small.hisops("amend", run, "--reason", "the old words mislead", "--json")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["role"] == "dba_lead"
    refused = small.hisops("resume", run)
    assert refused.returncode == 3
    assert "dba_lead" in " ".join(refused.stderr.split())
    for who in ("dba1", "dba2"):
        assert small.hisops("approve", run, who=who).returncode == 4
    agreed = small.hisops("approve", run, "--json", who="lead1")
    assert json.loads(agreed.stdout)["of"] == "amendment"
    # What was answered before was an answer to another gate.
    assert small.hisops("resume", run).returncode == 10
    waits = json.loads(small.hisops("status", "--json").stdout)["waits"]
    assert waits == [{"step": "change", "parts": ["type_target", "approve-1"], "role": "dba_lead"}]
    assert small.hisops("answer", run, "change", "box").returncode == 0
    assert small.hisops("approve", run, who="lead1").returncode == 0
    done = small.hisops("resume", run, "--json")
    assert done.returncode == 13, done.stderr
    (deviation,) = json.loads(done.stdout)["deviations"]
    assert (deviation["kind"], deviation["by"]) == ("amend", "dba1@hospital")
    assert "approved by lead1@hospital: the old words mislead" in deviation["reason"]
    shown = small.hisops("log", "show", run, "--step", "change").stdout
    assert "working anew in" in shown
    checked = small.hisops("log", "verify", run, "--json")
    assert checked.returncode == 0, checked.stdout
    assert "was amended" in checked.stdout
    assert small.started() == 1


def test_an_amendment_that_touches_what_was_done_is_refused(small):
    run = waiting(small)
    edit(small, "title: {zh: 查看, en: Look}", "title: {zh: 查看, en: Look closer}")
    refused = small.hisops("amend", run, "--reason", "x")
    assert refused.returncode == 3
    assert "step look has begun, and its text changed" in " ".join(refused.stderr.split())
    refused = small.hisops("resume", run)
    assert refused.returncode == 3
    assert "Put the old file back" in " ".join(refused.stderr.split())


def test_a_change_after_the_signatures_needs_new_ones(small):
    run = waiting(small)
    longer(small)
    assert small.hisops("amend", run).returncode == 0
    assert small.hisops("approve", run, who="lead1").returncode == 0
    edit(small, "timeout: 20m", "timeout: 30m")
    refused = small.hisops("resume", run)
    assert refused.returncode == 3
    assert "-timeout: 10m" in refused.stdout
    assert "+timeout: 30m" in refused.stdout
    edit(small, "timeout: 30m", "timeout: 20m")
    assert small.hisops("resume", run).returncode == 10


def test_the_second_signature_comes_from_elsewhere_by_stock_ssh_keygen_alone(small):
    run = waiting(small)
    longer(small)
    assert small.hisops("amend", run, "--reason", "slow disks").returncode == 0
    assert run in small.hisops("approvals").stdout
    text = small.folder.with_name("amendment.txt")
    asked = small.hisops("approvals", "request", run, "-o", str(text))
    assert asked.returncode == 0, asked.stderr
    assert "+timeout: 20m" in text.read_text()
    key = small.site / "people/lead1/id_ed25519"
    subprocess.run(["ssh-keygen", "-Y", "sign", "-n", "approve.v1@hisops", "-f", str(key), str(text)], check=True)
    taken = small.hisops("approvals", "take", str(text), f"{text}.sig")
    assert taken.returncode == 0, taken.stderr
    assert small.hisops("resume", run).returncode == 10
    assert "the runbook was amended by dba1@hospital" in " ".join(small.hisops("log", "show", run).stdout.split())


def test_a_run_can_be_cancelled_whatever_became_of_its_runbook(small):
    run = waiting(small)
    longer(small)
    cancelled = small.hisops("cancel", run, "--reason", "not like this")
    assert cancelled.returncode == 1, cancelled.stderr
    assert small.started() == 0


def test_nothing_changed_nothing_to_amend(small):
    refused = small.hisops("amend", waiting(small))
    assert refused.returncode == 2
    assert "HIS-6702" in " ".join(refused.stderr.split())
