"""What the log says of one step beside its outputs: what was captured of it, how it ended, where it acted."""

from __future__ import annotations

from typing import Any

from hisops.model import records as r
from hisops.model.report import Source
from hisops.model.run import NOT_REACHED
from hisops.report.logs import Logs
from hisops.report.sheet import Cell
from hisops.report.story import Story
from hisops.report.tones import tone


def captured_cell(source: Source, story: Story, logs: Logs) -> Cell | None:
    """Return what a step's judge captured, or how many if the source counts; also of a step that has failed."""
    step, _, name = (source.captured or "").partition(".")
    line = story.judged(step)
    value: Any = line.record.out.get(name) if line is not None and isinstance(line.record, r.CallEnded) else None
    if line is None or value is None or value == "":
        return None
    if source.unit == "count" and isinstance(value, list):
        value = len(value)
    ended = story.settled(step)
    text = logs.tongue.plain(value)
    return Cell(value=value, text=text, refs=(story.ref(line, f"out.{name}"),), tone=tone(ended) if ended else "")


def outcome_cell(source: Source, story: Story, logs: Logs) -> Cell | None:
    """Return how a step ended, in one word; that its condition left it out is SKIPPED, else it was not reached."""
    step, tongue = source.outcome or "", logs.tongue
    line = story.last(step)
    if line is None or getattr(line.record, "reason", None) == NOT_REACHED:
        refs = (story.ref(line),) if line else (story.runbook_ref(f"steps.{step}"),)
        return Cell(text=tongue.say(logs.form.words.not_reached), refs=refs, tone="care") if story.has(step) else None
    state = str(getattr(line.record, "state", ""))
    known = source.words.get(state)
    shade = "" if known and state == "SKIPPED" else tone(line)
    return Cell(value=state, text=tongue.term(state, source.words), refs=(story.ref(line, "state"),), tone=shade)


def host_cell(source: Source, story: Story, logs: Logs) -> Cell | None:
    """Return the host on which a step has acted; of one that has not, the host that the plan names."""
    step = source.host or ""
    line = story.acted(step)
    if line is not None and isinstance(line.record, r.CallIntent):
        return Cell(value=line.record.on, text=logs.tongue.foreign(line.record.on), refs=(story.ref(line, "on"),))
    steps = story.account.plan.get("steps", ())
    name = next((str(each["host"]) for each in steps if each.get("id") == step and each.get("host")), "")
    if not name:
        return None
    return Cell(value=name, text=logs.tongue.foreign(name), refs=(story.plan_ref(f"steps.{step}.host"),))


def identity_cell(source: Source, story: Story, logs: Logs) -> Cell | None:
    """Return a fact of the identity of the target that every step of the run was held to."""
    fact, _, name = (source.identity or "").partition(".")
    value = story.account.plan.get("identity", {}).get(fact, {}).get(name)
    if value is None or value == "":
        return None
    refs = (story.plan_ref(f"identity.{fact}.{name}"),)
    return Cell(value=value, text=logs.tongue.plain(value), refs=refs)
