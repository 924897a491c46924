"""A trivial step on the control host, through the engine, signed and fsynced; beside subprocess and a bare fsync."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.builders import World, step
from tests.support.journal import People, Site

from bench.timing import Sample, compare, show, timed
from hisops.adapters.clock import SystemClock
from hisops.adapters.local import LocalCarrier
from hisops.adapters.shell_host import ShellHost

STEPS = 100


def main(folder: Path) -> None:
    """Compare the time of one step: that of a run of many, less that of a run of one."""
    site = Site(folder / "site", People(folder / "people").create(), SystemClock())  # type: ignore[arg-type]
    numbers = itertools.count(1)  # of the runs
    contenders = {
        "subprocess.run(['sh', '-c', 'true'])": lambda: timed(many(one_process), STEPS),
        "one append and fsync": lambda: timed(many(appender(folder / "appended")), STEPS),
        "hisops, a step whose words are new": per_step(site, "true {n}", numbers),
        "hisops, a step whose words came before": per_step(site, "true", numbers),
    }
    rows = compare(contenders, 5)
    show("A trivial local step, signed and fsynced", rows, "subprocess.run(['sh', '-c', 'true'])", "3 ms")


def many(work: Callable[[], object]) -> Callable[[], None]:
    """Return `work` done STEPS times."""

    def repeat() -> None:
        for _ in range(STEPS):
            work()

    return repeat


def one_process() -> None:
    """The least that starting a shell costs."""
    subprocess.run(["sh", "-c", "true"], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def appender(path: Path) -> Callable[[], None]:
    """Return an append of a line's length to `path`, durable when it returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append() -> None:
        os.write(handle, b"x" * 400)
        os.fsync(handle)

    return append


def per_step(site: Site, words: str, numbers: Iterator[int]) -> Callable[[], Sample]:
    """Return what measures one step of a real run: real engine, shell, journal, key and disk.

    The log stores the text of a command once, so a step of new words takes one more round to the disk.
    """

    def run(count: int) -> Callable[[], None]:
        name = f"run-{next(numbers)}"
        steps = [step(f"s-{n}", on="control", sh=words.format(n=n)) for n in range(count)]
        journal = site.open(name, site.plan(name))
        control = ShellHost("control", LocalCarrier())
        world = World(steps, control=control, journal=journal, clock=SystemClock())  # type: ignore[arg-type]

        def carry_out() -> None:
            ended = world.go()
            if ended.state != "SUCCEEDED":
                raise RuntimeError(f"the run ended {ended}")

        return carry_out

    def take() -> Sample:
        few, lot = timed(run(1)), timed(run(STEPS + 1))
        return Sample((lot.seconds - few.seconds) / STEPS)

    return take
