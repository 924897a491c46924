"""The shipped playbooks in the lab: a night of patching over primary and standby, and an inspection of both."""

import hashlib
import json

import pytest

from tests.support import lab_site
from tests.support.lab_site import GOOD

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    started.fault("standby-behind")
    yield started
    lab_site.down(started)


def text_of(done):
    return done.stdout + done.stderr


def planned(lab):
    archive = next((lab.site / "patches").glob(f"p{GOOD}*.zip"))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    values = {"patch": str(archive), "patch_sha256": digest, "patch_id": GOOD, "change": "CHG1182"}
    words = [word for name, value in values.items() for word in ("-p", f"{name}={value}")]
    path = str(lab.site / "night.plan")
    done = lab.hisops("play", "patch-night", "-t", "his", *words, "-o", path)
    assert done.returncode == 0, text_of(done)
    return done, path


def go_on(lab, done):
    """Answer the gates of whichever run waits, and resume the playbook, until it ends."""
    while done.returncode == 10:
        answer = json.loads(done.stdout)
        child = next(each for each in answer["children"] if each["state"] is None)
        lab.target = child["target"]
        status = json.loads(lab.hisops("status", child["run"], "--json").stdout)
        lab.answer(child["run"], status["waits"][0])
        done = lab.resume(answer["run"])
    return done


def test_standby_then_primary_then_datapatch_once(lab):
    plan, path = planned(lab)
    assert "unknown until standby" in plan.stdout
    done = go_on(lab, lab.hisops("run", path, "--json"))
    assert done.returncode == 0, text_of(done)
    answer = json.loads(done.stdout)
    assert [(each["target"], each["runbook"], each["exit"]) for each in answer["children"]] == [
        ("his_dr", "oracle/patch-standby", 0), ("his", "oracle/patch-apply", 0)
    ]  # fmt: skip
    assert [start["host"] for start in lab.tools("opatch", "apply")] == ["his-db2", "his-db1"]
    assert [start["host"] for start in lab.tools("datapatch")] == ["his-db1"]
    checked = lab.hisops("log", "verify", answer["run"])
    assert checked.returncode == 0, text_of(checked)
    assert all(each["run"] in checked.stdout for each in answer["children"])


def test_the_inspection_looks_at_every_database_and_at_no_scratch_instance(lab):
    path = str(lab.site / "inspection.plan")
    plan = lab.hisops("play", "quarterly-inspection", "-o", path)
    assert plan.returncode == 0, text_of(plan)
    done = lab.hisops("run", path, "--json")
    assert done.returncode in {0, 13}, text_of(done)
    answer = json.loads(done.stdout)
    looked_at = {each["target"]: each["exit"] in {0, 13} for each in answer["children"]}
    assert looked_at == dict.fromkeys(["his", "his_dr", "lis", "lis_new"], True)
    assert lab.hisops("log", "verify", answer["run"]).returncode == 0
