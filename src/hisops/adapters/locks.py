"""Locks on the control host: one file each, held by flock, so that the system gives them back when a process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from hisops.model.lock import ControlHost, Holder


def lock_folder(environment: Mapping[str, str]) -> Path:
    """Return the user's folder of locks; it is shared by all site folders of this user (XDG Base Directory)."""
    state = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".local/state")
    return Path(state) / "hisops" / "locks"


class FileLocks:
    """Satisfies the port `Locks`. `is_held` tells whether a process holds the folder of a run, which it may not see."""

    def __init__(self, folder: Path, here: ControlHost, is_held: Callable[[Path], bool]) -> None:
        self.here = here
        self._folder = folder
        self._is_held = is_held
        self._held: dict[str, int] = {}

    def take(self, name: str, text: str) -> str | None:
        """Take the lock `name` and leave `text` in it; return None if won, else the text of its holder."""
        if name in self._held:
            return None
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 4096).decode("utf-8", "replace")
            os.close(handle)
            return holder or "another process"
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode("utf-8"), 0)
        self._held[name] = handle
        return None

    def release(self) -> None:
        """Give all of them back."""
        while self._held:
            os.close(self._held.popitem()[1])

    def lives(self, holder: Holder) -> bool | None:
        """Whether a process on this machine carries the holder's run on; None if that cannot be told from here."""
        if holder.machine != self.here.machine:
            return None
        with suppress(OSError):
            return self._is_held(Path(holder.logs) / "runs" / holder.run)
        return None
