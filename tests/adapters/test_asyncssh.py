"""The same promises behind a server that is not OpenSSH."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hisops.adapters.shell_host import ShellHost
from hisops.adapters.ssh import SshCarrier
from hisops.adapters.ssh_link import SshLink
from hisops.adapters.ssh_place import SshPlace
from hisops.errors import Unreachable
from hisops.ports import Command
from hisops.secret import Secret
from tests.adapters.asyncssh_server import AsyncsshServer
from tests.adapters.far_side import Output


@pytest.fixture
def other(tmp_path: Path) -> Iterator[AsyncsshServer]:
    server = AsyncsshServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def host(other: AsyncsshServer, tmp_path: Path) -> Iterator[ShellHost]:
    config = tmp_path / "ssh_config"
    config.touch()
    link = SshLink(
        SshPlace(
            "lab",
            "127.0.0.1",
            port=other.port,
            user="dba",
            identity_file=other.client_key,
            known_hosts=[other.known_hosts],
            ssh_config=config,
        )
    )
    host = ShellHost("lab", SshCarrier(link))
    yield host
    host.close()


def test_streams_stdin_and_exit_code(host: ShellHost, output: Output) -> None:
    command = Command(script="cat; echo err >&2; exit 9", stdin=["a", Secret("p", "中"), b"\0"])
    assert host.run(command, output) == 9
    assert (output.stdout, output.stderr) == ("a中\0".encode(), b"err\n")


def test_much_output_and_input(host: ShellHost, tmp_path: Path, output: Output) -> None:
    blob = os.urandom(5 << 20)
    (tmp_path / "blob").write_bytes(blob)
    assert host.run(Command(script="cat", stdin=[tmp_path / "blob"]), output, 60) == 0
    assert hashlib.sha256(output.stdout).digest() == hashlib.sha256(blob).digest()


def test_a_cut_link_does_not_touch_the_tool(host: ShellHost, other: AsyncsshServer, output: Output) -> None:
    assert host.prepare(None).marker
    script = "cat; for i in 1 2 3 4 5; do echo $i; sleep 0.2; done; exit 4"
    started = host.launch("op", Command(script=script, stdin=[Secret("p", "s\n")]), destructive=True)
    threading.Timer(0.4, other.cut).start()
    with pytest.raises(Unreachable) as caught:
        host.follow("op", None, output)
    assert caught.value.code == "HIS-3007"
    ended = host.follow("op", None, output, seen=(len(output.stdout), len(output.stderr)))
    assert (ended.state, ended.code, ended.pid) == ("exited", 4, started.pid)
    assert output.stdout == b"s\n1\n2\n3\n4\n5\n"


def test_what_a_daemon_holds_open_does_not_hold_us_up(host: ShellHost, output: Output) -> None:
    assert host.run(Command(script="sleep 20 & echo in time"), output, 10) == 0
    assert output.stdout == b"in time\n"
