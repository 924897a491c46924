"""Files that survive a power cut: written whole, synced, renamed, with the folder synced after them."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hisops.errors import LockHeld, LogBroken

_PATIENCE = 10  # a reader that asks whether a run is live holds its lock for an instant
_PAUSE = 0.02


def broken(path: Path, error: OSError) -> LogBroken:
    """Return the error for a log that cannot be written."""
    return LogBroken(
        "HIS-5003",
        "The log cannot be written: {file}: {why}.",
        "No further step starts. Make room or mend the disk, then resume the run.",
        file=path,
        why=error.strerror or str(error),
    )


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`; OSError if that fails."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace(path: Path, data: bytes) -> None:
    """Put `data` in place of `path`, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(fd, data)
        os.fsync(fd)
    except OSError:
        os.unlink(temporary)
        raise
    finally:
        os.close(fd)
    os.replace(temporary, path)
    sync_folder(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of the file `path`, waiting for it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def hold(folder: Path) -> int:
    """Take the lock of a run's folder for as long as the descriptor returned stays open; LockHeld if another has it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for _ in range(_PATIENCE):
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        time.sleep(_PAUSE)
    os.close(fd)
    raise LockHeld(
        "HIS-5004",
        "Another process is carrying out the run {run}.",
        "Follow it with: hisops status {run}",
        run=folder.name,
    )


def is_held(folder: Path) -> bool:
    """True if a live process carries out the run in `folder`."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
