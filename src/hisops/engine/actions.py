"""What a step can do, in one table: sh, sql, upload, manual, wait, reconcile. Each gives one result to be verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from hisops.engine.binding import Binder, BoundCall, wait_call
from hisops.engine.calling import Caller
from hisops.engine.comparison import Comparison
from hisops.engine.conditions import holds
from hisops.engine.isolation import Isolation
from hisops.engine.playing import Playing
from hisops.engine.results import Result
from hisops.engine.values import Values
from hisops.errors import CheckFailed
from hisops.model.runbook import Step, Upload, Wait
from hisops.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a step."""

    step: Step
    values: Values
    number: int
    answers: dict[str, str]
    probed: str | None = None


@dataclass(frozen=True, slots=True)
class Hands:
    """What actions work with."""

    binder: Binder
    caller: Caller
    clock: Clock
    isolation: Isolation
    playing: Playing | None = None
    comparison: Comparison | None = None


def _call(hands: Hands, attempt: Attempt) -> Result:
    bound = hands.binder.action(attempt.step, attempt.values)
    return hands.caller.perform(bound, attempt.number, attempt.probed)


def upload_call(hands: Hands, attempt: Attempt) -> BoundCall:
    """Return the call that brings a parameter's file into the staging folder, as the step's user."""
    step = attempt.step
    upload = cast(Upload, step.upload)
    place, values = step.on, attempt.values.at(step)
    script = (
        'umask 022; mkdir -p "$HISOPS_STAGE_DIR" && cat > "$HISOPS_STAGE_DIR/$HISOPS_UPLOAD.part" && '
        'mv "$HISOPS_STAGE_DIR/$HISOPS_UPLOAD.part" "$HISOPS_STAGE_DIR/$HISOPS_UPLOAD"'
    )
    return BoundCall(
        step=step.id,
        kind="action",
        place=place,
        where=values.bound.host_name(place),
        run_as=values.bound.run_as(place, step.as_),
        sql=False,
        text=script,
        env={**values.environment(place), "HISOPS_UPLOAD": upload.to},
        stdin=(Path(values.file(upload.file)),),
        effect="stage",
        timeout=step.timeout,
    )


def _upload(hands: Hands, attempt: Attempt) -> Result:
    return hands.caller.perform(upload_call(hands, attempt), attempt.number)


def _manual(hands: Hands, attempt: Attempt) -> Result:
    return Result("ok", out={"evidence": attempt.answers.get("manual", "")})


def _wait(hands: Hands, attempt: Attempt) -> Result:
    """Ask until the condition holds or the step's time is up; each question is a call of its own."""
    step = attempt.step
    wait = cast(Wait, step.wait)
    deadline = hands.clock.monotonic() + (step.timeout or 600)
    number = attempt.number
    while True:
        bound = hands.binder.call(wait_call(wait), step, "action", attempt.values)
        result = hands.caller.perform(bound, number)
        if result.good and holds(wait.until, attempt.values.at(step), result.out):
            return result
        if hands.clock.monotonic() >= deadline:
            return Result("failed", out=result.out, reason=f"not yet true when the time was up: {wait.until}")
        hands.clock.sleep(wait.every)
        number += 1


def _play(hands: Hands, attempt: Attempt) -> Result:
    if hands.playing is None:
        raise CheckFailed("HIS-6802", "Nothing here can carry out the runs of a playbook.", "Use `hisops play`.")
    return hands.playing.begin(attempt.step, attempt.values, attempt.number)


def _compare(hands: Hands, attempt: Attempt) -> Result:
    if hands.comparison is None:
        raise CheckFailed("HIS-6810", "Nothing here can compare reports.", "Use `hisops reconcile run`.")
    return hands.comparison.carry_out(attempt.step, attempt.values, attempt.number)


ACTIONS: dict[str, Callable[[Hands, Attempt], Result]] = {
    "sh": _call,
    "sql": _call,
    "upload": _upload,
    "manual": _manual,
    "wait": _wait,
    "reconcile": _compare,
    "child": _play,
}


def action_of(step: Step) -> str:
    """Return the name of the one action that `step` has."""
    return next(name for name in ACTIONS if getattr(step, name) is not None)
