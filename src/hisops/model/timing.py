"""How long things take: what runs took, and what is to be expected of the next one. Pure figures, whole seconds.

Only work counts. Time at a gate, between two steps or while nobody carried the run on is not the step's; a step whose
work was cut off and taken up again, repeated or doubted gives no figure at all. Work by hand counts by the author.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from hisops.model import records as r
from hisops.model.runbook import Runbook, Step

ENOUGH = 3
_WORKING = frozenset({"STARTING", "RUNNING", "VERIFYING"})
_SPOILT = frozenset({"FAILED", "UNKNOWN", "UNDO_FAILED"})
_FINISHED = frozenset({"SUCCEEDED", "SUCCEEDED_WITH_EXCEPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A record with the segment it stands in and the microseconds since boot: wall clocks are moved, these are not."""

    segment: int
    boottime: int
    record: r.Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one run took, in seconds: its steps, the undoing of its steps, and all steps if it came to its end."""

    steps: Mapping[str, float] = field(default_factory=dict)
    undone: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Seconds to expect: the median, and what 95 of 100 stay within; of `runs` runs, 0 if it is the author's figure."""

    median: int
    p95: int
    runs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What to expect of each step, of the undo of each step that has one, of the run, and of the longest way back."""

    steps: Mapping[str, Figure]
    undo: Mapping[str, Figure]
    total: Figure
    way_back: Figure | None

    def document(self) -> dict[str, Any]:
        """Return the forecast for canonical JSON."""
        return asdict(self)

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> Forecast:
        """Return the forecast of a document; TypeError or KeyError if it is none."""
        back = document["way_back"]
        return Forecast(
            steps={name: Figure(**each) for name, each in document["steps"].items()},
            undo={name: Figure(**each) for name, each in document["undo"].items()},
            total=Figure(**document["total"]),
            way_back=Figure(**back) if back else None,
        )

    def needed(self, done: Collection[str] = ()) -> int:
        """Return the seconds within which 95 of 100 runs would end from here, with the steps `done` behind them."""
        behind = sum(self.steps[name].median for name in done if name in self.steps)
        return max(0, self.total.p95 - behind)


@dataclass(slots=True)
class _Work:
    """The work on one step, or on its undo, while the records are read."""

    seconds: float = 0.0
    spoilt: bool = False
    since: tuple[int, int] | None = None

    def leave(self, segment: int, boottime: int) -> None:
        """Stop the watch, if it runs."""
        if self.since is None:
            return
        began_in, began = self.since
        self.spoilt = self.spoilt or began_in != segment or boottime < began
        self.seconds += max(0, boottime - began) / 1_000_000
        self.since = None


@dataclass(slots=True)
class _Busy:
    """The time in which at least one step was worked on: what is done at once counts once."""

    seconds: float = 0.0
    since: int = 0
    working: set[str] = field(default_factory=set)

    def change(self, step: str, state: str, boottime: int) -> None:
        """Take into account that a step entered a state."""
        if self.working:
            self.seconds += max(0, boottime - self.since) / 1_000_000
        self.since = boottime
        (self.working.add if state in _WORKING else self.working.discard)(step)


def took(records: Iterable[Timed]) -> Took:
    """Return what the run with these records took."""
    work: dict[str, _Work] = {}
    undo: dict[str, _Work] = {}
    states: dict[str, str] = {}
    busy, end = _Busy(), None
    for item in records:
        match item.record:
            case r.StepChanged(step=name, state=state):
                states[name] = state
                busy.change(name, state, item.boottime)
                _change(work.setdefault(name, _Work()), undo.setdefault(name, _Work()), state, item)
            case r.RunSealed(state=state):
                end = state
            case _:
                pass
    steps = {name: each.seconds for name, each in work.items() if states[name] == "SUCCEEDED" and not each.spoilt}
    done = [name for name, state in states.items() if state == "SUCCEEDED"]
    whole = end in _FINISHED and all(name in steps for name in done)
    return Took(
        steps=steps,
        undone={name: each.seconds for name, each in undo.items() if _was_undone(each, states[name])},
        total=busy.seconds if whole else None,
    )


def _change(work: _Work, undo: _Work, state: str, item: Timed) -> None:
    work.leave(item.segment, item.boottime)
    undo.leave(item.segment, item.boottime)
    if state in _WORKING:
        work.since = (item.segment, item.boottime)
    elif state == "UNDOING":
        undo.since = (item.segment, item.boottime)
    elif state in _SPOILT:
        (undo if state == "UNDO_FAILED" else work).spoilt = True


def _was_undone(undo: _Work, state: str) -> bool:
    return state == "UNDONE" and not undo.spoilt and undo.seconds > 0


def figure(seconds: Sequence[float], author: int) -> Figure:
    """Return the figure of measured seconds, or the author's as long as there are too few of them."""
    if len(seconds) < ENOUGH:
        return Figure(median=author, p95=author)
    ranked = sorted(seconds)
    rank = math.ceil(0.95 * len(ranked))
    return Figure(median=math.ceil(median(ranked)), p95=math.ceil(ranked[rank - 1]), runs=len(ranked))


def forecast(runbook: Runbook, history: Sequence[Took], left_out: Collection[str] = ()) -> Forecast:
    """Return what to expect of the next run; `left_out` names the steps that do not apply to it."""
    steps = [step for step in runbook.steps if step.id not in left_out]
    expected = {step.id: _figure_of(step, history) for step in steps}
    back = {step.id: figure(_of(history, "undone", step.id), _author_back(step)) for step in steps if _has_undo(step)}
    totals = [each.total for each in history if each.total is not None]
    by_hand = sum(step.expect for step in steps if step.manual)
    total = _later(figure(totals, 0), by_hand) if len(totals) >= ENOUGH else _sum(expected.values())
    chains = [_sum(back[name] for name in chain) for chain in _ways_back(steps)]
    return Forecast(
        steps=expected, undo=back, total=total, way_back=max(chains, key=lambda each: each.p95, default=None)
    )


def _figure_of(step: Step, history: Sequence[Took]) -> Figure:
    """Return what to expect of a step. One done by hand is all waiting for people: its author's figure stands."""
    return figure(() if step.manual else _of(history, "steps", step.id), _share(step))


def _share(step: Step) -> int:
    """Return what the author expects a step to add to the run: of what is done at once only its part."""
    return math.ceil(step.expect / step.spot.parallel)


def _later(known: Figure, seconds: int) -> Figure:
    return Figure(median=known.median + seconds, p95=known.p95 + seconds, runs=known.runs)


def _of(history: Iterable[Took], part: str, name: str) -> list[float]:
    return [getattr(run, part)[name] for run in history if name in getattr(run, part)]


def _has_undo(step: Step) -> bool:
    return step.writes and step.undo is not None and step.undo.none is None


def _author_back(step: Step) -> int:
    """Return what the author expects of an undo; where nothing is said, as much as of the step."""
    said = step.undo.expect if step.undo else None
    return step.expect if said is None else said


def _ways_back(steps: Sequence[Step]) -> Iterator[list[str]]:
    """Give for each step that may fail what would be undone: itself, and what was written before as far as it goes."""
    written: list[Step] = []
    for step in steps:
        if not step.writes:
            continue
        chain = [step.id] if _has_undo(step) else []
        for before in reversed(written if chain else []):
            if before.point_of_no_return or not _has_undo(before):
                break
            chain.append(before.id)
        if chain:
            yield chain
        written.append(step)


def _sum(figures: Iterable[Figure]) -> Figure:
    each = list(figures)
    return Figure(
        median=sum(item.median for item in each),
        p95=sum(item.p95 for item in each),
        runs=min((item.runs for item in each), default=0),
    )
