"""Fakes that can be killed: at the n-th time that the engine touches the world, before or after the touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hisops.model.records import Record
from hisops.ports import Command, Fence, Marker, OpStatus, Sink
from tests.support.fakes import FakeHost, MemoryJournal


class Killed(BaseException):
    """A kill -9, as far as code can tell: nobody catches it."""


class Knife:
    """Cuts after `left` touches; None: never."""

    def __init__(self) -> None:
        self.left: int | None = None

    def touch(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            raise Killed
        self.left -= 1


class CutHost(FakeHost):
    """A host. What was asked of it before the kill has happened there."""

    def __init__(self, name: str, knife: Knife) -> None:
        super().__init__(name)
        self.knife = knife

    def run(self, command: Command, sink: Sink, timeout: float | None = None) -> int:
        self.knife.touch()
        code = super().run(command, sink, timeout)
        self.knife.touch()
        return code

    def prepare(self, run_as: Any) -> OpStatus:
        self.knife.touch()
        return super().prepare(run_as)

    def launch(self, op: str, command: Command, *, destructive: bool = False, fences: Sequence[Fence] = ()) -> OpStatus:
        self.knife.touch()
        status = super().launch(op, command, destructive=destructive, fences=fences)
        self.knife.touch()
        return status

    def follow(self, op: str, run_as: Any, sink: Sink, **keys: Any) -> OpStatus:
        self.knife.touch()
        return super().follow(op, run_as, sink, **keys)

    def wipe(self, op: str, run_as: Any) -> None:
        self.knife.touch()
        super().wipe(op, run_as)

    def take_marker(self, name: str, text: str, run_as: Any) -> Marker:
        self.knife.touch()
        marker = super().take_marker(name, text, run_as)
        self.knife.touch()
        return marker

    def drop_marker(self, name: str, text: str, run_as: Any, freed: str = "") -> bool:
        self.knife.touch()
        dropped = super().drop_marker(name, text, run_as, freed)
        self.knife.touch()
        return dropped


class CutJournal(MemoryJournal):
    """A journal. A commit may be lost on its way to the disk, or be there without anybody having been told."""

    def __init__(self, knife: Knife, records: Sequence[Record] = ()) -> None:
        super().__init__(records=records)
        self.knife = knife

    def commit(self, *records: Record) -> None:
        self.knife.touch()
        super().commit(*records)
        self.knife.touch()

    def seal(self, state: str, exit_code: int) -> None:
        self.knife.touch()
        super().seal(state, exit_code)

    def survivor(self) -> MemoryJournal:
        left = CutJournal(self.knife, self._records[: self.durable])
        left._blobs = self._blobs
        return left
