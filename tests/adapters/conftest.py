"""Real far sides: the system's sshd, an asyncssh server, four shells, users of both kinds."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hisops.adapters.local import LocalCarrier
from hisops.adapters.shell_host import ShellHost
from hisops.adapters.ssh import SshCarrier
from hisops.adapters.ssh_link import SshLink
from tests.adapters.far_side import Far, Output, place
from tests.support import sshd

SHELLS = ("dash", "bash --posix", "ksh93", "mksh")


@pytest.fixture(scope="session")
def shells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The shells of this machine by name, each as one path that behaves like /bin/sh."""
    folder = tmp_path_factory.mktemp("shells")
    _open(folder)
    found = {}
    for name in SHELLS:
        path = shutil.which(name.split()[0])
        if path and " " in name:
            wrapper = folder / "sh"
            wrapper.write_text(f'#!/bin/sh\nexec {path} --posix "$@"\n')
            wrapper.chmod(0o755)
            path = str(wrapper)
        if path:
            found[name] = path
    return found


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, shells: dict[str, str]) -> str:
    if request.param not in shells:
        pytest.skip(f"{request.param} is not installed")
    return shells[request.param]


@pytest.fixture(scope="session")
def ordinary_user() -> str:
    """A user other than root who may log in, or who runs the tests."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    for entry in pwd.getpwall():
        if entry.pw_uid != 0 and entry.pw_shell in {"/bin/sh", "/bin/bash", "/bin/dash", "/usr/bin/bash"}:
            return entry.pw_name
    pytest.skip("there is no ordinary user with a login shell")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """The system's sshd, whose users have a home of the test's."""
    if reason := sshd.missing():
        pytest.skip(reason)
    yield from _serve(tmp_path_factory, pwd.getpwuid(os.getuid()).pw_name)


@pytest.fixture(scope="session")
def ordinary_server(tmp_path_factory: pytest.TempPathFactory, ordinary_user: str) -> Iterator[Far]:
    """The same for the ordinary user."""
    if reason := sshd.missing():
        pytest.skip(reason)
    yield from _serve(tmp_path_factory, ordinary_user)


def _serve(factory: pytest.TempPathFactory, user: str) -> Iterator[Far]:
    folder = factory.mktemp("sshd")
    _open(folder)
    home = folder / "home"
    home.mkdir()
    if os.getuid() == 0:
        shutil.chown(home, user)
    running = sshd.start(folder, options=[f"SetEnv HOME={home}"], user=user)
    try:
        yield Far(running, home)
    finally:
        running.stop()


def _open(folder: Path) -> None:
    """Let other users through to `folder`."""
    for part in (folder, *folder.parents):
        if part.stat().st_uid == os.getuid() and not part.stat().st_mode & 0o001:
            part.chmod(part.stat().st_mode | 0o011)


@pytest.fixture
def extra(tmp_path: Path) -> Iterator[Callable[..., sshd.Sshd]]:
    """Start further servers."""
    if reason := sshd.missing():
        pytest.skip(reason)
    running: list[sshd.Sshd] = []

    def start(name: str, *options: str) -> sshd.Sshd:
        running.append(sshd.start(tmp_path / name, options=[f"SetEnv HOME={tmp_path}", *options]))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def far(server: Far, shell: str) -> Iterator[ShellHost]:
    """A host behind the system's sshd, in each shell."""
    host = ShellHost("far", carrier(server), shell=shell)
    yield host
    host.close()


@pytest.fixture
def host(server: Far) -> Iterator[ShellHost]:
    """A host behind the system's sshd, in its /bin/sh."""
    host = ShellHost("far", carrier(server))
    yield host
    host.close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShellHost:
    """The control host with a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return ShellHost("control", LocalCarrier())


@pytest.fixture
def output() -> Output:
    return Output()


def carrier(far: Far) -> SshCarrier:
    return SshCarrier(link(far))


def link(far: Far) -> SshLink:
    return SshLink(place(far.server, far.no_config()))
