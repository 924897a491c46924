"""The one background process of a lab: it starts the hosts, and restarts a host that was asked to reboot."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import IO, Any

from hisops.lab import autostart, cluster, dr_scenario, machine, network, pair, workshop
from hisops.lab.layout import HOSTS, Layout
from hisops.lab.processes import Child, become_init, forked, kill_descendants
from hisops.lab.roles import down
from hisops.lab.state import LAB, Store, Watch
from hisops.lab.tree import new_boot, write_launchers

_TICK = 0.05
_BOOT_SECONDS = 1.2
_BOOT_LIMIT = 60.0
_DESCRIPTORS = 1024


class Server:
    """Keeps the hosts running."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._hosts: dict[str, Child] = {}
        self._ports: dict[str, dict[str, int]] = {}
        self._stop = False
        self._store = Store(layout.state)
        self._watch = Watch(self._store, LAB)
        self._returns = False

    def run(self) -> None:
        """Start the hosts, say that they are ready, and look after them until asked to stop."""
        signal.signal(signal.SIGTERM, self._on_term)
        for host in HOSTS:
            write_launchers(self._layout, host)
            for order in ("reboot", "cut", "start"):
                self._layout.machine(host).order(order).unlink(missing_ok=True)
            self._power_on(host)
        for host in HOSTS:
            self._await(host)
        self._announce()
        try:
            while not self._stop and self._layout.lock.exists():  # the folder may be deleted under a running lab
                self._look_after()
                time.sleep(_TICK)
        finally:
            self._layout.ready.unlink(missing_ok=True)
            for host in HOSTS:
                self._halt(host)

    def _on_term(self, *_: Any) -> None:
        self._stop = True

    def _look_after(self) -> None:
        for host in HOSTS:
            order = self._layout.machine(host).order("reboot")
            if self._layout.machine(host).order("lost").exists():
                self._halt(host)
            elif order.exists():
                print(f"reboot of {host}", flush=True)  # noqa: T201 - the server's own log file
                self._reboot(host)
                order.unlink(missing_ok=True)
            elif self._hosts[host].poll() is not None:
                print(f"{host} ended by itself: {self._hosts[host].returncode}", flush=True)  # noqa: T201
                self._boot(host)
        if self._watch.moved():
            self._returns = dr_scenario.RETURNS in self._store.read(LAB)["faults"]
        if self._returns:
            returned = dr_scenario.come_back(self._layout)
            if returned:
                self._layout.machine(returned).order("start").touch()
        reap_strays(self._hosts)

    def _boot(self, host: str) -> None:
        self._power_on(host)
        self._await(host)

    def _power_on(self, host: str) -> None:
        machine.ports_file(self._layout, host).unlink(missing_ok=True)
        before = self._ports.get(host, {})
        ports = [before.get(kind, 0) for kind in ("ssh", "tns")]
        self._hosts[host] = Child(forked(partial(self._be, host, *ports)))

    def _be(self, host: str, ssh_port: int, tns_port: int) -> None:
        os.closerange(3, _DESCRIPTORS)  # the lock is the server's alone
        machine.run(self._layout, host, ssh_port, tns_port)

    def _await(self, host: str) -> None:
        end = time.monotonic() + _BOOT_LIMIT
        while not machine.ports_file(self._layout, host).exists():
            if time.monotonic() > end or self._hosts[host].poll() is not None:
                raise SystemExit(f"{host} does not come up")
            time.sleep(0.02)
        self._ports[host] = json.loads(machine.ports_file(self._layout, host).read_text())

    def _halt(self, host: str) -> None:
        process = self._hosts.get(host)
        if process is None or process.poll() is not None:
            return
        kill_descendants(process.pid)
        process.kill()
        self._layout.machine(host).init.unlink(missing_ok=True)

    def _reboot(self, host: str) -> None:
        """Kill all processes, clear /tmp, change the boot identity; then what starts by itself starts."""
        files = self._layout.machine(host)
        self._halt(host)
        for leftover in files.tmp.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()
        new_boot(files)
        crash(Store(self._layout.state), host)
        time.sleep(_BOOT_SECONDS)
        self._boot(host)
        self._announce()
        autostart.boot(self._layout, host)

    def _announce(self) -> None:
        network.write(self._layout, self._ports)
        ready = self._layout.ready
        draft = ready.with_suffix(".new")
        draft.write_text(json.dumps({"pid": os.getpid(), "ports": self._ports}))
        draft.replace(ready)


def reap_strays(hosts: dict[str, Child]) -> None:
    """Collect orphans of killed hosts, but leave the hosts themselves to their owners."""
    own = {process.pid for process in hosts.values()}
    while (seen := _peek()) and seen not in own:
        os.waitpid(seen, os.WNOHANG)


def _peek() -> int:
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return found.si_pid if found else 0


def crash(store: Store, host: str) -> None:
    """Leave the databases of `host` as a power cut does."""
    for name in store.databases():
        with pair.changing_one(store, name) as state:
            if state["host"] == host:
                down(state)
                state["listener"]["up"] = False
    cluster.crash(store, host, time.time())


def _take(lock: IO[str]) -> bool:
    """Take the lock; somebody who only looks whether it is held has it for an instant."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TICK)
        else:
            return True
    return False


def main() -> None:
    """Run `python -m hisops.lab.server DIR`; a second server for the same folder ends at once."""
    layout = Layout(Path(sys.argv[1]))
    with layout.lock.open("a+") as lock:
        if not _take(lock):
            raise SystemExit("this lab is up already")
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        os.set_inheritable(lock.fileno(), False)
        become_init()
        workshop.preload()
        try:
            Server(layout).run()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)  # taking the interpreter down makes duckdb fill the log with what it leaks


if __name__ == "__main__":
    main()
