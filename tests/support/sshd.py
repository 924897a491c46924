"""The system's own OpenSSH server on 127.0.0.1 for a test: a free port, a host key of its own, key logins only."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


def missing() -> str | None:
    """Return why the system's sshd cannot be started here, or None if it can."""
    if not Path(_SSHD).exists():
        return "the system has no sshd (Debian: openssh-server)"
    if not shutil.which("ssh-keygen"):
        return "the system has no ssh-keygen (Debian: openssh-client)"
    if os.getuid() == 0 and not _has_separation_user():
        return "sshd as root needs the user sshd for privilege separation"
    return None


def _has_separation_user() -> bool:
    try:
        pwd.getpwnam("sshd")
    except KeyError:
        return False
    return True


def _pam() -> str:
    """Without PAM, sshd refuses accounts whose password is locked, as those of services are."""
    return "yes" if os.getuid() == 0 and Path("/etc/pam.d/sshd").exists() else "no"


@dataclass
class Sshd:
    """A running server. `folder` holds its keys, its log and a `known_hosts` that names it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    user: str
    client_key: Path
    known_hosts: Path

    def log(self) -> str:
        """Return what the server has written so far."""
        return (self.folder / "sshd.log").read_text(errors="replace")

    def sessions(self) -> list[int]:
        """Return the processes that serve connections now: all below the listener, sshd by name."""
        return [pid for pid in descendants(self.process.pid) if _name(pid).startswith("sshd")]

    def cut(self) -> None:
        """Cut every link without a word to either side."""
        for pid in self.sessions():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        """Stop the listener and every link."""
        self.cut()
        self.process.terminate()
        self.process.wait(10)


def start(folder: Path, *, options: Sequence[str] = (), user: str | None = None) -> Sshd:
    """Start a server below `folder` that takes logins of `user` (default: who runs the tests). RuntimeError if not."""
    if reason := missing():
        raise RuntimeError(reason)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for name in ("host_key", "client_key"):
        _keygen(folder / name)
    authorized = folder / "authorized_keys"
    authorized.write_bytes((folder / "client_key.pub").read_bytes())
    authorized.chmod(0o644)
    port = _free_port()
    known_hosts = folder / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {(folder / 'host_key.pub').read_text()}")
    config = folder / "sshd_config"
    lines = [
        *options,  # the first value of a word counts
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder / 'host_key'}",
        f"AuthorizedKeysFile {authorized}",
        f"PidFile {folder / 'sshd.pid'}",
        "StrictModes no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        f"UsePAM {_pam()}",
        "MaxStartups 100",
        "MaxSessions 100",
    ]
    config.write_text("\n".join(lines) + "\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen(
        [_SSHD, "-D", "-f", str(config), "-E", str(folder / "sshd.log")], stdin=subprocess.DEVNULL
    )
    server = Sshd(folder, port, process, user or getpass.getuser(), folder / "client_key", known_hosts)
    _wait(server)
    return server


def _keygen(path: Path) -> None:
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait(server: Sshd) -> None:
    for _ in range(200):
        if server.process.poll() is not None:
            raise RuntimeError(f"sshd did not start: {server.log()}")
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"sshd does not listen: {server.log()}")


def descendants(root: int) -> list[int]:
    """Return all living processes below `root`."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found[1:]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def temporary() -> Path:
    """Return a new folder that other users may enter: sshd reads authorized_keys as the user who logs in."""
    path = Path(tempfile.mkdtemp(prefix="hisops-sshd-"))
    path.chmod(0o755)
    return path
