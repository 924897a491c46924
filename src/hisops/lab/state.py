"""The state of the lab: one JSON file per database and one for the lab, changed under a lock, replaced atomically."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hisops.lab.layout import RECORD

LAB = "lab"
State = dict[str, Any]


class Store:
    """Reads and changes the named parts of the state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def record(self) -> Path:
        """The lab's own record, which lies beside the state."""
        return self._folder.parent / RECORD

    def read(self, name: str) -> State:
        """Return a copy of the part `name` as it is now."""
        state: State = json.loads(self.path(name).read_text())
        return state

    def write(self, name: str, state: State) -> None:
        """Replace the part `name`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self.path(name)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(state, indent=1, ensure_ascii=False) + "\n")
        draft.replace(path)

    @contextmanager
    def change(self, name: str) -> Iterator[State]:
        """Give the part `name` for changing; it is kept unless the block raises."""
        with (self._folder / f".{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.read(name)
            yield state
            self.write(name, state)

    @contextmanager
    def change_all(self, names: list[str]) -> Iterator[dict[str, State]]:
        """Give several parts for changing at once; the locks are always taken in the same order."""
        with ExitStack() as locks:
            for name in sorted(names):
                lock = locks.enter_context((self._folder / f".{name}.lock").open("a"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            states = {name: self.read(name) for name in names}
            yield states
            for name, state in states.items():
                if state != self.read(name):
                    self.write(name, state)

    def disarm(self, fault: str) -> None:
        """Take a fault off that has struck."""
        with self.change(LAB) as lab:
            lab["faults"] = [name for name in lab["faults"] if name != fault]

    def databases(self) -> list[str]:
        """Return the names of the databases."""
        return sorted(path.stem for path in self._folder.glob("*.json") if path.stem != LAB)

    def both(self, name: str) -> list[str]:
        """Return the name of a database and, if it is one of a pair, of the other one."""
        return [name, *filter(None, [self.read(name)["peer"]])]

    def database_of(self, sid: str, host: str) -> str | None:
        """Return the name of the database whose instance `sid` belongs to `host`."""
        for name in self.databases():
            state = self.read(name)
            if (state["sid"], state["host"]) == (sid, host):
                return name
        return None

    def path(self, name: str) -> Path:
        """Return the file of the part `name`."""
        return self._folder / f"{name}.json"


class Watch:
    """Tells whether a part of the state was written since it was last asked, so that nobody who waits must read it."""

    def __init__(self, store: Store, name: str) -> None:
        self._path = store.path(name)
        self._seen: tuple[int, int, int] | None = None

    def moved(self) -> bool:
        """Return whether it was; the first time it was."""
        found = self._path.stat()
        last, self._seen = self._seen, (found.st_ino, found.st_mtime_ns, found.st_ctime_ns)
        return last != self._seen
