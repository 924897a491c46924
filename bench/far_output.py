"""50 MiB of output of a far command, read from the system's own sshd: the adapter beside ssh(1)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.support import sshd

from bench.timing import compare, process, show

MEBIBYTES = 50
COMMAND = f"head -c {MEBIBYTES * 1024 * 1024} /dev/zero | tr '\\0' x"


def main(folder: Path) -> None:
    """Compare whole processes, each logging in anew."""
    home = sshd.temporary()  # outside the checkout, whose folders the user who logs in may not enter
    server = sshd.start(home)
    where = [str(server.port), server.user, str(server.client_key), str(server.known_hosts)]
    root = Path(__file__).parents[1]
    env = {"PYTHONPATH": f"{root}:{root / 'src'}"}
    port, user, key, hosts = where
    options = [
        "-F",
        "none",
        "-p",
        port,
        "-l",
        user,
        "-i",
        key,
        "-o",
        f"UserKnownHostsFile={hosts}",
        "-o",
        "BatchMode=yes",
    ]
    got = folder / "got"
    contenders = {
        "a local pipe": lambda: process(["sh", "-c", COMMAND], into=got),
        "ssh(1)": lambda: process(["ssh", *options, "127.0.0.1", COMMAND], into=got),
        "hisops, ssh adapter to a sink": lambda: process([sys.executable, "-m", "bench.far_output", *where], env),
    }
    try:
        rows = compare(contenders, 5)
    finally:
        server.stop()
        shutil.rmtree(home)
    goal = "0.8 x the speed of ssh(1) (its time x 1.25), under 60 MiB"
    show(f"{MEBIBYTES} MiB of far output", rows, "ssh(1)", goal)


def client(port: str, user: str, key: str, known_hosts: str) -> None:
    """Read the output as a step of a run would, and throw it away."""
    from hisops.adapters.shell_host import ShellHost
    from hisops.adapters.ssh import SshCarrier
    from hisops.adapters.ssh_link import SshLink
    from hisops.ports import Command, Stream

    count = 0

    def sink(stream: Stream, data: bytes) -> None:
        nonlocal count
        count += len(data)

    link = SshLink(
        "far",
        "127.0.0.1",
        port=int(port),
        user=user,
        identity_file=Path(key),
        known_hosts=[Path(known_hosts)],
    )
    host = ShellHost("far", SshCarrier(link))
    code = host.run(Command(script=COMMAND), sink)
    host.close()
    if (code, count) != (0, MEBIBYTES * 1024 * 1024):
        raise SystemExit(f"{count} bytes, exit code {code}")


if __name__ == "__main__":
    client(*sys.argv[1:])
