"""The SSH carrier against the system's sshd: trust, errors, gateways, noise, much output."""

from __future__ import annotations

import hashlib
import os
import pwd
import resource
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hisops.adapters.shell_host import ShellHost
from hisops.adapters.ssh import SshCarrier
from hisops.adapters.ssh_link import SshLink
from hisops.adapters.ssh_place import SshPlace
from hisops.adapters.ssh_words import ssh_words_not_honoured
from hisops.errors import Unreachable
from hisops.ports import Command
from tests.adapters.conftest import link
from tests.adapters.far_side import Far, Output, place
from tests.support import sshd

pytestmark = [pytest.mark.sshd]


def _reach(server: sshd.Sshd, folder: Path, login_timeout: float = 20, **changes: object) -> ShellHost:
    where = place(server, folder / "no_config", **changes)
    return ShellHost("db", SshCarrier(SshLink(where, login_timeout=login_timeout)))


def _code(host: ShellHost) -> str:
    with pytest.raises(Unreachable) as caught:
        host.run(Command(script="true"), Output())
    assert "{" not in str(caught.value) + caught.value.advice
    return caught.value.code


def test_an_unknown_host_key_is_refused(server: Far, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()
    host = _reach(server.server, tmp_path, known_hosts=[empty])
    with pytest.raises(Unreachable) as caught:
        host.run(Command(script="true"), Output())
    assert caught.value.code == "HIS-3005"
    assert "SHA256:" in str(caught.value)
    assert str(empty) in caught.value.advice
    assert empty.read_text() == ""


def test_a_changed_host_key_is_refused(server: Far, tmp_path: Path) -> None:
    other = tmp_path / "known_hosts"
    key = (server.server.folder / "client_key.pub").read_text()
    other.write_text(f"[127.0.0.1]:{server.server.port} {key}")
    assert _code(_reach(server.server, tmp_path, known_hosts=[other])) == "HIS-3006"


def test_strict_host_key_checking_no_is_not_obeyed(server: Far, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n")
    assert _code(_reach(server.server, tmp_path, known_hosts=[], ssh_config=config)) == "HIS-3005"


def test_the_users_own_known_hosts_count(server: Far, tmp_path: Path, output: Output) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host *\n  UserKnownHostsFile {server.server.known_hosts}\n")
    host = _reach(server.server, tmp_path, known_hosts=[tmp_path / "none"], ssh_config=config)
    assert host.run(Command(script="echo in"), output) == 0
    host.close()


def test_each_failure_has_its_own_code(server: Far, tmp_path: Path) -> None:
    sshd._keygen(tmp_path / "stranger")
    with socket.socket() as closed, socket.socket() as mute:
        closed.bind(("127.0.0.1", 0))
        mute.bind(("127.0.0.1", 0))
        mute.listen(5)
        assert _code(_reach(server.server, tmp_path, port=closed.getsockname()[1])) == "HIS-3001"
        assert _code(_reach(server.server, tmp_path, port=mute.getsockname()[1], login_timeout=0.3)) == "HIS-3003"
    assert _code(_reach(server.server, tmp_path, identity_file=tmp_path / "stranger")) == "HIS-3004"
    assert _code(_reach(server.server, tmp_path, identity_file=tmp_path / "none")) == "HIS-3055"
    assert _code(_reach(server.server, tmp_path, address="no.such.host.invalid")) == "HIS-3002"


def test_a_link_that_died_unseen_is_made_again(host: ShellHost, server: Far, output: Output) -> None:
    assert host.run(Command(script="echo one"), output) == 0
    server.server.cut()
    assert host.run(Command(script="echo two"), output) == 0
    assert output.stdout == b"one\ntwo\n"


def test_a_link_that_is_cut_under_a_command_is_told(host: ShellHost, server: Far, output: Output) -> None:
    threading.Timer(0.4, server.server.cut).start()
    with pytest.raises(Unreachable) as caught:
        host.run(Command(script="echo begun; sleep 30"), output)
    assert caught.value.code == "HIS-3007"
    assert output.stdout == b"begun\n"


def test_timeouts_leave_the_link_usable(host: ShellHost, output: Output) -> None:
    with pytest.raises(TimeoutError):
        host.run(Command(script="sleep 30"), Output(), 0.3)
    assert host.run(Command(script="echo fine"), output) == 0


def test_a_failing_sink_leaves_the_link_usable(host: ShellHost, output: Output) -> None:
    def broken(stream: str, data: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        host.run(Command(script="echo x; sleep 5"), broken)
    assert host.run(Command(script="echo fine"), output) == 0


def test_input_and_output_larger_than_the_windows(host: ShellHost, tmp_path: Path, output: Output) -> None:
    blob = os.urandom(6 << 20)
    (tmp_path / "blob").write_bytes(blob)
    assert host.run(Command(script="cat; echo end >&2", stdin=[tmp_path / "blob"]), output, 60) == 0
    assert hashlib.sha256(output.stdout).digest() == hashlib.sha256(blob).digest()
    assert output.stderr == b"end\n"


def test_a_missing_part_of_stdin_is_told(host: ShellHost, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        host.run(Command(script="cat", stdin=["a", "b", tmp_path / "none"]), Output(), 10)


def test_fifty_mebibytes_pass_through_without_staying(host: ShellHost) -> None:
    total = 0

    def count(stream: str, data: bytes) -> None:
        nonlocal total
        total += len(data)

    host.run(Command(script="true"), count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert host.run(Command(script="dd if=/dev/zero bs=1048576 count=50 2>/dev/null"), count) == 0
    assert total == 50 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 << 10


def test_many_commands_at_once_on_one_link(host: ShellHost) -> None:
    results: dict[int, bytes] = {}

    def run(number: int) -> None:
        output = Output()
        assert host.run(Command(script=f"echo {number}; sleep 0.1"), output, 30) == 0
        results[number] = output.stdout

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"{number}\n".encode() for number in range(8)}


def test_a_shell_is_kept_for_the_next_script(extra: Callable[..., sshd.Sshd], tmp_path: Path, output: Output) -> None:
    """One session for all that has no stdin of its own, and nothing of one script is left for the next."""
    host = _reach(extra("kept", "LogLevel DEBUG1"), tmp_path)
    assert host.run(Command(script="echo $$; x=1; cd /; umask 0; trap 'echo bye' 0; exit 3"), output) == 3
    assert host.run(Command(script="echo $$; echo ${x-unset}; pwd; umask"), output) == 0
    first, bye, second, x, folder, mask = output.stdout.decode().split()
    assert (first, bye, x, folder) == (second, "bye", "unset", str(tmp_path))
    assert mask != "0000"
    with pytest.raises(TimeoutError):
        host.run(Command(script="sleep 30"), Output(), 0.3)
    assert host.run(Command(script="kill -9 $$; exit 5"), output) == 5
    assert host.run(Command(script="exit 6"), output) == 6
    host.close()


def test_small_packets_are_not_kept_back(server: Far) -> None:
    own = link(server)
    sock = own.session().get_transport().sock
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
    own.close()


def test_noise_around_the_shell_is_no_output(extra: Callable[..., sshd.Sshd], tmp_path: Path, output: Output) -> None:
    noisy = tmp_path / "noisy"
    noisy.write_text(
        "#!/bin/sh\necho 'ORA-00600: from the profile'\necho 'Welcome 欢迎' >&2\n"
        "/bin/sh -c \"$SSH_ORIGINAL_COMMAND\"\ncode=$?\necho 'ORA-07445: bye'\nexit $code\n"
    )
    noisy.chmod(0o755)
    server = extra("noisy-sshd", f"ForceCommand {noisy}")
    host = _reach(server, tmp_path)
    assert host.run(Command(script="echo out; echo err >&2; exit 6"), output) == 6
    assert (output.stdout, output.stderr) == (b"out\n", b"err\n")
    host.prepare(None)
    host.launch("noise", Command(script="echo detached; exit 8"))
    detached = Output()
    assert host.follow("noise", None, detached).code == 8
    assert (detached.stdout, detached.stderr) == (b"detached\n", b"")
    host.close()


def test_a_jump_host_is_honoured_and_its_key_is_checked(
    server: Far, extra: Callable[..., sshd.Sshd], tmp_path: Path, output: Output
) -> None:
    jump = extra("jump", "AllowTcpForwarding yes")
    target = server.server
    config = tmp_path / "config"
    config.write_text(
        f"Host db\n  HostName 127.0.0.1\n  Port {target.port}\n  ProxyJump {jump.user}@127.0.0.1:{jump.port}\n"
        f"  IdentityFile {target.client_key}\nHost 127.0.0.1\n  IdentityFile {jump.client_key}\n"
    )

    def through(*known_hosts: Path) -> ShellHost:
        own = SshLink(SshPlace("db", "db", user=target.user, known_hosts=known_hosts, ssh_config=config))
        return ShellHost("db", SshCarrier(own))

    host = through(target.known_hosts, jump.known_hosts)
    assert host.run(Command(script="echo $SSH_CONNECTION"), output) == 0
    assert output.stdout.decode().split()[3] == str(target.port)
    assert len(jump.sessions()) > 0
    host.close()
    assert _code(through(target.known_hosts)) == "HIS-3005"
    assert _code(through(jump.known_hosts)) == "HIS-3005"

    jump.stop()
    assert _code(through(target.known_hosts, jump.known_hosts)) == "HIS-3001"


def test_a_jump_host_that_matches_its_own_rule_is_reached_directly(
    server: Far, extra: Callable[..., sshd.Sshd], tmp_path: Path, output: Output
) -> None:
    jump, target = extra("jump"), server.server
    config = tmp_path / "config"
    config.write_text(
        f"Host db\n  HostName 127.0.0.1\n  Port {target.port}\n  IdentityFile {target.client_key}\n"
        f"Host bastion\n  HostName 127.0.0.1\n  Port {jump.port}\n  IdentityFile {jump.client_key}\n"
        "Host * !plain\n  ProxyJump bastion\nHost plain\n  ProxyJump none\n"
    )
    for name, logins in (("db", 1), ("bastion", 2)):
        known = [target.known_hosts, jump.known_hosts]
        host = ShellHost(name, SshCarrier(SshLink(SshPlace(name, name, known_hosts=known, ssh_config=config))))
        assert host.run(Command(script="true"), output) == 0
        assert (name, jump.log().count("Accepted publickey")) == (name, logins)
        host.close()
    plain = SshLink(SshPlace("p", "plain", port=1, ssh_config=config))
    with pytest.raises(Unreachable) as caught:
        plain.session()
    assert caught.value.code in {"HIS-3001", "HIS-3002"}


def test_the_user_and_port_of_ssh_config_are_honoured(server: Far, tmp_path: Path, output: Output) -> None:
    config = tmp_path / "config"
    target = server.server
    lines = [f"User {target.user}", f"Port {target.port}", "HostName 127.0.0.1", f"IdentityFile {target.client_key}"]
    config.write_text("Host his-db1\n  " + "\n  ".join(lines) + "\n")
    host = ShellHost(
        "db", SshCarrier(SshLink(SshPlace("db", "his-db1", known_hosts=[target.known_hosts], ssh_config=config)))
    )
    assert host.run(Command(script="id -un"), output) == 0
    assert output.stdout.decode().strip() == pwd.getpwuid(os.getuid()).pw_name
    host.close()


def test_words_that_ssh_knows_and_hisops_does_not(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "Include other\nHost db*\n  PKCS11Provider /lib/p11.so\n  ProxyUseFdpass yes\n  ServerAliveInterval 5\n"
        "  HostKeyAlias x\nHost other\n  CertificateFile y\n"
    )
    assert ssh_words_not_honoured("db1", (config, tmp_path / "none")) == [
        "hostkeyalias",
        "include",
        "pkcs11provider",
        "proxyusefdpass",
    ]
    assert ssh_words_not_honoured("web", (config,)) == ["include"]
