"""SSH by fabric: its connections, gateways and reading of ssh_config; the channel is read here.

fabric trusts unknown host keys, so its policy is replaced on every hop; its `run` joins all output again every 1000
bytes and polls, so it is not used. paramiko leaves Nagle's algorithm on, 41 ms a command, so it is switched off.
"""

from __future__ import annotations

import contextlib
import shlex
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from hisops.adapters.carrier import Feed
from hisops.adapters.ssh_failures import LOST
from hisops.adapters.ssh_link import SshLink
from hisops.errors import Unreachable
from hisops.ports import Stream

_READ = 1 << 20
_PARTING = 0.5  # seconds for the server to end a channel that has told all
_STATUS_WAIT = 5.0  # seconds that the exit status may come after the end of the output


class SshCarrier:
    """Runs framed shells in channels of one SSH connection, which is made at the first need and again after a loss.

    A shell that reads on is kept for the next script: to start one costs the far side more than most scripts do.
    """

    def __init__(self, link: SshLink) -> None:
        self._link = link
        self._kept = _Kept()

    def carry(
        self, argv: Sequence[str], stdin: Iterator[bytes], feed: Feed, timeout: float | None, *, keep: bool = False
    ) -> int | None:
        """Start `argv` there, or go on with a kept one; see `Carrier`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not keep:
            return self._run(self._start(argv, deadline), stdin, feed, deadline)
        text = list(stdin)
        if channel := self._kept.take(argv):
            heard = _Heard(feed)
            try:
                status = self._run(channel, iter(text), heard.feed, deadline, argv)
            except Unreachable:
                if heard.anything:
                    raise
            else:
                if heard.anything:
                    return status
            # The kept shell, or its connection, had died unseen: once more, with a new one.
        return self._run(self._start(argv, deadline), iter(text), feed, deadline, argv)

    def close(self) -> None:
        """Hang up."""
        self._kept.clear()
        self._link.close()

    def _start(self, argv: Sequence[str], deadline: float | None) -> Any:
        channel = self._link.session()
        try:
            with _translated(self._link.name):
                channel.settimeout(_left(deadline))
                channel.exec_command("exec " + shlex.join(argv))
        except BaseException:
            _hang_up(channel)
            raise
        return channel

    def _run(
        self, channel: Any, stdin: Iterator[bytes], feed: Feed, deadline: float | None,
        kept_for: Sequence[str] | None = None,
    ) -> int | None:  # fmt: skip
        over = True
        try:
            with _translated(self._link.name):
                arrivals = _Arrivals(channel)
                channel.settimeout(_left(deadline))
                writer = _Writer(channel, stdin, last=kept_for is None)
                if not _pump(channel, arrivals, writer, feed, deadline):
                    return _status(channel, _left(deadline))
                if kept_for is not None:
                    self._kept.put(kept_for, channel)
                    over = False
                else:
                    # Nothing is missing; but a server that is closing too does not like to be overtaken.
                    channel.status_event.wait(_PARTING)
                return None
        finally:
            if over:
                _hang_up(channel)


def _hang_up(channel: Any) -> None:
    """Close a channel; one whose link is dead must not hold anybody up."""
    with contextlib.suppress(Exception):
        channel.close()


class _Heard:
    """Passes output on, and knows whether there was any."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.anything = False

    def feed(self, stream: Stream, data: bytes) -> bool:
        """Take `data`."""
        self.anything = True
        return self._feed(stream, data)


class _Kept:
    """Channels whose shell waits for its next script, by the command that started it."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, ...], list[Any]] = {}
        self._lock = threading.Lock()

    def take(self, argv: Sequence[str]) -> Any | None:
        """Return a channel that nobody uses and that has not ended meanwhile, None if there is none."""
        with self._lock:
            idle = self._idle.get(tuple(argv), [])
            while idle:
                channel = idle.pop()
                if not (channel.closed or channel.eof_received) and channel.get_transport().is_active():
                    return channel
        return None

    def put(self, argv: Sequence[str], channel: Any) -> None:
        """Keep `channel` for the next."""
        with self._lock:
            self._idle.setdefault(tuple(argv), []).append(channel)

    def clear(self) -> None:
        """Forget all; their connection is about to be closed."""
        with self._lock:
            self._idle.clear()


def _pump(channel: Any, arrivals: _Arrivals, writer: _Writer, feed: Feed, deadline: float | None) -> bool:
    """Give output to `feed` until it has had enough (true) or the streams have ended (false)."""
    while True:
        ended = channel.eof_received or channel.closed
        if _drain(channel, feed):
            return True
        writer.check()
        if ended:
            return False
        if not arrivals.wait(_left(deadline)):
            raise TimeoutError


def _status(channel: Any, left: float | None) -> int | None:
    """Return the exit status, None if there is none; EOFError if the link is gone."""
    channel.status_event.wait(_STATUS_WAIT if left is None else min(_STATUS_WAIT, left))
    if channel.exit_status >= 0:
        return int(channel.exit_status)
    if not channel.get_transport().is_active():
        raise EOFError
    return None


def _drain(channel: Any, feed: Feed) -> bool:
    while channel.recv_ready():
        if feed("stdout", channel.recv(_READ)):
            return True
    while channel.recv_stderr_ready():
        if feed("stderr", channel.recv_stderr(_READ)):
            return True
    return False


class _Arrivals:
    """One event for both streams of a channel, so that one thread waits without polling."""

    def __init__(self, channel: Any) -> None:
        self._event = threading.Event()
        channel.in_buffer.set_event(self)
        channel.in_stderr_buffer.set_event(self)

    def set(self) -> None:
        """Output came, or a stream ended. Called by the channel's buffers."""
        self._event.set()

    def clear(self) -> None:
        """A buffer is empty. Not heard: the other may be full."""

    def wait(self, timeout: float | None) -> bool:
        """Wait for the next arrival; false when it is late."""
        arrived = self._event.wait(timeout)
        self._event.clear()
        return arrived


class _Writer:
    """Writes stdin to a channel: the framed text at once, what comes behind it in a thread, so that output flows."""

    def __init__(self, channel: Any, pieces: Iterator[bytes], *, last: bool) -> None:
        self._channel = channel
        self._error: Exception | None = None
        channel.sendall(next(pieces))
        second = next(pieces, None)
        if second is None:
            if last:
                channel.shutdown_write()
        else:
            threading.Thread(target=self._write, args=(second, pieces), daemon=True).start()

    def _write(self, piece: bytes | None, pieces: Iterator[bytes]) -> None:
        try:
            while piece is not None:
                try:
                    self._channel.sendall(piece)
                except OSError:  # the tool has ended, or reads no more: its exit code tells
                    return
                piece = next(pieces, None)
            with contextlib.suppress(OSError, EOFError):
                self._channel.shutdown_write()
        except Exception as error:
            self._error = error
            self._channel.in_buffer.feed(b"")  # wakes the reader

    def check(self) -> None:
        """Raise what went wrong with a part of stdin, e.g. a file that cannot be read."""
        if self._error:
            raise self._error


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    from paramiko import SSHException

    try:
        yield
    except TimeoutError:
        raise
    except (EOFError, ConnectionError, SSHException) as error:
        raise Unreachable(*LOST, host=name, detail=str(error) or "closed by the other side") from error


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
