"""What tests of far sides share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hisops.adapters.ssh_place import SshPlace
from hisops.ports import Stream
from tests.support.sshd import Sshd


@dataclass
class Far:
    """A running server and the home of its users."""

    server: Sshd
    home: Path

    def no_config(self) -> Path:
        """Return an empty ssh_config, so that the tester's own has no say."""
        path = self.server.folder / "ssh_config"
        path.touch()
        return path

    def op(self, name: str) -> Path:
        """Return the folder of an operation."""
        return self.home / ".hisops" / "ops" / name


@dataclass
class Output:
    """A sink that keeps what it is fed."""

    stdout: bytes = b""
    stderr: bytes = b""
    pieces: list[Stream] = field(default_factory=list)

    def __call__(self, stream: Stream, data: bytes) -> None:
        self.pieces.append(stream)
        if stream == "stdout":
            self.stdout += data
        else:
            self.stderr += data


def until(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for a thing that must happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.02)


def place(server: Sshd, config: Path, **changes: Any) -> SshPlace:
    """Return how to log in to `server`, with what a test wants otherwise; an empty `config` gives the tester no say."""
    config.touch()
    usual = SshPlace(
        "db",
        "127.0.0.1",
        port=server.port,
        user=server.user,
        identity_file=server.client_key,
        known_hosts=[server.known_hosts],
        ssh_config=config,
    )
    return replace(usual, **changes)
