"""The tree over the ledger's entries (RFC 6962 part 2.1): its root at any size, computed while going along."""

from __future__ import annotations

import hashlib

EMPTY = hashlib.sha256(b"").digest()


class Tree:
    """Grows leaf by leaf; keeps only the roots of the complete subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add one leaf."""
        node = hashlib.sha256(b"\x00" + leaf).digest()
        position = self.size
        while position & 1:
            node = _join(self._peaks.pop(), node)
            position >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._peaks:
            return EMPTY
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = _join(peak, node)
        return node


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
