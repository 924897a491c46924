"""Output of a call on its way: redacted before anything else sees it, shown live, kept with head and tail."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hisops.ports import Stream
from hisops.secret import Redactor

HEAD = 48 << 20
TAIL = 16 << 20


class Kept:
    """Bytes with a limit: the first HEAD and the last TAIL stay, `cut` counts what fell out between."""

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self._head_limit, self._tail_limit = head, tail
        self._head: list[bytes] = []
        self._tail: deque[bytes] = deque()
        self._head_size = self._tail_size = 0
        self.total = 0
        self.cut = 0

    def add(self, data: bytes) -> None:
        """Take more bytes."""
        self.total += len(data)
        room = self._head_limit - self._head_size
        if room > 0:
            self._head.append(data[:room])
            self._head_size += len(self._head[-1])
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
            self._trim()

    def _trim(self) -> None:
        while self._tail_size > self._tail_limit:
            over = self._tail_size - self._tail_limit
            first = self._tail[0]
            if len(first) <= over:
                self._tail.popleft()
                gone = len(first)
            else:
                self._tail[0] = first[over:]
                gone = over
            self._tail_size -= gone
            self.cut += gone

    def bytes(self) -> bytes:
        """Return what is kept; a cut is marked in the text."""
        mark = f"\n[hisops: {self.cut} bytes left out here]\n".encode() if self.cut else b""
        return b"".join(self._head) + mark + b"".join(self._tail)


class Capture:
    """A sink for one call: redacts each stream, passes it on, keeps it."""

    def __init__(self, redactors: dict[Stream, Redactor], show: Callable[[Stream, bytes], None]) -> None:
        self._redactors = redactors
        self._show = show
        self.kept: dict[Stream, Kept] = {"stdout": Kept(), "stderr": Kept()}
        self.raw: dict[Stream, int] = {"stdout": 0, "stderr": 0}

    def feed(self, stream: Stream, data: bytes) -> None:
        """Take bytes as they come from the far side."""
        self.raw[stream] += len(data)
        self._pass(stream, self._redactors[stream].feed(data))

    def finish(self) -> None:
        """Let go what was held back to find a secret split over two reads."""
        for stream in self.kept:
            self._pass(stream, self._redactors[stream].flush())

    def _pass(self, stream: Stream, clean: bytes) -> None:
        if clean:
            self.kept[stream].add(clean)
            self._show(stream, clean)
