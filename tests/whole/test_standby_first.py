"""A night with a standby: its home first, then the primary's, datapatch once; and a night on which the first fails."""

import json
import subprocess

import pytest

from tests.support.lab_site import STANDBY_FIRST

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

STANDBY = "his-db2"


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


def inspection_of(lab, target):
    """Inspect a database; return the state of each step."""
    lab.target = target
    path = str(lab.site / "inspection.plan")
    planned = lab.hisops("plan", "oracle/inspection", "-t", target, "-o", path)
    assert planned.returncode == 0, text_of(planned)
    done = lab.hisops("run", path, "--json")
    assert done.returncode in {0, 13}, text_of(done)
    return steps_of(done)


def inspected(lab, target):
    """Inspect a database; return the ids of the steps that found something."""
    return {step for step, state in inspection_of(lab, target).items() if state == "FAILED"}


def test_the_standby_is_patched_before_its_primary_and_without_datapatch(lab):
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


def mount_only(lab):
    """Leave the standby mounted with redo apply, as where Active Data Guard is not licensed."""
    site = lab.site / "lab/hosts" / STANDBY
    home = site / "u01/app/oracle/product/19.0.0/dbhome_1"
    words = "connect / as sysdba\nshutdown immediate\nstartup mount\nalter system register;\n" \
        "alter database recover managed standby database disconnect;\n"  # fmt: skip
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(site / "home/oracle"), "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8"}
    environment |= {"ORACLE_HOME": str(home), "ORACLE_SID": "hisdr"}
    command = [str(home / "bin/sqlplus"), "-L", "-S", "/nolog"]
    subprocess.run(command, input=words, env=environment, text=True, check=True, capture_output=True)


def log_in_as_sysdba(lab):
    path = lab.site / "site.yaml"
    before, name, after = path.read_text().partition("\n  his_dr:\n")
    path.write_text(before + name + after.replace("user: hisops", "user: sys\n      mode: sysdba", 1))


def test_a_mounted_standby_is_refused_to_whom_it_lets_not_in_and_stays_mounted(lab):
    mount_only(lab)
    refused = lab.plan(runbook=STANDBY_FIRST, target="his_dr")
    assert refused.returncode == 3, text_of(refused)
    assert "only sysdba, sysbackup or sysdg" in " ".join(refused.stderr.split())
    log_in_as_sysdba(lab)
    done = lab.go_on(lab.start(STANDBY_FIRST, "his_dr"))
    assert done.returncode == 0, text_of(done)
    assert steps_of(done)["open-standby"] == "SKIPPED"
    state = state_of_standby(lab)
    assert (state["open_mode"], state["version"], state["standby"]["mrp"]) == ("MOUNTED", "19.27.0.0.0", True)
    skipped = {step for step, state in inspection_of(lab, "his_dr").items() if state == "SKIPPED"}
    assert {"invalid-objects", "tablespaces", "registry"} <= skipped
    verified(lab)


def test_an_error_in_the_alert_log_holds_the_run_and_undo_takes_every_step_back(lab):
    waiting = lab.go_on(lab.start(STANDBY_FIRST, "his_dr"), until=lambda step: step == "stop-apply")
    base = lab.site / "lab/hosts" / STANDBY / "u01/app/oracle"
    with (base / "diag/rdbms/his_dr/hisdr/trace/alert_hisdr.log").open("a") as log:
        log.write("ORA-00600: internal error code, arguments: [kcratr_nab_less_than_odr]\n")
    held = lab.go_on(waiting)
    assert held.returncode == 11, text_of(held)
    assert steps_of(held)["alert-scan"] == "FAILED"
    run = json.loads(held.stdout)["run"]
    undone = lab.hisops("undo", run, "--to", "stop-apply", "--json")
    assert undone.returncode == 14, text_of(undone)
    chain = ["start-apply", "open-standby", "start-database", "start-listener", "apply", "stop-listener"]
    assert {step: steps_of(undone)[step] for step in [*chain, "stop-database", "stop-apply"]} == dict.fromkeys(
        [*chain, "stop-database", "stop-apply"], "UNDONE"
    )
    assert len(starts(lab, "opatch", "rollback")) == 1
    state = state_of_standby(lab)
    assert (state["open_mode"], state["version"], state["standby"]["mrp"]) == (
        "READ ONLY WITH APPLY", "19.26.0.0.0", True,
    )  # fmt: skip
    cancelled = lab.hisops("cancel", run, "--reason", "the alert log is looked at first")
    assert cancelled.returncode == 1, text_of(cancelled)
    verified(lab)
