"""The chain of lines: each names its number and the digest of the line before. Writing it, and walking along it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from hisops.errors import LogBroken
from hisops.journal.line import MAX_LINE, decode, encode

START = "0" * 64
SIGNATURE_END = b'"t":"sig"}'  # how a signature line, and no other canonical line, ends


@dataclass(slots=True)
class Chain:
    """The end of a chain that grows: how many lines and bytes there are, and the digest of the last line."""

    prev: str = START
    lines: int = 0
    size: int = 0

    def append(self, kind: str, values: Mapping[str, Any]) -> bytes:
        """Return the next line, with its line feed; ValueError if `values` cannot stand in a log."""
        raw = encode({**values, "n": self.lines, "p": self.prev, "t": kind})
        self.follow(raw)
        return raw + b"\n"

    def follow(self, raw: bytes) -> None:
        """Take `raw`, a line without its line feed, as the newest."""
        self.prev = hashlib.sha256(raw).hexdigest()
        self.lines += 1
        self.size += len(raw) + 1


class Line(NamedTuple):
    """One line as read. `before` is the end of the chain before it: that is what a signature line signs."""

    n: int
    kind: str
    values: dict[str, Any]
    raw: bytes
    before_size: int
    before: str


class Walk:
    """Goes along a file of lines. After the last one `chain` is its end and `torn` what a crash left behind it.

    Raises LogBroken, naming the line, at the first line that is not canonical or does not continue the chain.
    """

    def __init__(self, path: Path, prev: str = START, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        self.chain = Chain(prev)
        self.torn = b""
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[Line]:
        chain, update = self.chain, self.digest.update
        with open_regular(self.path) as file:
            while True:
                raw = file.readline(MAX_LINE + 1)
                if not raw.endswith(b"\n"):
                    self._end(raw, file)
                    return
                update(raw)
                line = self._read(raw[:-1], chain)
                chain.follow(line.raw)
                yield line

    def _read(self, raw: bytes, chain: Chain) -> Line:
        try:
            values = decode(raw)
            if values.get("n") != chain.lines or type(values["n"]) is not int:
                raise ValueError(f"its number is {values.get('n')!r}, not {chain.lines}")
            if values.get("p") != chain.prev:
                raise ValueError("it does not continue the line before it")
            kind = values.get("t")
            if type(kind) is not str:
                raise ValueError("it has no type")
        except ValueError as error:
            raise bad_line(self.name, chain.lines, str(error)) from error
        return Line(chain.lines, kind, values, raw, chain.size, chain.prev)

    def _end(self, rest: bytes, file: IO[bytes]) -> None:
        if len(rest) > MAX_LINE:
            raise bad_line(self.name, self.chain.lines, f"longer than {MAX_LINE} bytes")
        self.torn = rest


def signed(lines: Iterable[Line]) -> Iterator[Line]:
    """Give those of `lines` that a signature stands behind; what follows the last, a crash left or anybody wrote."""
    waiting: list[Line] = []
    for line in lines:
        if line.kind != "sig":
            waiting.append(line)
            continue
        yield from waiting
        waiting = []


def bad_line(file: str, n: int, reason: str) -> LogBroken:
    """Return the error for line `n`, counted from 0 in the log and from 1 for people."""
    return LogBroken(
        "HIS-5001",
        "Line {line} of {file} does not hold: {reason}.",
        "The log was changed after it was written; find out who had access to it.",
        line=n + 1,
        file=file,
        reason=reason,
    )


def open_regular(path: Path) -> IO[bytes]:
    """Open a file of the log for reading; LogBroken for a symbolic link, a device or a missing file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise LogBroken("HIS-5002", "{file} cannot be read: {why}.", file=path, why=error.strerror) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise LogBroken("HIS-5002", "{file} cannot be read: {why}.", file=path, why="not a regular file")
    return os.fdopen(fd, "rb")


def read_regular(path: Path, limit: int = 1 << 20) -> bytes:
    """Return the bytes of a small file of the log; LogBroken if it is larger than `limit`."""
    with open_regular(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise LogBroken("HIS-5002", "{file} cannot be read: {why}.", file=path, why=f"more than {limit} bytes")
    return data
