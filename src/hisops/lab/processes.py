"""The processes of a lab host: everything that descends from the process that plays its init."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def become_init() -> None:
    """Let orphans below this process come to it instead of leaving the lab, and end when the parent ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def forked(work: Callable[[], object]) -> int:
    """Fork a process that does this work and ends, and ends with its parent; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        end_with_parent()
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    os._exit(1)


@dataclass(slots=True)
class Child:
    """A child of this process, whom others may have collected."""

    pid: int
    returncode: int | None = None

    def poll(self, options: int = os.WNOHANG) -> int | None:
        """Return how it ended; None while it lives."""
        if self.returncode is None:
            try:
                ended, status = os.waitpid(self.pid, options)
            except ChildProcessError:
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def kill(self) -> None:
        """Kill it and wait until it is gone."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.poll(options=0)


def descendants(root: int) -> list[int]:
    """Return the pids of all living descendants of `root`, parents before children."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        parent = _parent(pid)
        if parent is not None:
            children.setdefault(parent, []).append(pid)
    found, queue = [], list(children.get(root, ()))
    while queue:
        pid = queue.pop(0)
        found.append(pid)
        queue += children.get(pid, ())
    return found


def kill_descendants(root: int, patience: float = 5.0) -> None:
    """Kill everything below `root` and wait until it is gone. What forks meanwhile is caught by the next turn."""
    end = time.monotonic() + patience
    while (pids := descendants(root)) and time.monotonic() < end:
        for pid in pids:
            _kill(pid)
        reap()
        time.sleep(0.01)


def reap() -> None:
    """Collect orphans that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def ancestors(pid: int) -> list[int]:
    """Return the pids above `pid`, nearest first."""
    found = []
    parent = _parent(pid)
    while parent:
        found.append(parent)
        parent = _parent(parent)
    return found


def arguments(pid: int) -> list[str]:
    """Return the command line of `pid`; empty when it is gone."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.rstrip(b"\0").split(b"\0")]


def holders(pids: list[int], folder: Path) -> dict[int, set[Path]]:
    """Return which of `pids` hold files below `folder` open, by descriptor, working directory or memory map."""
    found: dict[int, set[Path]] = {}
    for pid in pids:
        links = [Path(f"/proc/{pid}/cwd"), *_listing(Path(f"/proc/{pid}/fd"))]
        held = {target for link in links if (target := _target(link)) and target.is_relative_to(folder)}
        if held:
            found[pid] = held
    return found


def _listing(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        return None


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _parent(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
