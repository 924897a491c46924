"""Secrets by reference: where each comes from, and when it is refused."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from hisops.adapters.vault import SiteVault
from hisops.errors import IdentityRefused
from hisops.model.site import Site


def vault(folder: Path, **secrets: dict[str, object]) -> SiteVault:
    title = {"zh": "医院", "en": "Hospital"}
    site = Site(
        hisops="site/v1",
        name="demo",
        title=title,  # type: ignore[arg-type]
        origin="hospital.cn/demo",
        hosts={},
        databases={},
        secrets=secrets,  # type: ignore[arg-type]
    )
    return SiteVault(site, folder)


def refusal(made: SiteVault, name: str = "p") -> str:
    with pytest.raises(IdentityRefused) as caught:
        made.get(name)
    assert "{" not in str(caught.value) + caught.value.advice
    return caught.value.code


def test_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = vault(tmp_path, p={"env": "HIS_PASSWORD"})
    assert refusal(made) == "HIS-3042"
    monkeypatch.setenv("HIS_PASSWORD", "s3cret ")
    assert made.get("p").reveal() == "s3cret "
    assert made.source("p") == "environment variable HIS_PASSWORD"


def test_from_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "p"
    made = vault(tmp_path, p={"file": "secrets/p"})
    assert refusal(made) == "HIS-3043"
    file.parent.mkdir()
    file.write_text("s3cret 中\n")
    file.chmod(0o600)
    assert made.get("p").reveal() == "s3cret 中"
    assert made.source("p") == f"file {file}"
    file.chmod(0o400)
    assert made.get("p").reveal() == "s3cret 中"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700, 0o644])
def test_an_open_file_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "p").write_text("s3cret")
    (tmp_path / "p").chmod(mode)
    assert refusal(vault(tmp_path, p={"file": "p"})) == "HIS-3046"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("s3cret")
    (tmp_path / "p").chmod(0o600)
    os.chown(tmp_path / "p", 65534, -1)
    assert refusal(vault(tmp_path, p={"file": "p"})) == "HIS-3046"


class MemoryKeyring(KeyringBackend):
    """A keyring of this test."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries = {("hisops/demo", "his"): "s3cret"}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


def test_from_a_keyring(tmp_path: Path) -> None:
    made = vault(tmp_path, p={"keyring": "his"}, q={"keyring": "other"})
    before = keyring.get_keyring()
    try:
        keyring.set_keyring(MemoryKeyring())
        assert made.get("p").reveal() == "s3cret"
        assert refusal(made, "q") == "HIS-3044"
        keyring.set_keyring(NoKeyring())
        assert refusal(made) == "HIS-3044"
    finally:
        keyring.set_keyring(before)
    assert made.source("p") == "keyring entry his of hisops/demo"


def test_typed_only_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = vault(tmp_path, p={"prompt": True})
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert refusal(made) == "HIS-3045"


def test_typed_once_and_not_shown(tmp_path: Path) -> None:
    script = (
        "from tests.adapters.test_vault import vault\nfrom pathlib import Path\n"
        f"made = vault(Path({str(tmp_path)!r}), p={{'prompt': True}})\n"
        "assert made.get('p').reveal() == made.get('p').reveal() == 's3cret'\nprint('it was right')\n"
    )
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        path = os.pathsep.join(["src", "."])
        os.execve(sys.executable, [sys.executable, "-c", script], {**os.environ, "PYTHONPATH": path})
    shown = _until(terminal, b"p: ")
    os.write(terminal, b"s3cret\n")
    shown += _until(terminal, b"right")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"s3cret" not in shown


def _until(terminal: int, words: bytes) -> bytes:
    shown = b""
    while words not in shown:
        try:
            piece = os.read(terminal, 1000)
        except OSError:
            piece = b""
        assert piece, shown
        shown += piece
    return shown


def test_an_unknown_secret_is_refused(tmp_path: Path) -> None:
    assert refusal(vault(tmp_path, p={"env": "A"}), "unknown") == "HIS-3041"
