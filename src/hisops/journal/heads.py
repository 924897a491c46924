"""The texts that are signed: the head of a chain at a barrier, HEAD of a finished run, the ledger's checkpoint."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from hisops.journal.chain import Chain

HEAD_FORMAT = "hisops-head/1"
_SEGMENT = re.compile(r"^segment ([1-9]\d{0,3}) (\d{1,15}) (\d{1,15}) ([0-9a-f]{64})$")


def barrier_text(origin: str, run: str, segment: int, end: Chain) -> bytes:
    """Return what a signature line of a segment signs: the chain before it."""
    return f"hisops-run-head/1\n{origin}\n{run}\n{segment}\n{end.lines}\n{end.size}\n{end.prev}\n".encode()


def ledger_text(origin: str, end: Chain) -> bytes:
    """Return what a signature line of the ledger signs."""
    return f"hisops-ledger-head/1\n{origin}\n{end.lines}\n{end.size}\n{end.prev}\n".encode()


def checkpoint_text(origin: str, size: int, root: bytes) -> bytes:
    """Return the checkpoint of the ledger, in the shape of a C2SP checkpoint body."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n".encode()


@dataclass(frozen=True, slots=True)
class SegmentHead:
    """The whole lines of one segment: how many, how many bytes, and the digest of those bytes."""

    number: int
    lines: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """HEAD: everything a finished run consists of, in one signed file."""

    origin: str
    run: str
    segments: tuple[SegmentHead, ...]
    state: str
    exit: int

    def text(self) -> bytes:
        """Return the file's bytes."""
        parts = [f"segment {s.number} {s.lines} {s.size} {s.sha256}" for s in self.segments]
        lines = [HEAD_FORMAT, f"origin {self.origin}", f"run {self.run}", *parts, f"state {self.state}"]
        return ("\n".join([*lines, f"exit {self.exit}"]) + "\n").encode()


def parse_head(text: bytes) -> Head:
    """Return the HEAD in `text`; ValueError unless it is exactly what `text()` writes."""
    lines = text.decode("utf-8").split("\n")
    if len(lines) < 7 or lines[0] != HEAD_FORMAT:
        raise ValueError("this is no HEAD of a run")
    segments = []
    for line in lines[3:-3]:
        match = _SEGMENT.match(line)
        if match is None:
            raise ValueError(f"{line!r} names no segment")
        number, count, size, sha256 = match.groups()
        segments.append(SegmentHead(int(number), int(count), int(size), sha256))
    head = Head(
        origin=lines[1].removeprefix("origin "),
        run=lines[2].removeprefix("run "),
        segments=tuple(segments),
        state=lines[-3].removeprefix("state "),
        exit=int(lines[-2].removeprefix("exit ")),
    )
    if head.text() != text:
        raise ValueError("HEAD is not in its one written form")
    return head
