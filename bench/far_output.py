"""50 MiB of output of a far command, read from the system's own sshd: the adapter beside ssh(1)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import sshd

from bench.timing import Sample, compare, process, show, timed
from hisops.adapters.shell_host import ShellHost
from hisops.adapters.ssh import SshCarrier
from hisops.adapters.ssh_link import SshLink
from hisops.adapters.ssh_place import SshPlace
from hisops.ports import Command, Stream

MEBIBYTES = 50
COMMAND = f"head -c {MEBIBYTES * 1024 * 1024} /dev/zero | tr '\\0' x"


def main(folder: Path) -> None:
    """Compare the transfer over a connection that is kept, as in a run, and whole processes, which log in anew."""
    home = sshd.temporary()  # outside the checkout, whose folders the user who logs in may not enter
    server = sshd.start(home)
    where = [str(server.port), server.user, str(server.client_key), str(server.known_hosts)]
    got, control = folder / "got", home / "kept"
    stock, kept = ssh(*where), [*ssh(*where), "-S", str(control)]
    master = subprocess.Popen([*kept, "-M", "-N", "127.0.0.1"])
    host = connect(*where)
    try:
        transfers = {
            "a local pipe": lambda: process(["sh", "-c", COMMAND], into=got),
            "ssh(1), connection kept": lambda: process([*kept, "127.0.0.1", COMMAND], into=got),
            "hisops, connection kept": lambda: transfer(host),
        }
        processes = {
            "ssh(1)": lambda: process([*stock, "127.0.0.1", COMMAND], into=got),
            "hisops": lambda: anew(where, got),
        }
        rows = compare({**transfers, **processes}, 7)
    finally:
        host.close()
        master.terminate()
        master.wait()
        server.stop()
        shutil.rmtree(home)
    goal = "0.8 x the speed of ssh(1) (its time x 1.25), under 60 MiB"
    show(f"{MEBIBYTES} MiB of far output", rows[:3], "ssh(1), connection kept", goal)
    show("The same with start and login", rows[3:], "ssh(1)", "none: most of the difference is Python's start")


def ssh(port: str, user: str, key: str, known_hosts: str) -> list[str]:
    """Return the command of the stock client, without its last words."""
    options = ["-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={known_hosts}"]
    return ["ssh", *options, "-p", port, "-l", user, "-i", key]


def connect(port: str, user: str, key: str, known_hosts: str) -> ShellHost:
    """Return the host behind the adapter."""
    link = SshLink(
        SshPlace(
            "far",
            "127.0.0.1",
            port=int(port),
            user=user,
            identity_file=Path(key),
            known_hosts=[Path(known_hosts)],
        )
    )
    return ShellHost("far", SshCarrier(link))


def transfer(host: ShellHost) -> Sample:
    """Read the output as a step of a run would, and throw it away; RuntimeError if any is missing."""
    count = code = 0

    def sink(stream: Stream, data: bytes) -> None:
        nonlocal count
        count += len(data)

    def read() -> None:
        nonlocal code
        code = host.run(Command(script=COMMAND), sink)

    sample = timed(read)
    if (code, count) != (0, MEBIBYTES * 1024 * 1024):
        raise RuntimeError(f"{count} bytes, exit code {code}")
    return sample


def anew(where: list[str], told: Path) -> Sample:
    """Measure a process of its own, which tells its peak of memory itself."""
    root = Path(__file__).parents[1]
    env = {"PYTHONPATH": f"{root}:{root / 'src'}"}
    sample = process([sys.executable, "-m", "bench.far_output", *where], env, told)
    return Sample(sample.seconds, int(told.read_text()) / 1024)


if __name__ == "__main__":
    far = connect(*sys.argv[1:])
    transfer(far)
    far.close()
    print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
