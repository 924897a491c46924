"""The control host: local processes behind the same frame as the far ones.

A plain subprocess and not invoke: invoke polls its streams every 10 ms, which makes a trivial step cost 14 ms instead
of 1, and it decodes what hisops keeps as bytes.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import IO

from hisops.adapters.carrier import Feed
from hisops.errors import Unreachable
from hisops.ports import Stream

_READ = 1 << 17
_LAST_WAIT = 5.0  # seconds that a shell may take to exit after its end mark


class LocalCarrier:
    """Runs the framed shell as a child process of this one, in a process group of its own."""

    def carry(
        self, argv: Sequence[str], stdin: Iterator[bytes], feed: Feed, timeout: float | None, *, keep: bool = False
    ) -> int | None:
        """Start `argv` here; see `Carrier`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            raise Unreachable(
                "HIS-3009",
                "No shell started on {host}: {detail}",
                "Check that the shell exists and may be run.",
                host="control",
                detail=str(error),
            ) from error
        try:
            if not _pump(process, stdin, feed, deadline):
                return _code(process.wait(_left(deadline)))
        except BaseException as error:
            _stop(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise TimeoutError from None
            raise
        finally:
            _release(process)
        return None

    def close(self) -> None:
        """Nothing is held."""


def _pump(process: subprocess.Popen[bytes], stdin: Iterator[bytes], feed: Feed, deadline: float | None) -> bool:
    """Move bytes until both streams have ended (false) or `feed` has had enough (true)."""
    into, out, err = (pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe)
    writer = _Writer(into, stdin)
    readers: dict[int, Stream] = {out.fileno(): "stdout", err.fileno(): "stderr"}
    with selectors.DefaultSelector() as selector:
        for number in readers:
            selector.register(number, selectors.EVENT_READ)
        if not writer.write():
            selector.register(into, selectors.EVENT_WRITE)
        while readers:
            ready = selector.select(_left(deadline))
            if not ready and _left(deadline) == 0:
                raise TimeoutError
            for key, _ in ready:
                if key.fileobj is into:
                    selector.unregister(key.fileobj)
                    if not writer.write():
                        selector.register(into, selectors.EVENT_WRITE)
                elif data := os.read(key.fd, _READ):
                    if feed(readers[key.fd], data):
                        return True
                else:
                    selector.unregister(key.fd)
                    del readers[key.fd]
    return False


class _Writer:
    """Writes pieces to a pipe as far as it takes them; closes it after the last, or when nobody reads any more."""

    def __init__(self, pipe: IO[bytes], pieces: Iterator[bytes]) -> None:
        self._pipe = pipe
        self._pieces = pieces
        self._rest = memoryview(b"")
        os.set_blocking(pipe.fileno(), False)

    def write(self) -> bool:
        """Write what fits; return true when finished."""
        try:
            while self._rest or self._next():
                self._rest = self._rest[os.write(self._pipe.fileno(), self._rest) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            pass
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        return True

    def _next(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._rest = memoryview(piece)
                return True
        return False


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _code(returncode: int) -> int:
    return returncode if returncode >= 0 else 128 - returncode


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, and what it started, that nobody waits for any more."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def _release(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes and wait for the shell, which has nothing left to do; what it left running goes on."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()
    if process.poll() is None:
        _await_end(process)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        number = os.pidfd_open(process.pid)  # wakes at once, where wait with a timeout sleeps and looks
    except (AttributeError, OSError):  # before Linux 5.3
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WAIT)
        return
    try:
        select.select([number], [], [], _LAST_WAIT)
    finally:
        os.close(number)
    process.poll()
