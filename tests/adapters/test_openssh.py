"""The carrier over the system's ssh(1) against the system's sshd: the same promises, and hosts that only it reaches."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from hisops.adapters.openssh import OpensshCarrier
from hisops.adapters.openssh_link import OpensshLink
from hisops.adapters.reach import SiteReach
from hisops.adapters.shell_host import ShellHost
from hisops.adapters.ssh_place import SshPlace
from hisops.adapters.vault import SiteVault
from hisops.errors import Unreachable
from hisops.model.site import Host, Site
from hisops.ports import Command
from hisops.secret import Secret
from tests.adapters.far_side import Far, Output, place, until
from tests.support import sshd

pytestmark = [pytest.mark.sshd]

OLD = {"HostKeyAlgorithms": "+ssh-rsa"}


@pytest.fixture
def links() -> Iterator[list[OpensshLink]]:
    made: list[OpensshLink] = []
    yield made
    for link in made:
        link.close()


@pytest.fixture
def reach(tmp_path: Path, links: list[OpensshLink]) -> Callable[..., ShellHost]:
    """Make a host behind a server; all its masters are ended."""

    def make(server: sshd.Sshd, login_timeout: float = 20, **changes: object) -> ShellHost:
        links.append(OpensshLink(place(server, tmp_path / "no_config", **changes), login_timeout=login_timeout))
        return ShellHost("db", OpensshCarrier(links[-1]))

    return make


@pytest.fixture
def host(server: Far, reach: Callable[..., ShellHost]) -> ShellHost:
    return reach(server.server)


def _code(host: ShellHost) -> str:
    with pytest.raises(Unreachable) as caught:
        host.run(Command(script="true"), Output())
    assert "{" not in str(caught.value) + caught.value.advice.replace("{HostKeyAlgorithms", "")
    return caught.value.code


def test_streams_stdin_and_exit_code(host: ShellHost, output: Output) -> None:
    command = Command(script="cat; echo err >&2; exit 9", stdin=["a", Secret("p", "中"), b"\0"])
    assert host.run(command, output) == 9
    assert (output.stdout, output.stderr) == ("a中\0".encode(), b"err\n")
    assert host.run(Command(script="exit 255"), output) == 255


def test_all_commands_share_one_login(
    extra: Callable[..., sshd.Sshd], reach: Callable[..., ShellHost], output: Output
) -> None:
    server = extra("own")
    host = reach(server)
    for _ in range(3):
        assert host.run(Command(script="true"), output) == 0
    assert server.log().count("Accepted publickey") == 1


def test_much_output_and_input(host: ShellHost, tmp_path: Path, output: Output) -> None:
    blob = os.urandom(6 << 20)
    (tmp_path / "blob").write_bytes(blob)
    assert host.run(Command(script="cat; echo end >&2", stdin=[tmp_path / "blob"]), output, 60) == 0
    assert hashlib.sha256(output.stdout).digest() == hashlib.sha256(blob).digest()
    assert output.stderr == b"end\n"


def test_a_detached_tool_survives_the_link(host: ShellHost, server: Far, output: Output) -> None:
    assert host.prepare(None).marker
    script = "for i in 1 2 3 4 5; do echo $i; sleep 0.2; done; exit 4"
    started = host.launch("openssh-op", Command(script=script), destructive=True)
    threading.Timer(0.4, server.server.cut).start()
    with pytest.raises(Unreachable) as caught:
        host.follow("openssh-op", None, output)
    assert caught.value.code == "HIS-3007"
    ended = host.follow("openssh-op", None, output, seen=(len(output.stdout), len(output.stderr)))
    assert (ended.state, ended.code, ended.pid) == ("exited", 4, started.pid)
    assert output.stdout == b"1\n2\n3\n4\n5\n"


def test_a_link_that_died_between_two_commands_is_made_again(
    host: ShellHost, server: Far, links: list[OpensshLink], output: Output
) -> None:
    assert host.run(Command(script="echo one"), output) == 0
    server.server.cut()
    until(lambda: not links[-1].alive(), "the master sees that the link is gone")
    assert host.run(Command(script="echo two; cat", stdin=["three\n"]), output) == 0
    assert output.stdout == b"one\ntwo\nthree\n"


def test_a_master_that_cannot_be_asked_is_replaced(host: ShellHost, links: list[OpensshLink], output: Output) -> None:
    assert host.run(Command(script="echo one"), output) == 0
    (links[-1]._folder or Path()).joinpath("master").unlink()
    assert host.run(Command(script="echo two; cat", stdin=["three\n"]), output) == 0
    assert output.stdout == b"one\ntwo\nthree\n"


def test_timeouts_leave_the_link_usable(host: ShellHost, output: Output) -> None:
    with pytest.raises(TimeoutError):
        host.run(Command(script="sleep 30"), Output(), 0.3)
    assert host.run(Command(script="echo fine"), output) == 0


def test_host_keys_are_checked(server: Far, reach: Callable[..., ShellHost], tmp_path: Path, output: Output) -> None:
    empty, other, config = tmp_path / "empty", tmp_path / "other", tmp_path / "config"
    empty.touch()
    other.write_text(f"[127.0.0.1]:{server.server.port} {(server.server.folder / 'client_key.pub').read_text()}")
    with pytest.raises(Unreachable) as caught:
        reach(server.server, known_hosts=[empty]).run(Command(script="true"), Output())
    assert caught.value.code == "HIS-3005"
    assert "ssh-ed25519 SHA256:" in str(caught.value)
    assert str(empty) in caught.value.advice
    assert empty.read_text() == ""
    assert _code(reach(server.server, known_hosts=[other])) == "HIS-3006"
    config.write_text("Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n")
    assert _code(reach(server.server, known_hosts=[empty], ssh_config=config)) == "HIS-3005"
    config.write_text(f"Host *\n  UserKnownHostsFile {server.server.known_hosts}\n")
    assert reach(server.server, known_hosts=[empty], ssh_config=config).run(Command(script="true"), output) == 0


def test_each_failure_has_its_own_code(server: Far, reach: Callable[..., ShellHost], tmp_path: Path) -> None:
    sshd._keygen(tmp_path / "stranger")
    with socket.socket() as closed, socket.socket() as mute:
        closed.bind(("127.0.0.1", 0))
        mute.bind(("127.0.0.1", 0))
        mute.listen(5)
        assert _code(reach(server.server, port=closed.getsockname()[1])) == "HIS-3001"
        assert _code(reach(server.server, port=mute.getsockname()[1], login_timeout=0.3)) == "HIS-3003"
    assert _code(reach(server.server, identity_file=tmp_path / "stranger")) == "HIS-3004"
    assert _code(reach(server.server, identity_file=tmp_path / "none")) == "HIS-3055"
    assert _code(reach(server.server, address="no.such.host.invalid")) == "HIS-3002"


def test_a_machine_without_ssh_is_told(host: ShellHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _code(host) == "HIS-3057"


def test_a_jump_host_is_held_to_the_same_rules(
    server: Far, extra: Callable[..., sshd.Sshd], links: list[OpensshLink], tmp_path: Path, output: Output
) -> None:
    jump, target, config = extra("jump"), server.server, tmp_path / "config"
    config.write_text(
        f"Host db\n  HostName 127.0.0.1\n  Port {target.port}\n  ProxyJump {jump.user}@127.0.0.1:{jump.port}\n"
        f"  IdentityFile {target.client_key}\nHost 127.0.0.1\n  IdentityFile {jump.client_key}\n"
        "  StrictHostKeyChecking no\n"
    )

    def through(*known_hosts: Path) -> ShellHost:
        links.append(OpensshLink(SshPlace("db", "db", user=target.user, known_hosts=known_hosts, ssh_config=config)))
        return ShellHost("db", OpensshCarrier(links[-1]))

    assert through(target.known_hosts, jump.known_hosts).run(Command(script="true"), output) == 0
    assert "Accepted publickey" in jump.log()
    assert _code(through(target.known_hosts)) == "HIS-3005"


def test_an_old_host_is_reached_by_the_second_way_and_the_first_says_so(
    extra: Callable[..., sshd.Sshd], tmp_path: Path, output: Output
) -> None:
    """Through the inventory, as a person would choose it."""
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-N", "", "-f", tmp_path / "rsa"], check=True)
    server = extra("old", "HostKeyAlgorithms ssh-rsa", f"HostKey {tmp_path / 'rsa'}")
    known = f"[127.0.0.1]:{server.port} {(tmp_path / 'rsa.pub').read_text()}"
    (tmp_path / "known_hosts").write_text(known)
    usual: dict[str, object] = {"address": "127.0.0.1", "port": server.port, "user": server.user}
    usual["identity_file"] = str(server.client_key)
    hosts = {
        "first": usual,
        "second": {**usual, "ssh": "system"},
        "third": {**usual, "ssh": "system", "ssh_options": OLD},
    }
    site = Site.model_validate(
        {"hisops": "site/v1", "name": "old", "title": {"zh": "旧", "en": "Old"}, "origin": "a/b", "hosts": hosts,
         "databases": {}}
    )  # fmt: skip
    reach = SiteReach(site, tmp_path, SiteVault(site, tmp_path))
    with pytest.raises(Unreachable) as first:
        reach.host("first").run(Command(script="true"), Output())
    assert first.value.code == "HIS-3058"
    assert "ssh: system" in first.value.advice
    assert "\n" not in str(first.value) + first.value.advice
    with pytest.raises(Unreachable) as second:
        reach.host("second").run(Command(script="true"), Output())
    assert second.value.code == "HIS-3056"
    assert "ssh-rsa" in str(second.value)
    assert reach.host("third").run(Command(script="echo reached"), output) == 0
    assert output.stdout == b"reached\n"
    reach.close()


def test_a_host_certificate_is_enough(
    extra: Callable[..., sshd.Sshd], reach: Callable[..., ShellHost], tmp_path: Path, output: Output
) -> None:
    sshd._keygen(tmp_path / "ca")
    (tmp_path / "certified").mkdir()
    sshd._keygen(tmp_path / "certified" / "host_key")
    subprocess.run(
        ["ssh-keygen", "-q", "-s", tmp_path / "ca", "-I", "db", "-h", "-n", "127.0.0.1",
         tmp_path / "certified" / "host_key.pub"], check=True,
    )  # fmt: skip
    server = extra("certified", f"HostCertificate {tmp_path / 'certified' / 'host_key-cert.pub'}")
    known = tmp_path / "authorities"
    known.write_text(f"@cert-authority * {(tmp_path / 'ca.pub').read_text()}")
    assert reach(server, known_hosts=[known]).run(Command(script="true"), output) == 0


def test_options_are_for_the_systems_ssh_only() -> None:
    with pytest.raises(ValidationError, match="ssh: system"):
        Host.model_validate({"address": "db", "ssh_options": OLD})
    with pytest.raises(ValidationError):
        Host.model_validate({"address": "db", "ssh": "system", "ssh_options": {"StrictHostKeyChecking": "no"}})


def test_nothing_is_left_behind(host: ShellHost, links: list[OpensshLink], output: Output) -> None:
    assert host.run(Command(script="true"), output) == 0
    folder, master = links[-1]._folder, links[-1]._master
    assert folder is not None
    assert master is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    host.close()
    assert not folder.exists()
    assert master.poll() is not None


def test_the_master_ends_with_who_started_it(server: Far, tmp_path: Path) -> None:
    """After a kill -9 of hisops no connection to the host may stay open."""
    config = server.no_config()
    program = f"""
import os, signal
from pathlib import Path
from hisops.adapters.openssh import OpensshCarrier
from hisops.adapters.openssh_link import OpensshLink
from hisops.adapters.ssh_place import SshPlace
from hisops.adapters.shell_host import ShellHost
from hisops.ports import Command
link = OpensshLink(SshPlace("db", "127.0.0.1", port={server.server.port}, user={server.server.user!r},
    identity_file=Path({str(server.server.client_key)!r}), known_hosts=[Path({str(server.server.known_hosts)!r})],
    ssh_config=Path({str(config)!r})))
ShellHost("db", OpensshCarrier(link)).run(Command(script="true"), lambda stream, data: None)
print(link._master.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[2] / "src"), os.environ.get("PYTHONPATH")]))
    killed = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}, timeout=60, check=False,
    )  # fmt: skip
    master = int(killed.stdout)
    until(lambda: not Path(f"/proc/{master}").exists(), "the master ends")
