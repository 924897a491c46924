"""A request is read and signed where there is no site: shown harmless, the target typed, the person's own key."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest

from hisops.model.approval import STAMP
from hisops.model.statement import Statement

ROOT = "sha256:" + "7" * 64


def request(folder: Path, body: str = "the plan", **changes: str) -> Path:
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime(STAMP)
    fields = {
        "of": "plan", "origin": "hospital/east", "plan": "sha256:" + "a" * 64, "target": "his (dbid 12)",
        "role": "dba_lead", "ledger": f"7 {ROOT}", "not-after": later,
    } | changes  # fmt: skip
    path = folder / "req.txt"
    path.write_bytes(Statement(kind="approval", fields=fields, body=body).text())
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    key = tmp_path / "home/.ssh/id_ed25519"
    key.parent.mkdir(parents=True, mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return tmp_path / "home"


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TMPDIR", "PYTHONPATH"}}
    python = os.pathsep.join([str(Path("src").resolve()), kept.get("PYTHONPATH", "")])
    return kept | {"HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONPATH": python, "COLUMNS": "200", "TERM": "dumb"}


def offline(home: Path, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hisops", "approve", "--offline", str(path), *more]
    return subprocess.run(
        command, cwd=home, env=environment(home), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def stock_says(home: Path, path: Path, signature: Path) -> bool:
    public = (home / ".ssh/id_ed25519.pub").read_text()
    (home / "signers").write_text(f'me namespaces="approve.v1@hisops" {public}')
    command = ["ssh-keygen", "-Y", "verify", "-f", str(home / "signers"), "-I", "me", "-n", "approve.v1@hisops"]
    with path.open("rb") as text:
        return subprocess.run([*command, "-s", str(signature)], stdin=text, capture_output=True).returncode == 0


def test_the_text_is_shown_harmless_and_signed_byte_for_byte(home: Path, tmp_path: Path) -> None:
    path = request(tmp_path, body="ok \x1b[2Kapply\u202eylppa\n补丁\n")
    done = offline(home, path, "-o", str(tmp_path / "back.sig"))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "ok \\x1b[2Kapply\\u202eylppa" in done.stdout
    assert "补丁" in done.stdout
    assert stock_says(home, path, tmp_path / "back.sig")


def test_at_a_terminal_the_target_is_typed_first(home: Path, tmp_path: Path) -> None:
    path = request(tmp_path)
    command = [sys.executable, "-m", "hisops", "approve", "--offline", str(path)]
    child = pexpect.spawn(command[0], command[1:], env=environment(home), cwd=str(home), encoding="utf-8", timeout=120)
    child.expect("Type the target's name")
    child.sendline("emr")
    child.expect("That is not the target's name")
    assert not path.with_name("req.txt.sig").exists()
    child.sendline("his")
    child.expect("Signed with the key")
    child.expect(pexpect.EOF)
    assert stock_says(home, path, path.with_name("req.txt.sig"))


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"not-after": "2020-01-01T00:00:00Z"}, 4, "it has expired"),
        ({"not-after": "soon"}, 4, "it has expired"),
        ({"ledger": "-"}, 2, "it names no ledger"),
        ({"ledger": f"6 {ROOT}"}, 4, "has shrunk: it has 6 entries"),
        ({"ledger": "7 sha256:" + "0" * 64}, 4, "has forked"),
    ],
)
def test_what_cannot_count_is_not_signed(
    home: Path, tmp_path: Path, changes: dict[str, str], code: int, said: str
) -> None:
    state = home / ".local/state/hisops"
    state.mkdir(parents=True)
    (state / "seen.json").write_text(f'{{"hospital/east": [7, "{ROOT}"]}}')
    path = request(tmp_path, **changes)
    done = offline(home, path)
    assert done.returncode == code
    assert said in done.stderr
    assert not path.with_name("req.txt.sig").exists()


def test_what_is_no_request_is_not_signed(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "req.txt"
    for text in (b"hisops-cancellation/1\nrun: r1\n\n\n", b"anything", b"hisops-approval/1\r\nof: plan\r\n\r\n\r\n"):
        path.write_bytes(text)
        done = offline(home, path)
        assert done.returncode == 2
        assert "is no request for an approval" in done.stderr


def test_what_was_signed_for_a_simulation_is_not_remembered(home: Path, tmp_path: Path) -> None:
    assert offline(home, request(tmp_path, simulation="yes")).returncode == 0
    assert not (home / ".local/state/hisops/seen.json").exists()
    assert offline(home, request(tmp_path)).returncode == 0
    assert (home / ".local/state/hisops/seen.json").exists()
