"""Where the tools of a host work: each call is a fork of a process that has everything imported.

What is seen of a tool is the process that called, `tools.caller`; when it goes, its work is killed.
"""

from __future__ import annotations

import array
import gc
import importlib
import marshal
import os
import pkgutil
import select
import signal
import socket
import sys
import time
import traceback
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from hisops import lab
from hisops.lab.layout import Layout, Machine
from hisops.lab.tools import caller, entry
from hisops.lab.tools.desk import Desk

_STREAMS = ((0, "r", "surrogateescape"), (1, "w", "surrogateescape"), (2, "w", "backslashreplace"))
_FDS = 4


def preload() -> None:
    """Import all that a host and its tools may import, so that whatever is forked from here finds it."""
    for module in pkgutil.walk_packages(lab.__path__, "hisops.lab."):
        importlib.import_module(module.name)
    for name in ("asyncssh", "duckdb", "oracledb", "sqlglot"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # else each fork looks through all of it for garbage that is not there


def door(machine: Machine) -> socket.socket:
    """Return the socket at which the tools of a host call. Its folder is named by a descriptor: paths are too long."""
    folder = machine.root / "proc"
    (folder / caller.DOOR).unlink(missing_ok=True)
    near = os.open(folder, os.O_PATH)
    try:
        found = socket.socket(socket.AF_UNIX)
        found.bind(f"/proc/self/fd/{near}/{caller.DOOR}")
        found.listen(64)
    finally:
        os.close(near)
    return found


@dataclass(slots=True)
class Workshop:
    """Carries out what is called at the door."""

    layout: Layout
    host: str
    door: socket.socket
    _events: select.epoll = field(default_factory=select.epoll)
    _callers: dict[int, tuple[socket.socket, int]] = field(default_factory=dict)
    """By descriptor of the link: the link, and the process at work for it."""
    _works: dict[int, int] = field(default_factory=dict)
    """By descriptor of such a process: the descriptor of its link."""

    def run(self) -> NoReturn:
        """Go on for ever: whoever ends the host ends this."""
        self._events.register(self.door, select.EPOLLIN)
        while True:
            for fd, _ in self._events.poll():
                if fd == self.door.fileno():
                    self._begin(self.door.accept()[0])
                elif fd in self._works:
                    self._end(fd)
                elif fd in self._callers:
                    os.kill(self._callers[fd][1], signal.SIGKILL)  # its caller has gone
                    self._events.unregister(fd)

    def _begin(self, link: socket.socket) -> None:
        fds = _handed(link)
        call = caller.receive(link) if len(fds) == _FDS else b""
        if call:
            pid = os.fork()
            if pid == 0:
                _work(self.layout, self.host, link, fds, call)
            work = os.pidfd_open(pid)
            self._callers[link.fileno()] = (link, pid)
            self._works[work] = link.fileno()
            self._events.register(link, select.EPOLLRDHUP)
            self._events.register(work, select.EPOLLIN)
        else:
            link.close()
        for fd in fds:
            os.close(fd)

    def _end(self, work: int) -> None:
        link, pid = self._callers.pop(self._works.pop(work))
        _, status = os.waitpid(pid, 0)
        self._events.unregister(work)
        os.close(work)
        with suppress(OSError):  # it was left when the caller went
            self._events.unregister(link)
        with closing(link), suppress(OSError):
            caller.send(link, marshal.dumps(("ended", os.waitstatus_to_exitcode(status))))


def _handed(link: socket.socket) -> list[int]:
    """Return the descriptors that the caller hands over: its streams and its working directory."""
    _, parts, _, _ = link.recvmsg(1, socket.CMSG_SPACE(_FDS * 4), socket.MSG_CMSG_CLOEXEC)
    fds = array.array("i")
    for _, _, data in parts:
        fds.frombytes(data)
    return list(fds)


def _work(layout: Layout, host: str, link: socket.socket, fds: list[int], call: bytes) -> NoReturn:
    """Be the tool, with all that is the caller's."""
    try:
        tool, argv, environment, umask, pid = marshal.loads(call)  # noqa: S302 - the caller's own
        for (number, mode, errors), fd in zip(_STREAMS, fds, strict=False):
            os.dup2(fd, number)
            setattr(sys, ("stdin", "stdout", "stderr")[number], _stream(number, mode, errors))
        os.fchdir(fds[-1])
        os.umask(umask)
        os.environ.clear()
        os.environ.update({os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()})
        time.tzset()

        def execute(path: str, argv: list[str], environment: dict[str, str]) -> int:
            caller.send(link, marshal.dumps(("run", path, argv, environment)))
            error, code = marshal.loads(caller.receive(link))  # noqa: S302 - the caller's own
            if error:
                raise OSError(error, os.strerror(error), path)
            return int(code)

        entry.work(Desk(tool, argv, layout, host, pid=pid, execute=execute))
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def _stream(number: int, mode: str, errors: str) -> Any:
    return open(number, mode, encoding="utf-8", errors=errors, closefd=False)
