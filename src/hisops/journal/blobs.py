"""Blobs: texts too long or too free for a line, each in a file named by the digest of its bytes.

A file is the line `hisops-blob/1 ENCODING SALT` and the payload. The salt keeps short outputs from being guessed.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import zlib
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from pathlib import Path
from threading import Lock

from hisops.errors import LogBroken
from hisops.journal.chain import read_regular
from hisops.journal.durable import broken, sync_folder, write_all

MAX_BLOB = 256 << 20
_WORTH = 512
_AT_ONCE = 4
_SMALL = 64 << 10  # texts up to this size are remembered: commands and short answers come again, long outputs do not
_NAME = re.compile(r"^sha256:([0-9a-f]{64})$")
_HEADER = re.compile(rb"^hisops-blob/1 (raw|zlib) [0-9a-f]{32}\n")


def name_of(digest: str) -> str:
    """Return the file name of a digest; ValueError if it is none."""
    match = _NAME.match(digest)
    if match is None:
        raise ValueError(f"{digest!r} is no digest")
    return match.group(1)


class Blobs:
    """The blobs of one run. What is stored becomes durable with `sync`. Several threads may store at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pending: list[int] = []
        self._stored: dict[bytes, str] = {}
        self._lock = Lock()

    def store(self, data: bytes) -> str:
        """Store `data`, unless it is stored already; return its digest. LogBroken if the disk refuses."""
        if len(data) > _SMALL:
            return self._write(data)
        plain = hashlib.sha256(data).digest()
        stored = self._stored.get(plain)
        if stored is None:
            stored = self._stored[plain] = self._write(data)
        return stored

    def _write(self, data: bytes) -> str:
        packed = zlib.compress(data, 1) if len(data) > _WORTH else data
        encoding, payload = ("zlib", packed) if len(packed) < len(data) else ("raw", data)
        stored = f"hisops-blob/1 {encoding} {secrets.token_hex(16)}\n".encode() + payload
        name = hashlib.sha256(stored).hexdigest()
        path = self.folder / name
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                write_all(fd, stored)
            finally:
                with self._lock:  # only now: who syncs what is pending closes it, too
                    self._pending.append(fd)
        except OSError as error:
            raise broken(path, error) from error
        return "sha256:" + name

    def sync(self) -> None:
        """Make everything stored so far, and the names of it, durable; OSError if that fails."""
        if not self._pending:
            return
        with self._lock:
            pending, self._pending = self._pending, []
        # At once, not one after another: the file system then writes its own journal once for all of them.
        tasks = [self._pool.submit(os.fdatasync, fd) for fd in pending]
        try:
            sync_folder(self.folder)
            for task in tasks:
                task.result()
        finally:
            wait(tasks)
            for fd in pending:
                os.close(fd)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE, "sync")

    def read(self, digest: str) -> bytes:
        """Return the data of a blob; LogBroken if it is missing or changed."""
        try:
            path = self.folder / name_of(digest)
            stored = read_regular(path, MAX_BLOB)
            if "sha256:" + hashlib.sha256(stored).hexdigest() != digest:
                raise ValueError("its bytes are not those that the log names")
            return _unpack(stored)
        except (ValueError, zlib.error) as error:
            raise LogBroken("HIS-5005", "The blob {digest} does not hold: {why}.", digest=digest, why=error) from error


def _unpack(stored: bytes) -> bytes:
    match = _HEADER.match(stored[:64])
    if match is None:
        raise ValueError("it has no header of a blob")
    payload = stored[match.end() :]
    if match.group(1) == b"raw":
        return payload
    # A bomb must not fill the reader's memory: stop where a blob has to stop.
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(payload, MAX_BLOB)
    if unpacker.unconsumed_tail or not unpacker.eof or unpacker.unused_data:
        raise ValueError("it unpacks to more than a blob may hold, or not at all")
    return data
