"""One run, asked step by step: the line of its log that answers. What a step did before it was done anew is spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hisops.model import records as r
from hisops.model.account import Account, Written
from hisops.model.run import BREAK_GLASS, NOT_REACHED
from hisops.report.sheet import Ref

SETTLED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED", "UNDONE", "UNDO_FAILED"})


class Story:
    """Finds lines of one account by what they tell."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._lines: dict[str, list[Written]] = {}
        for each in account.lines:
            self._take(each)

    def _take(self, line: Written) -> None:
        name = getattr(line.record, "step", None)
        if not isinstance(name, str):
            return
        if isinstance(line.record, r.StepChanged) and line.record.state == "PENDING":
            self._lines[name] = []  # to be done again
            return
        self._lines.setdefault(name, []).append(line)

    @property
    def steps(self) -> tuple[Mapping[str, Any], ...]:
        """The steps of the runbook in force, in order."""
        return tuple(self.account.runbook.get("steps", ()))

    def has(self, step: str) -> bool:
        """Tell whether the runbook has the step."""
        return any(each["id"] == step for each in self.steps)

    def step(self, name: str) -> Mapping[str, Any]:
        """Return the step as the runbook in force has it; empty if it has none."""
        return next((each for each in self.steps if each["id"] == name), {})

    def title(self, name: str) -> tuple[Any, str]:
        """Return the title of a step in both languages, and the item that it is for where there are several."""
        step = self.step(name)
        return step.get("title"), str(step.get("placed", {}).get("item") or "")

    def begun(self, step: str) -> Written | None:
        """Return the line with which the work on a step began; what was skipped never began."""
        lines = self._lines.get(step, ())
        return next((each for each in lines if not _is(each, "SKIPPED") and not isinstance(each.record, r.Deviation)),
                    None)  # fmt: skip

    def acted(self, step: str) -> Written | None:
        """Return the line that says that a step's own work is about to begin, after its gate and its probe."""
        for each in self._lines.get(step, ()):
            if isinstance(each.record, r.CallIntent) and each.record.kind == "action":
                return each
        return None

    def judged(self, step: str) -> Written | None:
        """Return the line with what was captured of a step's own work, whether that was good or not."""
        ended = [each for each in self._lines.get(step, ()) if isinstance(each.record, r.CallEnded)]
        return next((each for each in reversed(ended) if getattr(each.record, "kind", "") == "action"), None)

    def printed(self, step: str) -> Iterator[Written]:
        """Give the lines that name what a step's own work has printed."""
        for each in self._lines.get(step, ()):
            if isinstance(each.record, r.CallOutput) and each.record.kind == "action":
                yield each

    def settled(self, step: str) -> Written | None:
        """Return the line that says what became of a step, or None while nothing is settled."""
        changed = [each for each in self._lines.get(step, ()) if isinstance(each.record, r.StepChanged)]
        return changed[-1] if changed and _state(changed[-1]) in SETTLED else None

    def last(self, step: str) -> Written | None:
        """Return the line with the newest state of a step."""
        changed = [each for each in self._lines.get(step, ()) if isinstance(each.record, r.StepChanged)]
        return changed[-1] if changed else None

    def succeeded(self, step: str) -> Written | None:
        """Return the line that says that a step has succeeded."""
        line = self.settled(step)
        return line if line is not None and _is(line, "SUCCEEDED") else None

    def left_out(self, step: str) -> bool:
        """Tell whether a step did not apply: its own condition said so, not the end of the run."""
        line = self.settled(step)
        return line is not None and _is(line, "SKIPPED") and getattr(line.record, "reason", "") != NOT_REACHED

    def answered(self, step: str) -> Written | None:
        """Return the line with what a person answered at a manual step, if the gate was not opened anew since."""
        found: Written | None = None
        for line in self._lines.get(step, ()):
            match line.record:
                case r.GateDecided(part="manual"):
                    found = line
                case r.GateOpened(parts=parts) if "manual" in parts:
                    found = None
                case _:
                    pass
        return found

    def approved(self, step: str | None = None) -> Iterator[Written]:
        """Give the lines with which others approved, of one step or of all; what was done without is none."""
        lines = self._lines.get(step, ()) if step else self.account.lines
        for line in lines:
            record = line.record
            if isinstance(record, r.GateDecided) and record.part.startswith("approve") and record.value != BREAK_GLASS:
                yield line

    def of_kind(self, *kinds: type[r.Record]) -> Iterator[Written]:
        """Give all lines whose record is of one of `kinds`."""
        return (line for line in self.account.lines if isinstance(line.record, kinds))

    def ref(self, line: Written, part: str | None = None) -> Ref:
        """Return the reference to a line."""
        return Ref(run=self.account.run_id, segment=line.segment, line=line.line, part=part)

    def plan_ref(self, part: str) -> Ref:
        """Return the reference to a part of the plan, which the first line of the first segment names."""
        return self.ref(self.account.segments[0].at, f"plan.{part}")

    def runbook_ref(self, part: str) -> Ref:
        """Return the reference to a part of the runbook in force: of the plan's, or of the newest amendment's."""
        amended = self.account.defined.record is not None
        return self.ref(self.account.defined, part if amended else f"plan.runbook.{part}")

    def file_ref(self, file: str, line: int | None = None) -> Ref:
        """Return the reference to a file of the logs that is no segment."""
        return Ref(run=self.account.run_id, file=file, line=line)


def _state(line: Written) -> str:
    return str(getattr(line.record, "state", ""))


def _is(line: Written, state: str) -> bool:
    return isinstance(line.record, r.StepChanged) and line.record.state == state
