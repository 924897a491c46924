"""`hisops init`, `site`, `key`, `log` on a site of one's own, without any host."""

from __future__ import annotations

import json
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hisops.cli.founding import found_site
from hisops.cli.key import signers_lines
from hisops.journal.allowed_signers import parse_allowed_signers
from tests.cli.calling import hisops


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    assert hisops("init", folder).returncode == 0
    return folder


@pytest.fixture
def key(site: Path) -> Path:
    """A key that the site knows, without a passphrase."""
    path = site / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "dba1", "-f", str(path)], check=True)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    lines = signers_lines("dba1@hospital.example", Path(f"{path}.pub").read_text(), since)
    (site / "trust/allowed_signers").write_text("\n".join(lines) + "\n")
    return path


def test_a_new_site_is_sound_and_private_where_it_must_be(site: Path) -> None:
    done = hisops("--site", site, "site", "show", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["site"]["databases"]["his"]["host"] == "his-db1"
    assert stat.S_IMODE((site / "secrets").stat().st_mode) == 0o700
    assert not (site / "site.yaml").stat().st_mode & stat.S_IWGRP


def test_init_never_overwrites(site: Path) -> None:
    (site / "site.yaml").write_text("mine")
    (site / "trust/policy.yaml").unlink()
    written = dict(found_site(site))
    assert (site / "site.yaml").read_text() == "mine"
    assert written["site.yaml"] is False
    assert written["trust/policy.yaml"] is True
    assert "left as it is" in hisops("init", site).stdout


def test_site_show_speaks_chinese(site: Path) -> None:
    text = hisops("--site", site, "--lang", "zh", "site", "show").stdout
    assert "我的医院" in text
    assert "主机" in text


def test_no_site_is_one_clear_error(tmp_path: Path) -> None:
    done = hisops("site", "show", cwd=tmp_path)
    assert done.returncode == 2
    assert "hisops init" in done.stderr


def test_a_broken_site_names_the_place(site: Path) -> None:
    path = site / "site.yaml"
    path.write_text(path.read_text().replace("engine: oracle", "engin: oracle"))
    done = hisops("--site", site, "site", "show", "--json")
    assert done.returncode == 2
    assert f"{path}:" in done.stderr
    assert json.loads(done.stdout)["error"]["problems"]


def test_key_list_marks_yours(site: Path, key: Path) -> None:
    (row,) = json.loads(hisops("--site", site, "--key", key, "key", "list", "--json").stdout)["keys"]
    assert (row["principal"], row["yours"], row["roles"]) == ("dba1@hospital.example", True, ["dba"])


def test_the_lines_for_allowed_signers_are_such_that_the_trust_takes_them(key: Path, site: Path) -> None:
    first, second = parse_allowed_signers((site / "trust/allowed_signers").read_text())
    assert first.authority
    assert not second.authority
    assert first.namespaces | second.namespaces == {"run.v1@hisops", "ledger.v1@hisops", "approve.v1@hisops"}


def test_key_new_does_not_overwrite(site: Path, key: Path) -> None:
    done = hisops("key", "new", "dba1@hospital.example", "--file", key)
    assert done.returncode == 2
    assert "HIS-2907" in done.stderr


def test_doctor_says_what_to_do_in_single_lines(site: Path, key: Path) -> None:
    path = site / "site.yaml"
    path.write_text(path.read_text().replace("192.0.2.11", "127.0.0.1").replace("# port: 22", "port: 1"))
    done = hisops("--site", site, "--key", key, "doctor", "--json")
    checks = {check["subject"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert checks["ssh-keygen"]["state"] == "ok"
    assert checks["your key"]["state"] == "ok"
    assert checks["role dba_lead"]["state"] == "bad"
    assert checks["host his-db1"]["state"] == "bad"
    assert "sshd" in checks["host his-db1"]["todo"]
    assert all("\n" not in check["fact"] for check in checks.values())


def test_a_site_without_runs_has_an_empty_list(site: Path) -> None:
    assert json.loads(hisops("--site", site, "log", "list", "--json").stdout)["runs"] == []
    assert "no run yet" in hisops("--site", site, "log", "list").stdout


@pytest.mark.parametrize("arguments", [["log", "verify"], ["log", "verify", "abc", "--all"]])
def test_verify_wants_one_run_or_all(site: Path, arguments: list[str]) -> None:
    done = hisops("--site", site, *arguments)
    assert (done.returncode, "HIS-2910" in done.stderr) == (2, True)


def test_explain_knows_codes_and_exit_codes() -> None:
    assert "sudoers" in hisops("explain", "his-3010").stdout
    assert "held" in hisops("explain", "11").stdout
    assert hisops("explain", "HIS-0000").returncode == 2


def test_lab_faults_need_a_lab(tmp_path: Path) -> None:
    done = hisops("lab", "fault", "conflict", "--dir", tmp_path)
    assert done.returncode == 2
    assert "hisops lab up" in done.stderr
    assert "conflict" in hisops("lab", "fault", "--dir", tmp_path).stdout
