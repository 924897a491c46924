"""One SSH connection made by the system's ssh(1), kept by a master that all commands of the host go through.

For hosts that the built-in SSH cannot or must not reach: ssh-rsa host keys only, hardware keys, host certificates.
The rules that may not be relaxed stand first in a configuration of our own, which holds for every hop on the way.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import select
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from hisops.adapters.ssh_failures import (
    CHANGED_KEY,
    FAILED,
    LATE,
    LOGIN_REFUSED,
    LOST,
    NO_NAME,
    NOT_LISTENING,
    NOTHING_SHARED,
    UNKNOWN_KEY,
)
from hisops.adapters.ssh_place import SshPlace
from hisops.errors import Unreachable
from hisops.model.site import SshOption

_CONNECT = 10
_LOGIN = 20
_PARTING = 1.0
_STRICT = (
    "StrictHostKeyChecking yes", "BatchMode yes", "ForwardAgent no", "ForwardX11 no", "ClearAllForwardings yes",
    "UpdateHostKeys no", f"ConnectTimeout {_CONNECT}", "ServerAliveInterval 15", "ServerAliveCountMax 4",
    "RemoteCommand none", "SessionType default", "RequestTTY no", "ControlPersist no", "LogLevel INFO",
)  # fmt: skip
# What ssh(1) says, in the order of asking.
_TOLD = (
    (r"IDENTIFICATION HAS CHANGED|Host key for \S+ has changed", CHANGED_KEY),
    (r"Host key verification failed|host key is known for", UNKNOWN_KEY),
    (r"no matching (\w| )+ found", NOTHING_SHARED),
    (r"Permission denied|Too many authentication failures", LOGIN_REFUSED),
    (r"Connection refused", NOT_LISTENING),
    (r"Could not resolve hostname", NO_NAME),
    (r"timed out", LATE),
)


class OpensshLink:
    """A connection to a place. Its master is started when first needed, and again after a loss."""

    def __init__(
        self, place: SshPlace, *, options: Mapping[SshOption, str] | None = None, login_timeout: float = _LOGIN
    ) -> None:
        self.name = place.name
        self._place = place
        self._options = dict(options or {})
        self._login_timeout = login_timeout
        self._folder: Path | None = None
        self._master: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def command(self, remote: str) -> tuple[list[str], Path]:
        """Return the command that carries `remote` through the master, and the file it leaves if it finds none.

        Raises Unreachable, each reason with its own code.
        """
        with self._lock:
            if not self.alive():
                self._hang_up()
                self._connect()
            mark = self._at(f"no-master-{secrets.token_hex(8)}")
            quiet = ["-o", "ControlMaster=no", "-o", "LogLevel=ERROR"]
            # Without a master ssh would log in by itself. It is not given that way, only one that leaves a mark.
            way = ["-o", f"ProxyCommand=touch {shlex.quote(str(mark))}".replace("%", "%%")]
            return [*self._ssh(), *quiet, *way, "--", self._place.address, remote], mark

    def alive(self) -> bool:
        """Whether the master still runs."""
        return self._master is not None and self._master.poll() is None

    def ended(self) -> bool:
        """Whether the master has ended, or is about to: its sessions learn of a lost link before it is gone."""
        if self._master is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._master.wait(_PARTING)
        return not self.alive()

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._hang_up()

    def lost(self) -> Unreachable:
        """Return the error for a link that broke under a command."""
        return Unreachable(*LOST, host=self.name, detail=self._said() or "closed by the other side")

    def _ssh(self) -> list[str]:
        """Return ssh with everything that says how to reach the host."""
        arguments = ["ssh", "-T", "-F", str(self._at("config")), "-S", str(self._at("master")).replace("%", "%%")]
        if self._place.port:
            arguments += ["-p", str(self._place.port)]
        if self._place.user:
            arguments += ["-l", self._place.user]
        if self._place.identity_file:
            arguments += ["-i", str(self._place.identity_file), "-o", "IdentitiesOnly=yes"]
        for name, value in self._options.items():
            arguments += ["-o", f"{name}={value}"]
        return arguments

    def _at(self, name: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="hisops-ssh-", dir=os.environ.get("XDG_RUNTIME_DIR") or None))
        return self._folder / name

    def _connect(self) -> None:
        self._place.check_key()
        self._write_config()
        ready = f"ready-{secrets.token_hex(8)}"
        says = ["-o", "PermitLocalCommand=yes", "-o", f"LocalCommand=echo {ready}"]
        # The master lives as long as its stdin: when this process is killed, cat reads the end and the link is closed.
        command = [*self._ssh(), "-M", *says, "--", self._place.address, "exec cat >/dev/null"]
        self._master = self._start(command)
        if not _said_before(self._master, ready.encode(), self._login_timeout):
            failed = self._unreachable(late=self.alive())
            self._hang_up()
            raise failed

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        try:
            with self._at("stderr").open("wb") as stderr:
                return subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=_environment(),
                    start_new_session=True,
                )  # fmt: skip
        except FileNotFoundError as error:
            raise Unreachable(
                "HIS-3057", "This machine has no ssh, which {host} is to be reached by.",
                "Install the OpenSSH client, or remove `ssh: system` from the host in site.yaml.", host=self.name,
            ) from error  # fmt: skip

    def _write_config(self) -> None:
        """Write the configuration of the link: what may not be relaxed first, then the person's own and the system's.

        The first value of a word counts, and ssh hands the file on to jump hosts.
        """
        own = [self._place.ssh_config] if self._place.ssh_config else [Path("~/.ssh/config").expanduser(), _SYSTEM]
        known = [*map(str, self._place.known_hosts), *self._users_known_hosts()]
        lines = [*_STRICT, "UserKnownHostsFile " + " ".join(f'"{path}"' for path in known)]
        lines += [f'Include "{path}"' for path in own if path.is_file()]
        self._at("config").write_text("\n".join(lines) + "\n")

    def _users_known_hosts(self) -> list[str]:
        """Return the known_hosts files of the person's own configuration for the host."""
        chosen = ["-F", str(self._place.ssh_config)] if self._place.ssh_config else []
        try:
            told = subprocess.run(
                ["ssh", "-G", *chosen, "--", self._place.address], capture_output=True, text=True, timeout=_CONNECT,
                check=False, env=_environment(),
            ).stdout  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return []
        found = re.search(r"^userknownhostsfile (.+)$", told, re.MULTILINE)
        return found[1].split() if found else []

    def _hang_up(self) -> None:
        master, self._master = self._master, None
        if master is not None:
            for pipe in (master.stdin, master.stdout):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()
            with contextlib.suppress(ProcessLookupError):
                master.terminate()
            master.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _said(self) -> str:
        """Return what the master has complained of, in one line."""
        try:
            text = self._at("stderr").read_text("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("@")]
        return " ".join(lines)[-500:]

    def _unreachable(self, *, late: bool) -> Unreachable:
        said = "timed out" if late else self._said()
        failure = next((failure for pattern, failure in _TOLD if re.search(pattern, said)), FAILED)
        offered = self._offered() if failure in (CHANGED_KEY, UNKNOWN_KEY) else ""
        return self._place.unreachable(failure, offered or said or "ssh ended without a word")

    def _offered(self) -> str:
        """Return type and fingerprint of the key that the host shows, as ssh tells them when it is asked to talk."""
        command = [*self._ssh(), "-o", "LogLevel=DEBUG1", "-o", "ControlPath=none", "--", self._place.address, "true"]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            told = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LOGIN, check=False,
                env=_environment(), start_new_session=True,
            ).stderr  # fmt: skip
            if found := re.search(r"Server host (?:key|certificate): (\S+ SHA256:\S+)", told):
                return found[1]
        return ""


_SYSTEM = Path("/etc/ssh/ssh_config")


def _environment() -> dict[str, str]:
    """Return the environment of ssh: its messages are read, so they must not be in another language."""
    return {**os.environ, "LC_ALL": "C"}


def _said_before(process: subprocess.Popen[bytes], word: bytes, seconds: float) -> bool:
    """Return whether `process` prints `word` in time and before it ends."""
    heard, until = b"", time.monotonic() + seconds
    assert process.stdout is not None  # noqa: S101 (it was asked for)
    while word not in heard:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
        data = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not data:
            if ready:
                process.wait()
            return False
        heard += data
    return True
