from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hisops.adapters.sshkeys import OperatorKey, find_operator_key, fingerprint_of
from hisops.errors import IdentityRefused
from tests.support.journal import NOON, People


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path / "people", ["dba1", "dba2", "stranger"]).create()


@pytest.fixture
def known(people: People) -> dict[str, str]:
    return {people.key(name).fingerprint: f"{name}@hospital" for name in ("dba1", "dba2")}


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An agent of the test's own; the environment that reaches it."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    env = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
    while subprocess.run(["ssh-add", "-l"], env=env, capture_output=True, check=False).returncode == 2:
        assert process.poll() is None
    yield env
    process.terminate()
    process.wait()


def install(people: People, name: str, home: Path) -> None:
    for ending in ("", ".pub"):
        shutil.copy(people.folder / name / f"id{ending}", home / ".ssh" / f"id_{name}{ending}")


def read_certificate(line: str, folder: Path) -> str:
    path = folder / "cert.pub"
    path.write_text(line + "\n")
    command = ["ssh-keygen", "-L", "-f", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "TZ": "UTC"}).stdout


def certify(key: OperatorKey, people: People) -> str:
    return key.certify(
        people.public("stranger"),
        serial=7,
        key_id="run:r1 plan:sha256:0",
        principals=("dba1@hospital", "run-r1"),
        valid_from=NOON,
        valid_to=NOON + timedelta(hours=72),
    )


def test_the_fingerprint_is_the_one_that_ssh_keygen_prints(people: People) -> None:
    path = people.folder / "dba1" / "id.pub"
    words = subprocess.run(["ssh-keygen", "-l", "-f", str(path)], capture_output=True, text=True, check=True)
    assert fingerprint_of(people.public("dba1")) == words.stdout.split()[1]


def test_the_named_key_is_taken(people: People, known: dict[str, str], home: Path) -> None:
    path = people.folder / "dba1" / "id"
    for key in (
        find_operator_key(known, explicit=path, env={"HOME": str(home)}),
        find_operator_key(known, explicit=path.with_suffix(".pub"), env={"HOME": str(home)}),
        find_operator_key(known, env={"HOME": str(home), "HISOPS_KEY": str(path)}),
    ):
        assert (key.principal, key.path) == ("dba1@hospital", path)


def test_a_key_without_its_public_file_is_asked_for_it(people: People, known: dict[str, str], home: Path) -> None:
    path = people.folder / "dba1" / "id"
    path.with_suffix(".pub").unlink()
    assert find_operator_key(known, explicit=path, env={}).principal == "dba1@hospital"


def test_the_one_known_key_of_the_home_is_found(people: People, known: dict[str, str], home: Path) -> None:
    install(people, "dba2", home)
    install(people, "stranger", home)
    assert find_operator_key(known, env={"HOME": str(home)}).principal == "dba2@hospital"


def test_several_known_keys_are_listed_and_none_is_guessed(people: People, known: dict[str, str], home: Path) -> None:
    install(people, "dba1", home)
    install(people, "dba2", home)
    with pytest.raises(IdentityRefused, match="dba1@hospital") as caught:
        find_operator_key(known, env={"HOME": str(home)})
    assert "dba2@hospital" in str(caught.value)
    assert caught.value.exit_code == 4


def test_without_a_known_key_the_site_s_principals_are_named(people: People, known: dict[str, str], home: Path) -> None:
    install(people, "stranger", home)
    with pytest.raises(IdentityRefused, match="dba1@hospital, dba2@hospital"):
        find_operator_key(known, env={"HOME": str(home)})


def test_a_named_key_that_the_site_does_not_know_is_refused(people: People, known: dict[str, str]) -> None:
    with pytest.raises(IdentityRefused, match="not known"):
        find_operator_key(known, explicit=people.folder / "stranger" / "id", env={})


@pytest.mark.parametrize("content", [None, "no key\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, known: dict[str, str], content: str | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(IdentityRefused, match="no SSH key"):
        find_operator_key(known, explicit=path, env={})


def test_the_certificate_is_short_lived_and_opens_no_login(people: People, tmp_path: Path) -> None:
    text = read_certificate(certify(people.key("dba1"), people), tmp_path)
    assert "Serial: 7" in text
    assert 'Key ID: "run:r1 plan:sha256:0"' in text
    assert "from 2026-11-24T02:01:07 to 2026-11-27T02:01:07" in text
    assert "force-command /bin/false" in text
    assert "permit-pty" not in text
    assert people.key("dba1").fingerprint in text


def test_a_key_in_the_agent_certifies_and_signs(
    people: People, known: dict[str, str], home: Path, tmp_path: Path, agent: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    private = people.folder / "dba1" / "id"
    subprocess.run(["ssh-add", "-q", str(private)], env=agent, check=True, capture_output=True)
    install(people, "dba1", home)
    key = find_operator_key(known, env={**agent, "HOME": str(home)})
    assert (key.path, key.where) == (None, "ssh-agent")
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    assert key.fingerprint in read_certificate(certify(key, people), tmp_path)
    assert "BEGIN SSH SIGNATURE" in key.sign("approve.v1@hisops", b"text")


def test_a_signature_is_good_by_stock_means(people: People, tmp_path: Path) -> None:
    data = "补丁\n".encode()
    (tmp_path / "sig").write_text(people.key("dba1").sign("approve.v1@hisops", data))
    (tmp_path / "allowed").write_text(f"dba1@hospital {people.public('dba1')}\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "dba1@hospital", "-n", "approve.v1@hisops"]
    subprocess.run([*command, "-s", "sig"], input=data, cwd=tmp_path, check=True, capture_output=True)


def test_a_protected_key_without_a_terminal_is_a_clear_error(
    people: People, known: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = people.folder / "dba1" / "id"
    subprocess.run(["ssh-keygen", "-q", "-p", "-f", str(path), "-P", "", "-N", "secret1"], check=True)
    key = find_operator_key(known, explicit=path, env={})
    monkeypatch.setattr("hisops.adapters.sshkeys._has_terminal", lambda: False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(IdentityRefused, match="protected by a passphrase") as caught:
        key.sign("approve.v1@hisops", b"text")
    assert "ssh-add" in caught.value.advice


def test_without_openssh_there_is_a_clear_error(
    people: People, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = people.key("dba1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IdentityRefused, match="no ssh-keygen"):
        key.sign("approve.v1@hisops", b"text")
