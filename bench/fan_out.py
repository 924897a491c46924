"""Many read-only commands on many hosts at once, whole processes: hisops with its signed log beside its peers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import small_site, sshd
from tests.support.sshd import Sshd

from bench.timing import Sample, compare, process, show

HOSTS, COMMANDS = 32, 20
PEERS = Path(__file__).parents[1] / ".peers" / "bin"  # made by `make bench`; the peers may not mix with our packages
BARE = "asyncssh, one exec a command"


@dataclass(frozen=True)
class Fleet:
    """One sshd that stands for all hosts: each is a name of its own, with a connection of its own."""

    server: Sshd
    folder: Path

    @property
    def names(self) -> list[str]:
        """The names of the hosts."""
        return [f"host{number}" for number in range(1, HOSTS + 1)]


def main(folder: Path) -> None:
    """Compare the peers that are there; what is missing is said."""
    home = sshd.temporary()
    # A home of its own: what the ~/.bashrc of who measures does is not to be measured.
    server = sshd.start(home, options=["MaxStartups 500", f"SetEnv HOME={home}"])
    fleet = Fleet(server, home)
    try:
        contenders = {
            BARE: bare(fleet, "exec"),
            "asyncssh, one kept sh a host": bare(fleet, "shell"),
            "hisops run, logged and signed": hisops(fleet, folder),
            **pyinfra(fleet),
        }
        show(f"{COMMANDS} read-only commands on {HOSTS} hosts", compare(contenders, 3), BARE, "1.2 x bare asyncssh")
        # Far slower: one turn tells enough.
        if slow := ansible(fleet):
            rows = compare({BARE: bare(fleet, "exec"), **slow}, 1, warm=False)
            show("The same with ansible: forks 32, pipelining, ControlPersist", rows, BARE, "none")
    finally:
        server.stop()
        shutil.rmtree(home)


def bare(fleet: Fleet, how: str) -> Callable[[], Sample]:
    """Return the least that a Python program needs."""
    server = fleet.server
    words = [str(server.port), server.user, str(server.client_key), str(server.known_hosts), str(COMMANDS)]
    command = [sys.executable, "-c", _BARE, how, *words, *fleet.names]
    return lambda: process(command)


_BARE = """
import asyncio, sys, asyncssh
how, port, user, key, known, count, *hosts = sys.argv[1:]
async def on(host):
    login = dict(username=user, client_keys=[key], known_hosts=known, config=None, agent_path=None)
    async with asyncssh.connect("127.0.0.1", int(port), **login) as link:
        if how == "exec":
            for _ in range(int(count)):
                await link.run("true", check=True)
            return
        shell = await link.create_process("sh")
        for _ in range(int(count)):
            shell.stdin.write("true; echo $?\\n")
            assert await shell.stdout.readline() == "0\\n"
async def main():
    await asyncio.gather(*map(on, hosts))
asyncio.run(main())
"""


def hisops(fleet: Fleet, folder: Path) -> Callable[[], Sample]:
    """Return `hisops run` of a saved plan: its own log, every command with intent, output and end in it."""
    site = small_site.make(folder / "fleet", fleet.server)
    hosts = "\n".join(f"  {name}: {_host(fleet)}" for name in fleet.names)
    text = (site.site / "site.yaml").read_text().replace("hosts:\n", f"hosts:\n{hosts}\n", 1)
    (site.site / "site.yaml").write_text(text.replace("  one: ", "  # one: ").replace("host: one", "host: host1"))
    (site.site / "runbooks/files/fan-out.yaml").write_text(_runbook())
    plan = folder / "fan-out.plan"
    made = site.hisops("plan", "files/fan-out", "-t", "box", "-o", str(plan))
    if made.returncode:
        raise RuntimeError(made.stdout + made.stderr)
    environment = site.environment()
    environment["PYTHONPATH"] = str(Path(__file__).parents[1] / "src")
    return lambda: process(site.command("run", str(plan)), environment)


def _host(fleet: Fleet) -> str:
    server = fleet.server
    return f"{{address: 127.0.0.1, port: {server.port}, user: {server.user}, identity_file: {server.client_key}}}"


def _runbook() -> str:
    steps = "".join(
        f"""
  - id: look{number}
    title: {{zh: 查看, en: Look}}
    effect: read
    as: login
    for_each: hosts
    parallel: {HOSTS}
    sh: 'true'
"""
        for number in range(COMMANDS)
    )
    return (
        "hisops: runbook/v1\nid: files/fan-out\nversion: 1.0.0\ntitle: {zh: 巡检, en: Look everywhere}\n"
        f"purpose: {{zh: 试, en: A benchmark}}\ntarget: {{engine: files}}\nsteps:{steps}"
    )


def pyinfra(fleet: Fleet) -> Mapping[str, Callable[[], Sample]]:
    """Return pyinfra, if it is there."""
    if not (PEERS / "pyinfra").exists():
        print("pyinfra is not installed here: left out")
        return {}
    server = fleet.server
    login = {
        "ssh_hostname": "127.0.0.1", "ssh_port": server.port, "ssh_user": server.user,
        "ssh_key": str(server.client_key), "ssh_known_hosts_file": str(server.known_hosts),
    }  # fmt: skip
    inventory, deploy = fleet.folder / "inventory.py", fleet.folder / "deploy.py"
    inventory.write_text(f"hosts = [(host, {login!r}) for host in {fleet.names!r}]\n")
    deploy.write_text(
        "from pyinfra.operations import server\n"
        f"for number in range({COMMANDS}):\n    server.shell(name=f'look {{number}}', commands=['true'])\n"
    )
    return {"pyinfra": lambda: process([str(PEERS / "pyinfra"), "-y", str(inventory), str(deploy)])}


def ansible(fleet: Fleet) -> Mapping[str, Callable[[], Sample]]:
    """Return ansible as fast as its manual makes it, if it is there."""
    if not (PEERS / "ansible-playbook").exists():
        print("ansible is not installed here: left out")
        return {}
    server, folder = fleet.server, fleet.folder
    inventory, book = folder / "inventory.ini", folder / "book.yml"
    inventory.write_text("".join(f"{name} ansible_control_path={folder}/{name}\n" for name in fleet.names))
    task = "    - ansible.builtin.command: 'true'\n      changed_when: false\n"
    where = f"  vars: {{ansible_host: 127.0.0.1, ansible_port: {server.port}}}\n"
    book.write_text("- hosts: all\n  gather_facts: false\n" + where + "  tasks:\n" + task * COMMANDS)
    environment = {
        "ANSIBLE_HOME": str(folder / "ansible"), "ANSIBLE_FORKS": str(HOSTS), "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_PRIVATE_KEY_FILE": str(server.client_key),
        "ANSIBLE_REMOTE_USER": server.user, "ANSIBLE_SSH_COMMON_ARGS": f"-o UserKnownHostsFile={server.known_hosts}",
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=60s",
        "LC_ALL": "C.UTF-8",
    }  # fmt: skip

    def play() -> Sample:
        command = [str(PEERS / "ansible-playbook"), "-i", str(inventory), str(book)]
        sample = process(command, environment)
        for name in fleet.names:
            end = ["ssh", "-o", f"ControlPath={folder / name}", "-O", "exit", "x"]
            subprocess.run(end, capture_output=True, check=False)
        return sample

    return {"ansible": play}
