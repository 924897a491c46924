"""One segment of a run's log, while it is written: lines in a buffer, then signature, one write, one sync."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hisops.errors import LogBroken
from hisops.journal.blobs import Blobs
from hisops.journal.chain import Chain
from hisops.journal.durable import broken, write_all
from hisops.journal.heads import SegmentHead, barrier_text
from hisops.journal.runkey import RUN, RunKey
from hisops.journal.stamp import Stamp


def segment_name(number: int) -> str:
    """Return the file name of a segment."""
    return f"seg-{number:04d}.jsonl"


class Segment:
    """The newest segment of a run; only the process that opened it writes it."""

    def __init__(
        self, path: Path, *, number: int, origin: str, first: str, key: RunKey, actor: str, blobs: Blobs
    ) -> None:
        self.path = path
        self.number = number
        self.chain = Chain(first)
        self.last: Stamp | None = None
        self._names = (origin, path.parent.name, number)
        self._key = key
        self._actor = actor
        self._blobs = blobs
        self._buffer: list[bytes] = []
        self._digest = hashlib.sha256()
        self._fault: LogBroken | None = None
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)

    def add(self, kind: str, stamp: Stamp, values: Mapping[str, Any]) -> int:
        """Append a record to the buffer; return its number."""
        self.check()
        try:
            line = self.chain.append(kind, {**values, **stamp.fields, "actor": self._actor})
        except (ValueError, RecursionError) as error:
            raise LogBroken(
                "HIS-5006", "A record of type {kind} cannot stand in the log: {why}.", kind=kind, why=error
            ) from error
        self._buffer.append(line)
        self.last = stamp
        return self.chain.lines - 1

    def commit(self) -> None:
        """Sign what was added and make it durable; LogBroken, now and ever after, if that fails."""
        self.check()
        if not self._buffer:
            return
        chain = self.chain
        text = barrier_text(*self._names, chain)
        signature = b64encode(self._key.sign(RUN, text)).decode("ascii")
        self._buffer.append(chain.append("sig", {"sig": signature}))
        data = b"".join(self._buffer)
        self._buffer.clear()
        try:
            self._blobs.sync()
            write_all(self._fd, data)
            os.fdatasync(self._fd)
            self._digest.update(data)
        except OSError as error:
            # What a failed sync left on the disk cannot be known, so it is never tried again.
            self.fail(broken(self.path, error))

    def head(self) -> SegmentHead:
        """Return what was committed so far, in numbers."""
        return SegmentHead(self.number, self.chain.lines, self.chain.size, self._digest.hexdigest())

    def check(self) -> None:
        """Raise again what broke the log, if it is broken."""
        if self._fault:
            raise self._fault

    def fail(self, fault: LogBroken) -> None:
        """Refuse all that comes after `fault`."""
        self._fault = fault
        raise fault

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)
