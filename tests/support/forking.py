"""Calls of hisops as processes of their own, forked from one that has imported everything.

A fresh interpreter spends most of a second of CPU on imports; a fork spends none, and is a process as any other: it has
its own environment, folder, streams and end, with or without a terminal.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import functools
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pexpect import fdpexpect

from hisops.cli.seat import SIZE, Seat

ROOT = Path(__file__).resolve().parents[2]
Done = subprocess.CompletedProcess[str]


def call(words: Sequence[str], environment: Mapping[str, str], timeout: float, folder: Path | None = None) -> Done:
    """Call `hisops` with `words`, without a terminal, and wait for its end. TimeoutExpired if that is late."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _connected() as link:
        _ask(link, words, environment, folder, [out.fileno(), err.fileno()])
        code = _code(link, words, timeout)
        for file in (out, err):
            file.seek(0)
        said = [file.read().decode("utf-8", "surrogateescape") for file in (out, err)]
    return subprocess.CompletedProcess(["hisops", *words], code, *said)


def take_seat(words: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> Seat:
    """Call `hisops` with `words` at a terminal of its own, as `hisops.cli.seat.take_seat` does."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, SIZE)
    link = _connected()
    _ask(link, words, environment, folder, [theirs])
    os.close(theirs)
    heard = b""
    while b" " not in heard:
        heard += link.recv(1)

    def code() -> int:
        with link:
            ended = int(link.recv(64))
        os.close(ours)
        return ended if ended >= 0 else 128 - ended

    return Seat(fdpexpect.fdspawn(ours, encoding="utf-8", codec_errors="replace"), int(heard), code)


def _ask(
    link: socket.socket, words: Sequence[str], environment: Mapping[str, str], folder: Path | None, streams: list[int]
) -> None:
    """Ask for a call with `streams`: of output and errors, or one terminal for all."""
    asked = {"words": list(words), "environment": dict(environment), "folder": str(folder or Path.cwd())}
    fds = array.array("i", streams)
    link.sendmsg([json.dumps(asked).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    link.shutdown(socket.SHUT_WR)


def _code(link: socket.socket, words: Sequence[str], timeout: float) -> int:
    link.settimeout(timeout)
    heard = b""
    try:
        while data := link.recv(64):
            heard += data
    except TimeoutError:
        os.kill(int(heard.split()[0]), signal.SIGKILL)
        raise subprocess.TimeoutExpired(["hisops", *words], timeout) from None
    return int(heard.split()[1])


def _connected() -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(_server()))
    return link


@functools.cache
def _server() -> Path:
    """Start the process that all calls are forked from; it ends with this one."""
    path = Path(tempfile.mkdtemp(prefix="hisops-calls-")) / "socket"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "tests.support.forking", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(process.kill)
    assert process.stdout is not None
    if process.stdout.readline() != b"ready\n":
        raise RuntimeError("the process that calls are forked from did not start")
    return path


def serve(path: str) -> None:
    """Fork a process for each call, until who started this one is gone.

    What the site of a call says is read before the fork: whoever calls there next finds it read.
    """
    from tests.support import preloading

    preloading.preload()
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            link, _ = listener.accept()
            asked, fds = _heard(link)
            if site := asked["environment"].get("HISOPS_SITE"):
                preloading.read_again(Path(asked["folder"]) / site)
            if os.fork() == 0:
                listener.close()
                _attend(link, asked, fds)
            link.close()
            for fd in fds:
                os.close(fd)


def _reap(*_: object) -> None:
    """Take leave of the children that have ended; so their time counts as this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _heard(link: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return what is asked for, and the streams for it."""
    data, fds, _, _ = socket.recv_fds(link, 1 << 20, 2)
    while more := link.recv(1 << 20):
        data += more
    asked: dict[str, Any] = json.loads(data)
    return asked, fds


def _attend(link: socket.socket, asked: dict[str, Any], fds: list[int]) -> None:
    """Carry out one call in a child, tell its number and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        link.close()
        _carry_out(asked, fds)
    for fd in fds:
        os.close(fd)
    link.sendall(f"{child} ".encode())
    link.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n".encode())
    os._exit(0)


def _carry_out(asked: dict[str, Any], fds: list[int]) -> None:
    from hisops.cli import app

    code: Any = 70
    try:
        streams = [os.open(os.devnull, os.O_RDONLY), *fds]
        if len(fds) == 1:
            os.setsid()
            fcntl.ioctl(fds[0], termios.TIOCSCTTY, 0)
            streams = fds * 3
        for number, fd in enumerate(streams):
            os.dup2(fd, number)
        for fd in set(streams):
            os.close(fd)
        sys.stdin, sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(fd, mode, closefd=False), "utf-8", "surrogateescape")  # type: ignore[arg-type]
            for fd, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        os.environ.clear()
        os.environ.update(asked["environment"])
        time.tzset()
        os.chdir(asked["folder"])
        sys.argv = ["hisops", *asked["words"]]
        app.main(asked["words"])
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)


if __name__ == "__main__":
    serve(sys.argv[1])
