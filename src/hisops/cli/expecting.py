"""What an act of a rehearsal says must come of it, held against what came: the command, the log, the lab's record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hisops.cli.cast import Done, last_line
from hisops.lab.pair import TWO_PRIMARIES
from hisops.model.records import Record, StepChanged
from hisops.model.scenario import Act


def differences(act: Act, done: Done, answer: Mapping[str, Any]) -> Iterator[str]:
    """Give what the command said otherwise than the act expects it."""
    if done.returncode not in act.exits:
        wanted = " or ".join(map(str, act.exits))
        yield f"exit {done.returncode}, not {wanted}: {answer.get('reason') or last_line(done)}"
    if act.state and answer.get("state") != act.state:
        yield f"the run is {answer.get('state')}, not {act.state}"
    states = {step["id"]: step["state"] for step in answer.get("steps", [])}
    for step, state in act.steps.items():
        if states.get(step) != state:
            yield f"{step} is {states.get(step)}, not {state}"
    for pattern in act.named:
        if not re.search(pattern, done.stdout + done.stderr, re.MULTILINE):
            yield f"nothing says {pattern!r}"


def not_passed(act: Act, records: Iterable[Record]) -> Iterator[str]:
    """Give the states that a step should have been in by now, and was not."""
    passed = {(record.step, record.state) for record in records if isinstance(record, StepChanged)}
    for step, state in act.passed.items():
        if (step, state) not in passed:
            yield f"{step} was never {state}"


def not_in_the_lab(act: Act, record: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give the tools that were started more often, or less, than they should have been, and what must never be."""
    started = [(each["tool"], *each["argv"]) for each in record if each["event"] == "start"]
    started += [(each["tool"], *each["text"].split()) for each in record if each["event"] == "command"]
    for tool, count in act.starts.items():
        words = tuple(tool.split())
        times = sum(each[: len(words)] == words for each in started)
        if times != count:
            yield f"{tool} was started {times} times, not {count}"
    if any(each["event"] == TWO_PRIMARIES for each in record):
        yield "two databases were primary and open for writing at once"
