"""Integers and strings of the two-task protocol: read by pulling packets as needed, written into one buffer."""

from __future__ import annotations

import struct
from collections.abc import Callable

from hisops.lab.tns.wire import Hangup

SHORT = 252
LONG = 254
ESCAPE = 253
NULL = 255
CHUNK = 32767


class Reader:
    """Reads a request. A request has no end mark, so `more` is asked for the next packet when the bytes run dry."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._data = b""
        self._at = 0

    def raw(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        while len(self._data) - self._at < count:
            self._data = self._data[self._at :] + self._more()
            self._at = 0
        self._at += count
        return self._data[self._at - count : self._at]

    def peek(self) -> int:
        """Return the next byte without passing over it."""
        byte = self.u8()
        self._at -= 1
        return byte

    def drop_rest(self) -> None:
        """Forget what is left of the packets read so far."""
        self._data, self._at = b"", 0

    def u8(self) -> int:
        """Return one byte."""
        return self.raw(1)[0]

    def u16(self) -> int:
        """Return two bytes, big end first."""
        return int(struct.unpack(">H", self.raw(2))[0])

    def ub(self) -> int:
        """Return an integer of variable length: one byte of length (its high bit is the sign), then the bytes."""
        length = self.u8()
        size = length & 0x7F
        if size > 8:
            raise Hangup(f"integer of {size} bytes")
        value = int.from_bytes(self.raw(size), "big")
        return -value if length & 0x80 else value

    def blob(self) -> bytes | None:
        """Return bytes behind a length byte, or in chunks behind 254; None for null."""
        length = self.u8()
        if length in (0, NULL):
            return None
        if length != LONG:
            return self.raw(length)
        parts = bytearray()
        while size := self.ub():
            parts += self.raw(size)
        return bytes(parts)

    def counted(self) -> bytes:
        """Return bytes behind two lengths, the first of which says whether there are any."""
        return (self.blob() or b"") if self.ub() else b""

    def skip(self, *kinds: str) -> None:
        """Pass over fields: 'b' one byte, 'n' an integer of variable length."""
        for kind in "".join(kinds):
            if kind == "b":
                self.u8()
            else:
                self.ub()


class Writer:
    """Builds a reply; every method returns the writer."""

    def __init__(self) -> None:
        self._out = bytearray()

    def __len__(self) -> int:
        return len(self._out)

    def taken(self) -> bytes:
        """Return what has been written."""
        return bytes(self._out)

    def raw(self, data: bytes) -> Writer:
        """Write bytes as they are."""
        self._out += data
        return self

    def u8(self, *values: int) -> Writer:
        """Write single bytes."""
        self._out += bytes(values)
        return self

    def u16(self, value: int) -> Writer:
        """Write two bytes, big end first."""
        self._out += struct.pack(">H", value)
        return self

    def ub(self, *values: int) -> Writer:
        """Write integers of variable length; the high bit of the length byte is the sign."""
        for value in values:
            size = (abs(value).bit_length() + 7) // 8
            self._out.append(size | (0x80 if value < 0 else 0))
            self._out += abs(value).to_bytes(size, "big")
        return self

    def blob(self, data: bytes | None) -> Writer:
        """Write bytes behind a length byte, or in chunks when they are long; null and empty are one zero byte."""
        if not data:
            return self.u8(0)
        if len(data) <= SHORT:
            return self.u8(len(data)).raw(data)
        self.u8(LONG)
        for start in range(0, len(data), CHUNK):
            part = data[start : start + CHUNK]
            self.ub(len(part)).raw(part)
        return self.ub(0)

    def counted(self, data: bytes) -> Writer:
        """Write bytes behind two lengths; nothing is one zero length."""
        self.ub(len(data))
        return self.blob(data) if data else self
