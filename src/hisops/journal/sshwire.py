"""The SSH wire encoding (RFC 4251 part 5): writing strings and integers, reading them strictly."""

from __future__ import annotations

import struct


def string(data: bytes | str) -> bytes:
    """Return `data` with its length before it."""
    raw = data.encode("utf-8") if isinstance(data, str) else data
    return struct.pack(">I", len(raw)) + raw


class Wire:
    """Reads fields one after another; ValueError as soon as something is missing or left over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        end = self.position + count
        if end > len(self._data):
            raise ValueError("the data ends too early")
        part = self._data[self.position : end]
        self.position = end
        return part

    def uint32(self) -> int:
        """Return the next four bytes as a number."""
        return int.from_bytes(self.take(4), "big")

    def uint64(self) -> int:
        """Return the next eight bytes as a number."""
        return int.from_bytes(self.take(8), "big")

    def string(self) -> bytes:
        """Return the next string."""
        return self.take(self.uint32())

    def text(self) -> str:
        """Return the next string as UTF-8 text."""
        return self.string().decode("utf-8")

    def strings(self) -> list[bytes]:
        """Return the strings packed in the next string."""
        inner, found = Wire(self.string()), []
        while not inner.at_end:
            found.append(inner.string())
        return found

    @property
    def at_end(self) -> bool:
        """True when nothing is left."""
        return self.position == len(self._data)

    def end(self) -> None:
        """Refuse anything that is left."""
        if not self.at_end:
            raise ValueError(f"{len(self._data) - self.position} bytes too many")
