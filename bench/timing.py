"""Medians of contenders that take turns: a noisy machine slows all alike, so the ratios hold."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """One turn: seconds from start to end; peak memory in MiB and CPU seconds of the process (0 if it ran in this one).

    A child is charged what this process held when it was forked: peaks below some 60 MiB are only that.
    """

    seconds: float
    peak: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class Row:
    """What a contender needed: median, fastest and slowest seconds, highest peak, median CPU seconds."""

    name: str
    median: float
    fastest: float
    slowest: float
    peak: float
    cpu: float


def process(command: Sequence[str], env: Mapping[str, str] | None = None, into: Path = Path(os.devnull)) -> Sample:
    """Run a whole process and measure it; RuntimeError if it fails."""
    with into.open("wb") as sink:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.DEVNULL, env=os.environ | dict(env or {})
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended {child.returncode}")
    return Sample(seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)


def timed(work: Callable[[], object], share: int = 1) -> Sample:
    """Call `work` here; `share` divides its time, for work that does one thing so many times."""
    begin = time.perf_counter()
    work()
    return Sample((time.perf_counter() - begin) / share)


def compare(contenders: Mapping[str, Callable[[], Sample]], rounds: int, *, warm: bool = True) -> list[Row]:
    """Let all contenders take `rounds` turns, one after the other, after a turn that does not count if `warm`."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for turn in range(0 if warm else 1, rounds + 1):
        for name, take in contenders.items():
            sample = take()
            if turn:
                samples[name].append(sample)
    return [_row(name, taken) for name, taken in samples.items()]


def _row(name: str, taken: list[Sample]) -> Row:
    seconds = [sample.seconds for sample in taken]
    peak, cpu = max(sample.peak for sample in taken), statistics.median(sample.cpu for sample in taken)
    return Row(name, statistics.median(seconds), min(seconds), max(seconds), peak, cpu)


def show(title: str, rows: list[Row], base: str, goal: str) -> None:
    """Print the rows with their ratio to `base`."""
    reference = next(row.median for row in rows if row.name == base)
    print(f"\n{title}\n  goal: {goal}")
    for row in rows:
        peak = f"{row.peak:5.0f} MiB {row.cpu:6.2f} s CPU" if row.peak else " " * 11
        spread = f"[{row.fastest * 1e3:.1f}..{row.slowest * 1e3:.1f}]"
        print(
            f"  {row.name:42} {row.median * 1e3:9.1f} ms {spread:20} x{row.median / reference:5.2f} {peak}", flush=True
        )
