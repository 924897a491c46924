"""Packets of the network protocol: an eight-byte header, and a length that grows to four bytes after ACCEPT."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

CONNECT, ACCEPT, REFUSE, DATA, MARKER = 1, 2, 4, 6, 12
BREAK, RESET, INTERRUPT = 1, 2, 3
END_OF_FILE = 0x0040
_HEADER = 8
_LARGEST = 2 * 1024 * 1024


class Hangup(Exception):
    """The other side is gone, or says what no client says; the session ends."""


class Interrupted(Exception):
    """A marker came where data was expected: the client gives up on its request."""


class Channel:
    """Packets over one connected socket. One thread receives; sending is safe from several."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._wide = False
        self._sdu = 8192
        self._sending = threading.Lock()

    def fileno(self) -> int:
        """Return the socket's file descriptor, for select."""
        return self._socket.fileno()

    def widen(self, sdu: int) -> None:
        """Switch to four-byte lengths and packets of up to `sdu` bytes, as agreed by ACCEPT."""
        self._wide = True
        self._sdu = max(512, min(sdu, _LARGEST))

    def receive(self) -> tuple[int, bytes]:
        """Return the next packet's type and body."""
        header = self._exactly(_HEADER)
        length = struct.unpack_from(">I" if self._wide else ">H", header)[0]
        if not _HEADER <= length <= _LARGEST:
            raise Hangup(f"packet of {length} bytes")
        return header[4], self._exactly(length - _HEADER)

    def send(self, kind: int, body: bytes) -> None:
        """Send one packet."""
        size = len(body) + _HEADER
        head = struct.pack(">I", size) if self._wide else struct.pack(">HH", size, 0)
        self._put(head + bytes((kind, 0, 0, 0)) + body)

    def send_data(self, payload: bytes) -> None:
        """Send `payload` as data packets no longer than the agreed size, in one go."""
        room = self._sdu - _HEADER - 2
        out = bytearray()
        for start in range(0, len(payload), room):
            part = payload[start : start + room]
            size = len(part) + _HEADER + 2
            out += struct.pack(">I", size) if self._wide else struct.pack(">HH", size, 0)
            out += bytes((DATA, 0, 0, 0, 0, 0)) + part
        self._put(bytes(out))

    def send_marker(self, kind: int) -> None:
        """Send a marker (break, reset, interrupt)."""
        self.send(MARKER, bytes((1, 0, kind)))

    def close(self) -> None:
        """Hang up; a receive under way in another thread ends with Hangup."""
        with suppress(OSError):  # gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._socket.recv(count - len(parts))
            except OSError as gone:
                raise Hangup(str(gone)) from gone
            if not part:
                raise Hangup("end of stream")
            parts += part
        return bytes(parts)

    def _put(self, data: bytes) -> None:
        try:
            with self._sending:
                self._socket.sendall(data)
        except OSError as gone:
            raise Hangup(str(gone)) from gone


def marker_kind(body: bytes) -> int:
    """Return which marker a marker packet carries."""
    return body[2] if len(body) > 2 else BREAK
