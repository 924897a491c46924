from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import hisops
from hisops.errors import UsageProblem
from hisops.lab import control
from hisops.model.roster import Roster
from hisops.model.site import Site
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab


def read(path: Path) -> object:
    return YAML(typ="safe").load(path.read_text())


def test_the_site_is_one_that_the_model_accepts(shared_lab: Rehearsal) -> None:
    site = Site.model_validate(read(shared_lab.directory / "site.yaml"))
    assert site.simulation
    assert site.databases["his"].standby == "his_dr"
    assert site.hosts["his-db1"].roles["owner"].via == "sudo"
    assert site.hosts["his-db2"].roles["owner"].via == "none"
    assert Path(str(site.hosts["his-db1"].boot_id_file)).exists()
    assert site.databases["his"].scratch == "his_rt"
    assert site.hosts[site.databases["his_rt"].host].kind == "scratch"
    roster = Roster.model_validate(read(shared_lab.directory / "trust" / "roster.yaml"))
    assert roster.roles_of("lead1@hospital") == ("dba_lead",)


def test_every_person_may_certify_and_sign_but_only_in_hisops_namespaces(shared_lab: Rehearsal) -> None:
    lines = (shared_lab.directory / "trust" / "allowed_signers").read_text().splitlines()
    assert len(lines) == 10
    assert sum("cert-authority" in line for line in lines) == 5
    assert all('valid-after="' in line and 'Z"' in line and "*" not in line for line in lines)
    assert all('namespaces="' in line for line in lines)


def test_stock_ssh_keygen_accepts_what_a_person_of_the_lab_signs(shared_lab: Rehearsal, tmp_path: Path) -> None:
    text = tmp_path / "statement"
    text.write_text("approved\n")
    key = shared_lab.directory / "people" / "lead1" / "id_ed25519"
    subprocess.run(["ssh-keygen", "-Y", "sign", "-f", key, "-n", "approve.v1@hisops", text], check=True)
    signers = shared_lab.directory / "trust" / "allowed_signers"
    check = ["ssh-keygen", "-Y", "verify", "-f", signers, "-n", "approve.v1@hisops", "-s", f"{text}.sig"]
    assert subprocess.run([*check, "-I", "lead1@hospital"], stdin=text.open()).returncode == 0
    assert subprocess.run([*check, "-I", "dba1@hospital"], stdin=text.open()).returncode != 0


def test_what_is_copied_to_the_storage_is_seen_from_every_host(lab: Rehearsal) -> None:
    (lab.layout.machine("his-db1").nas / "copy").write_text("piece")
    assert lab.run(f"cat {lab.layout.machine('his-rt1').nas}/copy", host="his-rt1").out == "piece"
    control.reset(lab.directory)
    assert not (lab.layout.machine("his-db2").nas / "copy").exists()


def test_the_scratch_host_has_a_home_and_no_database(shared_lab: Rehearsal) -> None:
    state = shared_lab.store.read("his_rt")
    assert (state["status"], state["datafiles"], state["pdbs"]) == ("DOWN", [], [])
    home = shared_lab.layout.machine("his-rt1").oracle_home
    assert not list((home / "dbs").glob("spfile*"))
    script = f"ORACLE_HOME='{home}' ORACLE_SID=hisrt '{home}/bin/rman' target / <<X\nlist backup;\nX\n"
    said = shared_lab.run(script, host="his-rt1").out
    assert "connected to target database (not started)" in said
    assert shared_lab.run("hostname", host="his-rt1").out == "his-rt1\n"


def test_secrets_are_for_their_owner_alone(shared_lab: Rehearsal) -> None:
    secret = shared_lab.directory / "secrets" / "his_password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700


def test_up_twice_is_one_lab(shared_lab: Rehearsal) -> None:
    first = control.status(shared_lab.directory)
    again = control.up(shared_lab.directory)
    assert (again.pid, again.ports) == (first.pid, first.ports)


def test_down_leaves_no_process_and_up_brings_the_same_lab_back(tmp_path: Path) -> None:
    info = control.up(tmp_path / "lab", pace=0.02)
    control.set_fault(tmp_path / "lab", "smoke-red", True)
    assert not control.down(tmp_path / "lab").running
    assert not Path(f"/proc/{info.pid}").exists()
    leftovers = [pid for pid in os.listdir("/proc") if pid.isdigit() and str(tmp_path).encode() in _command(pid)]
    assert leftovers == []
    try:
        back = control.up(tmp_path / "lab")
        assert back.faults == ("smoke-red",)
        assert back.pid != info.pid
        assert str(back.ports["his-db1"]["ssh"]) in (tmp_path / "lab" / "known_hosts").read_text()
        assert f"port: {back.ports['his-db1']['ssh']}" in (tmp_path / "lab" / "site.yaml").read_text()
    finally:
        control.down(tmp_path / "lab")


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_reset_keeps_people_and_logs_and_forgets_the_rest(lab: Rehearsal) -> None:
    key = (lab.directory / "people" / "dba1" / "id_ed25519.pub").read_text()
    (lab.directory / "logs" / "kept").write_text("kept")
    password = (lab.directory / "secrets" / "his_password").read_text()
    control.set_fault(lab.directory, "pdb-mounted", True)
    lab.oracle('rm "$ORACLE_HOME/bin/oracle"')
    info = control.reset(lab.directory)
    assert info.running
    assert info.faults == ()
    assert (lab.directory / "people" / "dba1" / "id_ed25519.pub").read_text() == key
    assert (lab.directory / "logs" / "kept").exists()
    assert (lab.directory / "secrets" / "his_password").read_text() == password
    assert (lab.layout.machine("his-db1").oracle_home / "bin" / "oracle").exists()
    assert {pdb["open_mode"] for pdb in lab.store.read("his")["pdbs"]} == {"READ ONLY", "READ WRITE"}


def test_a_real_site_is_never_turned_into_a_lab(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("hisops: site/v1\n")
    with pytest.raises(UsageProblem, match="real site"):
        control.up(tmp_path)


def test_an_unknown_fault_is_named_and_the_known_ones_listed(shared_lab: Rehearsal) -> None:
    with pytest.raises(UsageProblem) as problem:
        control.set_fault(shared_lab.directory, "earthquake", True)
    assert "earthquake" in str(problem.value)
    assert "host-reboot" in problem.value.advice


def test_faults_are_told_in_both_languages() -> None:
    assert all(text.zh and text.en for text in control.FAULTS.values())


def test_the_lab_is_stopped_when_its_folder_is_deleted(tmp_path: Path) -> None:
    info = control.up(tmp_path / "lab", pace=0.02)
    (tmp_path / "lab" / "lab" / "server.pid").unlink()
    _wait_for_end(info.pid)


def _wait_for_end(pid: int | None) -> None:
    import time

    end = time.monotonic() + 15
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


ELSEWHERE = """
import json, os, sys
from pathlib import Path
from hisops.lab import control
directory = Path(sys.argv[1]) / "lab"
info = control.up(directory, pace=0.02)
control.reset(directory)
control.down(directory)
print(json.dumps({"uid": os.getuid(), "ports": sorted(info.ports)}))
"""


def _as_nobody(tmp_path: Path, *folders: Path) -> list[str]:
    """Return what makes root an ordinary user, who may read (the interpreter may lie in root's home) but not write."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("running as root without setpriv(1)")
    nobody = pwd.getpwnam("nobody")
    for folder in folders:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", "--"]


def test_an_ordinary_user_can_have_a_lab_and_nothing_outside_it_is_written(tmp_path: Path) -> None:
    home, place = tmp_path / "home", tmp_path / "place"
    for folder in (home, place):
        folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = str(Path(hisops.__file__).parent.parent)
    command = [*_as_nobody(tmp_path, home, place), sys.executable, "-c", ELSEWHERE, str(place)]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["uid"] != 0
    assert said["ports"] == ["his-db1", "his-db2", "his-rt1", "lis-db1"]
    assert list(home.iterdir()) == []
    assert [entry.name for entry in place.iterdir()] == ["lab"]


def test_missing_packages_are_named() -> None:
    with pytest.raises(UsageProblem, match="no_such_package_at_all"):
        control._refuse_missing_packages(("json", "no_such_package_at_all"))
