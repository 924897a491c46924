"""A standby without Active Data Guard: it lets in only who comes as SYSDBA, and stays mounted when it is patched."""

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
