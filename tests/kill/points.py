"""Points: places in the life of hisops at which it can be killed. They are counted; at the one that is asked for,
the process ends as by `kill -9`, before it can do anything more."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass
class Points:
    """Counts points. `kill` is the number of the one to die at; `names`, if given, is where each is written down."""

    kill: int | None = None
    names: Path | None = None
    count: int = 0

    def hit(self, name: str, last_words: Callable[[], object] | None = None) -> None:
        """Pass a point; if it is the one, do `last_words` and die."""
        self.count += 1
        if self.names is not None:
            with self.names.open("a") as file:
                file.write(name + "\n")
        if self.count == self.kill:
            if last_words:
                last_words()
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        """Pass a point before and a point after what is done inside."""
        self.hit(f"{name} before")
        yield
        self.hit(f"{name} after")


class Files:
    """Stands where a module has `os`: what goes to the disk passes points, half-done writes among them."""

    CALLS = ("open", "fsync", "fdatasync", "ftruncate", "replace", "mkdir", "unlink")

    def __init__(self, module: ModuleType, points: Points) -> None:
        self._name = module.__name__.rpartition(".")[2]
        self._points = points

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in self.CALLS:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._points.around(f"{self._name}.{name} {_file(args[0])}"):
                return real(*args, **kwargs)

        return call

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write; on the way it can be cut in the middle of a line, and after its first whole line."""
        whole = bytes(data)
        name = f"{self._name}.write {_file(fd)}"
        self._points.hit(f"{name} before")
        self._points.hit(f"{name} torn", lambda: os.write(fd, whole[: len(whole) // 2]))
        if 0 < (line := whole.find(b"\n") + 1) < len(whole):
            self._points.hit(f"{name} first line only", lambda: os.write(fd, whole[:line]))
            rest = whole.rfind(b"\n", 0, len(whole) - 1) + 1
            self._points.hit(f"{name} all but the last line", lambda: os.write(fd, whole[:rest]))
        written = os.write(fd, whole)
        self._points.hit(f"{name} after")
        return written


def _file(named: Any) -> str:
    """Return what kind of file a path or a descriptor is of."""
    path = Path(os.readlink(f"/proc/self/fd/{named}") if isinstance(named, int) else os.fspath(named))
    if path.parent.name == "blobs":
        return "blob"
    return "segment" if path.name.startswith("seg-") else re.sub(r"[0-9]{2,}.*", "", path.name)
