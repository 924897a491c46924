"""What rehearsals of a runbook have carried out of it, and what never: from their logs alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hisops.model import records as r
from hisops.model.judge import Judge
from hisops.model.runbook import Runbook, Step

NOT_SO = "not so: "  # how the reason of a step begins whose condition did not hold


@dataclass(slots=True)
class Coverage:
    """Ids of steps by what became of them, and failure patterns (`opatch/apply: conflict`) that were met."""

    carried_out: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)

    def add(self, runbook: Runbook, records: Iterable[r.Record]) -> None:
        """Take the log of one run into account."""
        steps = {step.id: step for step in runbook.steps}
        for record in records:
            match record:
                case r.StepChanged(step=name, state="RUNNING"):
                    self.carried_out.add(name)
                case r.StepChanged(step=name, state="FAILED"):
                    self.failed.add(name)
                case r.StepChanged(step=name, state="SKIPPED", reason=reason) if (reason or "").startswith(NOT_SO):
                    self.left_out.add(name)
                case r.CallIntent(step=name, kind="undo"):
                    self.undone.add(name)
                case r.CallEnded(step=name, kind=kind, index=index, matched=matched) if name in steps:
                    self._met(_judge_of(steps[name], kind, index), matched)
                case _:
                    pass

    def add_refusal(self, runbook: Runbook, step: str, reason: str) -> None:
        """Take a step into account that forbade a plan."""
        self.failed.add(step)
        for each in runbook.steps:
            if each.id == step:
                for reference in _judges_of(each):
                    self._met(reference, reason.split(", "))

    def _met(self, reference: str | None, matched: Iterable[str]) -> None:
        if reference:
            self.patterns.update(f"{reference}: {name}" for name in matched)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much of one kind there is, and what of it was never met."""

    there: int
    never: tuple[str, ...]


def measure(coverage: Coverage, runbook: Runbook, judges: Mapping[str, Judge]) -> dict[str, Measure]:
    """Return by kind how much of `runbook` was exercised. `judges` are those of its tools."""
    steps = runbook.steps
    return {
        "steps": _measure((step.id for step in steps), coverage.carried_out),
        "conditions": _measure((step.id for step in steps if step.when), coverage.left_out),
        "failures": _measure((step.id for step in steps if step.manual is None), coverage.failed),
        "undos": _measure((step.id for step in steps if _undo_call(step)), coverage.undone),
        "failure patterns": _measure(failure_patterns(runbook, judges), coverage.patterns),
    }


def failure_patterns(runbook: Runbook, judges: Mapping[str, Judge]) -> Iterator[str]:
    """Give every failure pattern that a call of the runbook may meet."""
    references = dict.fromkeys(reference for step in runbook.steps for reference in _judges_of(step))
    for reference in references:
        tool, _, name = reference.partition("/")
        for pattern in judges[tool].actions[name].failure:
            yield f"{reference}: {pattern.id}"


def _measure(there: Iterable[str], met: set[str]) -> Measure:
    names = list(there)
    return Measure(there=len(names), never=tuple(name for name in names if name not in met))


def _undo_call(step: Step) -> bool:
    return step.undo is not None and bool(step.undo.sh or step.undo.sql)


def _judge_of(step: Step, kind: str, index: int) -> str | None:
    if kind == "action":
        return step.wait.judge if step.wait else step.judge
    keys = tuple(kind.split("-"))  # the log has `undo-verify` for what stands under `undo: {verify: […]}`
    call = step.calls.get(keys) or step.calls.get((*keys, index))
    return call.judge if call else None


def _judges_of(step: Step) -> list[str]:
    return [judge for judge in (step.judge, *(call.judge for call in step.calls.values())) if judge]
