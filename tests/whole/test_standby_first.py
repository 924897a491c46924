"""A night with a standby: its home first, then the primary's, datapatch once; and a night on which the first fails."""

import json

import pytest

from tests.support import lab_site
from tests.support.lab_site import STANDBY_FIRST

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

STANDBY = "his-db2"


@pytest.fixture(scope="module")
def running_lab(tmp_path_factory):
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    yield started
    lab_site.down(started)


@pytest.fixture
def lab(running_lab):
    running_lab.forget()
    running_lab.fault("standby-behind")
    return running_lab


def text_of(done):
    return done.stdout + done.stderr


def verified(lab):
    done = lab.hisops("log", "verify", lab.status()["run"])
    assert done.returncode == 0, text_of(done)


def state_of_standby(lab):
    return json.loads((lab.site / "lab/state/his_dr.json").read_text())


def starts(lab, tool, *words, host=STANDBY):
    return [start for start in lab.tools(tool, *words) if start["host"] == host]


def steps_of(done):
    return {step["id"]: step["state"] for step in json.loads(done.stdout)["steps"]}


def inspected(lab, target):
    """Inspect a database; return the ids of the steps that found something."""
    lab.target = target
    path = str(lab.site / "inspection.plan")
    planned = lab.hisops("plan", "oracle/inspection", "-t", target, "-o", path)
    assert planned.returncode == 0, text_of(planned)
    done = lab.hisops("run", path, "--json")
    assert done.returncode in {0, 13}, text_of(done)
    return {step for step, state in steps_of(done).items() if state == "FAILED"}


def test_the_standby_first_then_the_primary_and_datapatch_once(lab):
    refused = lab.plan()
    assert refused.returncode == 3, "the primary must not run a higher home than its standby"
    done = lab.go_on(lab.start(STANDBY_FIRST, "his_dr"))
    assert done.returncode == 0, text_of(done)
    verified(lab)
    assert len(starts(lab, "opatch", "apply")) == 1
    assert lab.tools("datapatch") == []
    state = state_of_standby(lab)
    assert (state["open_mode"], state["version"], state["standby"]["mrp"]) == (
        "READ ONLY WITH APPLY", "19.27.0.0.0", True,
    )  # fmt: skip
    assert inspected(lab, "his_dr") == {"sql-part-missing"}, "the days between the two nights"
    done = lab.go_on(lab.start())
    assert done.returncode == 0, text_of(done)
    verified(lab)
    assert [start["host"] for start in lab.tools("datapatch")] == ["his-db1"]
    assert inspected(lab, "his_dr") == set()


def test_a_full_disk_on_the_standby_is_undone_until_redo_is_applied_again(lab):
    lab.fault("disk-full-apply")
    done = lab.go_on(lab.start(STANDBY_FIRST, "his_dr"))
    assert done.returncode == 12, text_of(done)
    verified(lab)
    state = state_of_standby(lab)
    assert (state["open_mode"], state["version"], state["standby"]["mrp"]) == (
        "READ ONLY WITH APPLY", "19.26.0.0.0", True,
    )  # fmt: skip
    assert {pdb["name"]: pdb["open_mode"] for pdb in state["pdbs"]} == dict.fromkeys(
        ["PDB$SEED", "HISPDB", "LISPDB"], "READ ONLY"
    )
    assert steps_of(done)["stop-apply"] == "UNDONE"
