"""What stands for a simulated tool among the processes of its host, and has the work done in the host's workshop.

It holds the tool's streams, working directory and place in session and group; a signal that ends it ends the work.
Every tool starts one of these, so it imports next to nothing.
"""

from __future__ import annotations

import marshal
import posix
import sys
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket

DOOR = "tools.sock"
_LENGTH = 8
_KILLED = 137
_INTERRUPT = 2


def main(tool: str, directory: str, host: str) -> None:
    """Have `tool` work as called here; without a workshop it works in this process."""
    try:
        link = _ask(tool, f"{directory}/lab/hosts/{host}/proc")
    except OSError:
        from hisops.lab.tools.entry import alone

        alone(tool, directory, host)
        return
    try:
        while data := receive(link):
            kind, *rest = marshal.loads(data)  # noqa: S302 - the workshop's own
            if kind == "ended":
                _end_as(*rest)
            send(link, marshal.dumps(execute(*rest)))
    except KeyboardInterrupt:
        _end_as(-_INTERRUPT)
    _end_as(_KILLED)


def execute(path: str, argv: list[str], environment: dict[str, str]) -> tuple[int, int]:
    """Run a command that the tool asks for, with signals passed on; return the error's number or 0, and its code."""
    import signal

    passed = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, passed)  # one that comes early waits until there is a child
    try:
        child = posix.posix_spawn(
            path, argv, environment, setsigmask=before, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ]
        )
        for number in passed:
            signal.signal(number, lambda received, _: posix.kill(child, received))
    except OSError as error:
        return error.errno or 1, 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _, status = posix.waitpid(child, 0)
    for number in passed:
        signal.signal(number, signal.SIG_DFL)
    return 0, posix.waitstatus_to_exitcode(status)


def _end_as(code: int) -> None:
    """End with this exit code, or by this signal."""
    if code >= 0:
        posix._exit(code)
    import signal

    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    posix.kill(posix.getpid(), -code)


def _ask(tool: str, folder: str) -> socket:
    """Hand the call and the streams over. The door is named by a descriptor: a socket's path must be short."""
    link = socket(AF_UNIX, SOCK_STREAM)
    near, cwd = posix.open(folder, posix.O_PATH), posix.open(".", posix.O_PATH)
    link.connect(f"/proc/self/fd/{near}/{DOOR}")
    posix.umask(umask := posix.umask(0o77))
    streams = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (0, 1, 2, cwd))
    link.sendmsg([b"\0"], [(SOL_SOCKET, SCM_RIGHTS, streams)])
    send(link, marshal.dumps((tool, sys.argv[1:], posix.environ, umask, posix.getpid())))
    return link


def send(link: socket, data: bytes) -> None:
    """Send one message."""
    link.sendall(len(data).to_bytes(_LENGTH, "big") + data)


def receive(link: socket) -> bytes:
    """Receive one message; nothing when the other side has gone."""
    data, wanted = b"", _LENGTH
    while len(data) < wanted:
        part = link.recv(65536)
        if not part:
            return b""
        data += part
        if len(data) >= _LENGTH:
            wanted = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
    return data[_LENGTH:]
