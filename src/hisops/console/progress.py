"""A run as a screen needs it: the fold over its records, and when each step began and ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hisops.console.fans import tagged
from hisops.model import records as r
from hisops.model.run import STEP_DONE, RunView, StepView
from hisops.model.runbook import Runbook, Step
from hisops.model.timing import Forecast

ENDED = STEP_DONE | {"FAILED", "UNDO_FAILED"}
ACTIVE = frozenset({"STARTING", "RUNNING", "VERIFYING", "UNDOING"})


@dataclass(slots=True)
class Progress:
    """What is known of a run so far. `apply` is called for each record with the time of that record."""

    run_id: str
    target: str
    runbook: Runbook
    forecast: Forecast | None = None
    view: RunView = field(default_factory=RunView)
    first: datetime | None = None
    last: datetime | None = None
    _begun: dict[str, datetime] = field(default_factory=dict)
    _ended: dict[str, datetime] = field(default_factory=dict)
    _places: dict[str, tuple[int, Step]] = field(init=False)

    def __post_init__(self) -> None:
        self._places = {step.id: (number, step) for number, step in enumerate(self.runbook.steps, 1)}

    def apply(self, record: r.Record, at: datetime) -> None:
        """Take one more record into account."""
        self.first = self.first or at
        self.last = at
        match record:
            case r.StepChanged(step=name, state=state) if state in ACTIVE:
                self._begun.setdefault(name, at)
                self._ended.pop(name, None)
            case r.StepChanged(step=name):
                self._ended[name] = at
            case _:
                pass
        self.view.apply(record)

    def step(self, step: Step) -> StepView:
        """Return what the log says of `step`."""
        return self.view.step(step.id)

    def seconds(self, step_id: str, now: datetime) -> float | None:
        """Return how long the step took, or takes until `now`; None if it has not begun."""
        if (begun := self._begun.get(step_id)) is None:
            return None
        return (self._ended.get(step_id, now) - begun).total_seconds()

    def left(self, now: datetime) -> float:
        """Return how long the rest should take."""
        total = 0.0
        for step in self.runbook.steps:
            if self.step(step).state not in ENDED:
                total += max(0.0, self.expected(step) - (self.seconds(step.id, now) or 0.0))
        return total

    def expected(self, step: Step) -> int:
        """Return how long the step should take: by the plan's forecast, else by the author's figure."""
        known = self.forecast.steps.get(step.id) if self.forecast else None
        return known.median if known else -(-step.expect // step.spot.parallel)

    def needed(self) -> int:
        """Return within how many seconds 95 of 100 such runs would end from here."""
        done = [step.id for step in self.view.steps.values() if step.state in STEP_DONE]
        return self.forecast.needed(done) if self.forecast else 0

    def number(self, step_id: str) -> int:
        """Return the number of the step, counted from 1; 0 if the runbook has none of this id."""
        return self._places[step_id][0] if step_id in self._places else 0

    def title(self, step_id: str, lang: str) -> str:
        """Return the title of a step, or its id if the runbook does not have it."""
        if step_id not in self._places:
            return step_id
        step = self._places[step_id][1]
        return tagged(step.title.zh if lang == "zh" else step.title.en, step)


def short_digest(digest: str) -> str:
    """Return enough of a digest to find by it what it is of."""
    return digest[: len("sha256:") + 12]


def short_id(run_id: str) -> str:
    """Return the end of a run's id that is enough to name it on the command line."""
    return run_id.rpartition("-")[2]
