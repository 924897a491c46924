"""One logged-in session: reads calls, carries them out, answers; listens for a cancel while a statement runs."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.session import SqlSession
from hisops.lab.tns import messages, requests
from hisops.lab.tns.calls import Calls
from hisops.lab.tns.codec import Reader, Writer
from hisops.lab.tns.wire import DATA, END_OF_FILE, MARKER, RESET, Channel, Hangup, Interrupted, marker_kind

_CANCELLED = (1013, "user requested cancel of current operation")
_KILLED = (28, "your session has been killed")
_NUDGE = 0.05  # an interrupt that comes before the statement has begun is lost, so it is repeated


class Session:
    """Serves one client until it logs off, breaks off or is killed."""

    def __init__(self, channel: Channel, reader: Reader, sql: SqlSession, calls: Calls) -> None:
        self._channel = channel
        self._reader = reader
        self._sql = sql
        self._calls = calls
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="lab-statement")
        self._killed = False

    def serve(self) -> None:
        """Answer calls until the session ends; an open transaction is rolled back."""
        try:
            while self._call():
                pass
        finally:
            self._sql.interrupt()
            self._worker.shutdown(wait=True)
            with suppress(OracleError):
                self._sql.close()
            self._bell.close()
            self._ear.close()
            self._channel.close()

    def kill(self) -> None:
        """End the session: its running or next call is answered with ORA-00028."""
        self._killed = True
        self._ring()

    def _call(self) -> bool:
        try:
            function = self._next_function()
            answer = self._calls.read(function, self._reader)
        except Interrupted:
            self._settle(*_CANCELLED)
            return True
        except OracleError as error:
            self._reader.drop_rest()
            self._channel.send_data(self._calls.failure(error))
            return True
        if answer is None:
            self._say_goodbye()
            return False
        return self._carry_out(answer)

    def _next_function(self) -> int:
        while True:
            kind = self._reader.u8()
            if kind == 17:
                requests.read_piggyback(self._reader, self._calls.piggybacks)
            elif kind == 3:
                function = self._reader.u8()
                self._reader.u8()
                return function
            else:
                raise Hangup(f"message {kind}")

    def _carry_out(self, answer: Callable[[], bytes]) -> bool:
        """Run `answer` in the worker and send what it gives, or the cancel's error."""
        if self._killed:
            self._channel.send_data(self._error(*_KILLED))
            return False
        running = self._worker.submit(answer)
        running.add_done_callback(lambda _: self._ring())
        cancelled = self._watch(running)
        reply: bytes | None = None
        try:
            reply = running.result()
        except OracleError as error:
            reply = self._calls.failure(error)
        except Exception as defect:  # the client is told that the lab is wrong, not the database
            reply = self._error(900, f"invalid SQL statement (lab: defect: {defect!r})")
        if self._killed:
            self._channel.send_data(self._error(*_KILLED))
            return False
        if cancelled:
            self._settle(*_CANCELLED)
            return True
        return self._send(reply)

    def _send(self, reply: bytes) -> bool:
        if self._calls.cut:
            self._channel.send_data(reply[: len(reply) // 2])
            return False
        if reply:
            self._channel.send_data(reply)
        return bool(reply) and not self._calls.over

    def _watch(self, running: Future[bytes]) -> bool:
        """Wait for the worker; True if the client cancelled meanwhile. Hangup when the client is gone."""
        cancelled = False
        line, ear = self._channel.fileno(), self._ear.fileno()
        while not running.done():
            stopping = cancelled or self._killed
            ready, _, _ = select.select([ear] if cancelled else [ear, line], [], [], _NUDGE if stopping else None)
            if ear in ready:
                self._ear.recv(64)
            if line in ready:
                cancelled = self._was_marker()
            if cancelled or self._killed:
                self._sql.interrupt()
        return cancelled

    def _was_marker(self) -> bool:
        try:
            kind, _ = self._channel.receive()
        except Hangup:
            self._sql.interrupt()
            raise
        if kind != MARKER:
            raise Hangup("a call inside a call")
        return True

    def _settle(self, number: int, text: str) -> None:
        """After a marker: markers both ways, then the error. In this order the session stays usable."""
        self._reader.drop_rest()
        self._channel.send_marker(1)
        while True:
            kind, body = self._channel.receive()
            if kind == MARKER and marker_kind(body) == RESET:
                break
        self._channel.send_marker(RESET)
        self._channel.send_data(self._error(number, text))

    def _error(self, number: int, text: str) -> bytes:
        return self._calls.failure(OracleError(number, text))

    def _say_goodbye(self) -> None:
        out = Writer()
        messages.status(out, in_transaction=False)
        self._channel.send_data(out.taken())

    def _ring(self) -> None:
        with suppress(OSError):
            self._bell.send(b"\0")


def data_source(channel: Channel) -> Callable[[], bytes]:
    """Return the function that pulls the next data packet's payload for a Reader."""

    def pull() -> bytes:
        kind, body = channel.receive()
        if kind == MARKER:
            raise Interrupted
        if kind != DATA or len(body) < 2:
            raise Hangup(f"packet type {kind}")
        if int.from_bytes(body[:2], "big") & END_OF_FILE:
            raise Hangup("client closes")
        return body[2:]

    return pull
