"""Calls of hisops for the kill matrix: the real command line, wiring, log and shells, with points put around ports.

A call is a fork of this process, which has everything imported, instead of a new interpreter: a hundred times as many
kills in the same time. The kill is as real. The child is a process of its own; `kill -9` ends it with all its threads,
memory and locks, and it shares nothing with this one that could be written back: this one has no file of the log open.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hisops.adapters.clock import SystemClock
from hisops.adapters.local import LocalCarrier
from hisops.adapters.reach import SiteReach
from hisops.adapters.shell_host import ShellHost
from hisops.cli import app, carrying, wiring
from hisops.ports import Host, Locks, Ports, Question
from tests.kill.faults import FaultyJournal, FaultyLocks, FaultyReach
from tests.kill.points import Files, Points
from tests.kill.scene import Scene

ANSWERS = {"type_target": "box", "manual": "3"}
LOGGED = ("blobs", "durable", "ledger", "run", "segment")
HASTE = 40


class NearReach(SiteReach):
    """The site's hosts are shells of this machine: no network stands between."""

    def host(self, name: str) -> Host:
        entry = self._site.hosts.get(name)
        return ShellHost(name, LocalCarrier(), boot_id_file=entry.boot_id_file if entry else None)


class HastyClock(SystemClock):
    """Whoever waits for something that will not come waits shorter. Only `sleep` differs."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / HASTE)


class JumpingClock(HastyClock):
    """The wall clock is moved by each of `jumps` in turn, once every `every` looks at it; no other clock is."""

    def __init__(self, jumps: Sequence[timedelta], every: int) -> None:
        self._jumps = jumps
        self._every = every
        self._looks = 0

    def now(self) -> datetime:
        self._looks += 1
        moved = min(self._looks // self._every, len(self._jumps))
        return datetime.now(UTC) + sum(self._jumps[:moved], timedelta())


class Person:
    """An operator at a terminal who knows the answers."""

    interactive = True

    def ask(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        return ANSWERS.get(question.part)


@dataclass(frozen=True, kw_only=True)
class How:
    """How hisops is composed for one call: with points, with a person at a terminal, with another clock."""

    points: Points | None = None
    person: bool = False
    clock: Callable[[], SystemClock] = HastyClock
    before: tuple[Callable[[], object], ...] = field(default=())


ORDINARY = How()


def compose(how: How, scene: Scene) -> None:
    """Put the ports of `how` in place of the usual ones. Only ever called in a process that is made for one call."""
    plain = (wiring.ports, wiring.start_log, wiring.reopen_log)
    wiring.SiteReach = NearReach  # type: ignore[misc]
    wiring.SystemClock = how.clock  # type: ignore[misc, assignment]
    for step in how.before:
        step()
    if how.points is None:
        return
    points = how.points
    for name in LOGGED:
        module: Any = importlib.import_module(f"hisops.journal.{name}")
        module.os = Files(module, points)
    local: Any = importlib.import_module("hisops.adapters.local")
    local.os = Files(local, points)

    def ports(*args: Any, **keys: Any) -> Ports:
        usual = plain[0](*args, **keys)
        return replace(
            usual,
            reach=FaultyReach(usual.reach, points),
            locks=cast(Locks, FaultyLocks(usual.locks, points)),
            operator=Person() if how.person else usual.operator,
        )

    def journal_of(opened: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **keys: FaultyJournal(opened(*args, **keys), points, scene.acknowledged)

    changed: Any = wiring
    changed.ports, changed.start_log, changed.reopen_log = ports, journal_of(plain[1]), journal_of(plain[2])
    assert carrying.wiring is wiring


def call(scene: Scene, *words: str, how: How = ORDINARY, who: str = "dba1") -> int:
    """Call hisops with `words` in a process of its own; return its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        _in_child(scene, words, how, who)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _in_child(scene: Scene, words: Sequence[str], how: How, who: str) -> None:
    try:
        out = os.open(scene.root / "now/screen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for fd in (1, 2):
            os.dup2(out, fd)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        environment = scene.environment(who)
        os.environ.clear()
        os.environ.update(environment)
        print("$ hisops", *words, flush=True)
        compose(how, scene)
        app.main(list(words))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    os._exit(code)


def main() -> None:
    """Call hisops in this process, for those who watch its system calls: `python -m tests.kill.entry ROOT WORDS…`."""
    compose(ORDINARY, Scene(Path(sys.argv[1])))
    app.main(sys.argv[2:])


if __name__ == "__main__":
    main()
