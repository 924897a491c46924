"""What doctor is told of a folder of operations that cannot be trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hisops.adapters.inspection import inspect_ops
from hisops.adapters.local import LocalCarrier
from hisops.adapters.shell_host import ShellHost


@pytest.fixture
def host(shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShellHost:
    monkeypatch.setenv("HOME", str(tmp_path))
    return ShellHost("db1", LocalCarrier(), shell=shell)


def _codes(host: ShellHost, boot_file: str | None = None) -> list[str]:
    findings = inspect_ops(host, None, boot_file)
    assert not any("{" in str(finding) + finding.advice for finding in findings)
    return [finding.code for finding in findings if finding.code != "HIS-3050"]


def test_a_sound_home_has_no_findings(host: ShellHost, tmp_path: Path) -> None:
    assert _codes(host) == []
    assert not (tmp_path / ".hisops").exists(), "looking changes nothing"
    host.prepare(None)
    assert _codes(host) == []


def test_folders_that_everybody_may_write_to_are_named(host: ShellHost, tmp_path: Path) -> None:
    host.prepare(None)
    tmp_path.chmod(0o777)
    (tmp_path / ".hisops").chmod(0o1777)
    findings = [finding for finding in inspect_ops(host, None) if finding.code == "HIS-3052"]
    assert [finding.values["detail"] for finding in findings] == [str(tmp_path / ".hisops"), str(tmp_path)]


def test_memory_is_no_disk(host: ShellHost, monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("there is no /dev/shm")
    monkeypatch.setenv("HOME", "/dev/shm")
    assert "HIS-3050" in [finding.code for finding in inspect_ops(host, None)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_is_told(host: ShellHost, tmp_path: Path) -> None:
    host.prepare(None)
    os.chown(tmp_path / ".hisops" / "ops", 65534, -1)
    assert _codes(host) == ["HIS-3053"]


def test_missing_means_are_told(host: ShellHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("ls", "id", "stat", "grep", "head", "nohup", "printf"):
        for folder in ("/usr/bin", "/bin"):
            if Path(folder, name).exists() and not (tools / name).exists():
                (tools / name).symlink_to(Path(folder, name))
    monkeypatch.setenv("PATH", str(tools))
    assert _codes(host, str(tmp_path / "no-boot-file")) == ["HIS-3012", "HIS-3014"]
