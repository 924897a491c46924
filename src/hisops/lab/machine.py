"""One lab host as a process: its init, SSH server, listener, workshop. Forked by the server, killed by a reboot."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

from hisops.lab import workshop
from hisops.lab.background import start_daemons
from hisops.lab.layout import LOGIN, Layout
from hisops.lab.people import OPERATORS, private_key, public_key
from hisops.lab.processes import become_init, end_with_parent, forked, kill_descendants
from hisops.lab.state import Store

_TICK = 0.05


def ports_file(layout: Layout, host: str) -> Path:
    """Return the file that names the ports of a host while it listens."""
    return layout.machine(host).root / "proc" / "ports.json"


def authorized_keys(layout: Layout) -> Path:
    """Write and return the file with the keys that may log in."""
    path = layout.keys / "authorized_keys"
    lines = [f"{public_key(private_key(layout.root, person))} {person}" for person in OPERATORS]
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text("\n".join(lines) + "\n")
    draft.replace(path)
    return path


async def serve(layout: Layout, host: str, ssh_port: int, tns_port: int) -> None:
    """Listen until this process is ended; cut all links when asked, and follow the listener's state."""
    from hisops.lab.front import Front
    from hisops.lab.ssh import Sshd

    machine = layout.machine(host)
    store = Store(layout.state)
    start_daemons(layout, host)
    sshd = Sshd(machine, LOGIN[host], layout.keys, authorized_keys(layout), store)
    port = await sshd.start(ssh_port)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    front = Front(layout, host, tns_port)
    ports = {"ssh": port, "tns": await asyncio.to_thread(front.open), "pid": os.getpid()}
    draft = ports_file(layout, host).with_suffix(".new")
    draft.write_text(json.dumps(ports))
    draft.replace(ports_file(layout, host))
    while not stop.is_set():
        if machine.order("cut").exists():
            machine.order("cut").unlink(missing_ok=True)
            sshd.cut()
        if machine.order("start").exists():
            machine.order("start").unlink(missing_ok=True)
            await asyncio.to_thread(start_daemons, layout, host)
        if front.behind():
            await asyncio.to_thread(front.follow)
        await asyncio.sleep(_TICK)


def run_init(sshd: int) -> None:
    """Be init: collect orphans, so that nobody takes a dead process for a living one. Returns when sshd has ended."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(sshd, signal.SIGTERM))
    while True:
        try:
            pid, _ = os.waitpid(-1, 0)
        except ChildProcessError:
            return
        if pid == sshd:
            return


def run(layout: Layout, host: str, ssh_port: int, tns_port: int) -> None:
    """Be a host, in a process of its own, until it is ended."""
    become_init()
    end_with_parent()
    layout.machine(host).init.write_text(str(os.getpid()))
    door = workshop.door(layout.machine(host))
    forked(lambda: workshop.Workshop(layout, host, door).run())
    sshd = forked(lambda: asyncio.run(serve(layout, host, ssh_port, tns_port)))
    try:
        run_init(sshd)
    finally:
        kill_descendants(os.getpid())
