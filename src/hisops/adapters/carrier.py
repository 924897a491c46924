"""What carries a framed command to a shell: a local process, an SSH channel, or ssh(1) one day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from hisops.adapters.frame import encode
from hisops.ports import StdinPart, Stream
from hisops.secret import Secret

CHUNK = 256 * 1024
Feed = Callable[[Stream, bytes], bool]


class Carrier(Protocol):
    """Starts one shell at a time and moves bytes. Knows nothing of frames, roles or operations."""

    def carry(
        self, argv: Sequence[str], stdin: Iterator[bytes], feed: Feed, timeout: float | None, *, keep: bool = False
    ) -> int | None:
        """Start `argv`, write `stdin` to it, give its output to `feed` until that returns true or all has ended.

        With `keep` the process would read on for more of the same kind: a carrier may leave it running and use it
        for the next call with the same `argv`. Returns the exit status, None when unknown. Raises Unreachable, and
        TimeoutError when late.
        """

    def close(self) -> None:
        """Hang up."""


def chunks(text: bytes, parts: Sequence[StdinPart]) -> Iterator[bytes]:
    """Yield `text` and then the parts, files piece by piece."""
    yield text
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                while piece := file.read(CHUNK):
                    yield piece
        else:
            yield part_bytes(part)


def part_bytes(part: str | bytes | Secret) -> bytes:
    """Return the bytes of a part that is no file. The one place where a secret on its way to a host is revealed."""
    if isinstance(part, Secret):
        return encode(part.reveal())
    return encode(part) if isinstance(part, str) else part
