"""The inspection of a database in the lab: what it finds, and that it changes nothing."""

import json
from datetime import UTC, datetime

import pytest

from hisops.lab.state import Store
from tests.support import lab_site

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

FAULTS = {
    "tablespace-full": "tablespaces", "failed-job": "failed-jobs", "pdb-mounted": "pdbs", "smoke-red": "smoke",
    "standby-lag": "standby-lag",
}  # fmt: skip
FRESH = {"standby-home"}  # one release update ahead, as between two nights


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    yield started
    lab_site.down(started)


def inspect(lab, *values):
    path = str(lab.site / "inspection.plan")
    planned = lab.hisops("plan", "oracle/inspection", "-t", "his", *values, "-o", path)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    done = lab.hisops("run", path, "--json")
    answer = json.loads(done.stdout)
    assert answer["state"] in {"SUCCEEDED", "SUCCEEDED_WITH_EXCEPTIONS"}, done.stderr
    return done.returncode, {step["id"]: step for step in answer["steps"] if step["state"] == "FAILED"}, answer["run"]


def bring_back_an_older_home(lab):
    """Leave the home as it is, and the dictionary at an update that it lacks."""
    with Store(lab.site / "lab/state").change("his") as state:
        newest = state["sqlpatch"][0]
        newer = {"patch_id": 37642901, "action_time": datetime.now(UTC).isoformat()}
        state["sqlpatch"] += [newest | newer | {"con": con} for con in ("CDB$ROOT", "PDB$SEED", "HISPDB", "LISPDB")]


def test_every_finding_is_listed_and_nothing_is_changed(lab):
    before = {path.name: path.read_text() for path in (lab.site / "lab/state").glob("his*.json")}
    code, found, run = inspect(lab)
    assert (code, set(found)) == (13, FRESH)
    assert "37642901" in found["standby-home"]["reason"]
    assert {path.name: path.read_text() for path in (lab.site / "lab/state").glob("his*.json")} == before
    assert not lab.tools("rman")
    assert not lab.tools("datapatch")
    verified = lab.hisops("log", "verify", run)
    assert verified.returncode == 0, verified.stdout
    for fault in FAULTS:
        lab.fault(fault)
    bring_back_an_older_home(lab)
    code, found, _ = inspect(lab)
    assert (code, set(found)) == (13, FRESH | set(FAULTS.values()) | {"home-behind-dictionary"})
    assert "HISDATA" in json.dumps(found["tablespaces"]) or "used_percent" in found["tablespaces"]["reason"]
    lab.forget()


def test_a_site_may_give_its_own_thresholds(lab):
    code, found, _ = inspect(lab, "-p", "max_used_percent=65", "-p", "max_lag_minutes=90")
    assert (code, set(found)) == (13, FRESH | {"tablespaces"})
