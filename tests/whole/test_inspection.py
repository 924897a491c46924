"""A home that was brought back from its files after a patch is behind the dictionary: what no scenario can play."""

import json
from datetime import UTC, datetime

import pytest

from hisops.lab.state import Store

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


def bring_back_an_older_home(lab):
    """Leave the home as it is, and the dictionary at an update that it lacks."""
    with Store(lab.site / "lab/state").change("his") as state:
        newest = state["sqlpatch"][0]
        newer = {"patch_id": 37642901, "action_time": datetime.now(UTC).isoformat()}
        state["sqlpatch"] += [newest | newer | {"con": con} for con in ("CDB$ROOT", "PDB$SEED", "HISPDB", "LISPDB")]


def test_a_home_behind_the_dictionary_is_found_and_nothing_is_changed(running_lab):
    bring_back_an_older_home(running_lab)
    before = {path.name: path.read_text() for path in (running_lab.site / "lab/state").glob("his*.json")}
    path = str(running_lab.site / "inspection.plan")
    planned = running_lab.hisops("plan", "oracle/inspection", "-t", "his", "-o", path)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    done = running_lab.hisops("run", path, "--json")
    assert done.returncode == 13, done.stderr
    found = {step["id"]: step for step in json.loads(done.stdout)["steps"] if step["state"] == "FAILED"}
    assert set(found) == {"standby-home", "home-behind-dictionary"}
    assert "37642901" in found["standby-home"]["reason"]
    assert {path.name: path.read_text() for path in (running_lab.site / "lab/state").glob("his*.json")} == before
