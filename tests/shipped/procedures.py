"""The shipped runbooks as the tests see them: loaded once, with every call that a step holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hisops.documents.load import load_judge, load_runbook, load_target_type
from hisops.documents.places import definitions
from hisops.model.judge import Judge
from hisops.model.runbook import Call, Requirement, Runbook, Step, Wait

ROOT = Path(__file__).parents[2] / "runbooks"
AREAS = ("host", "oracle")
TARGETS = [load_target_type(path).model for path in sorted((ROOT / "targets").glob("*.yaml"))]
SETTINGS = frozenset(setting.env for target in TARGETS for setting in target.settings.values())
OF_PAIRS = {
    prefix + name: setting.type
    for target in TARGETS
    for name, setting in target.settings.items()
    for prefix in ("", "peer_", "scratch_", "source_")
}
OWN = frozenset({"stage_dir", "run_dir", "run"})


class Part(NamedTuple):
    """One call of a step: the action, a probe, a postcondition, an undo or a wait."""

    step: Step
    kind: str
    call: Call

    def __str__(self) -> str:
        return f"{self.step.id}.{self.kind}"


@cache
def runbook(name: str) -> Runbook:
    """Return the shipped runbook `oracle/patch-apply`."""
    return load_runbook(ROOT / f"{name}.yaml", f"{name}.yaml").model


def names() -> list[str]:
    """Return the ids of all shipped runbooks."""
    return sorted(f"{area}/{path.stem}" for area in AREAS for path in definitions(ROOT / area))


@cache
def judges() -> dict[str, Judge]:
    """Return the shipped judges by id."""
    return {path.stem: load_judge(path).model for path in sorted((ROOT / "judges").glob("*.yaml"))}


def parts(book: Runbook) -> Iterator[Part]:
    """Yield every call of every step."""
    for step in book.steps:
        if step.sh is not None or step.sql is not None:
            yield Part(step, "action", Call(sh=step.sh, sql=step.sql, stdin=step.stdin, judge=step.judge))
        for kind, call in (("probe", step.probe), ("undo", step.undo), ("wait", step.wait)):
            if call is not None:
                yield Part(step, kind, call)
        for item in (*step.verify, *(step.undo.verify if step.undo else ())):
            if item.sh is not None or item.sql is not None:
                yield Part(step, "verify", item)


def expressions(book: Runbook) -> Iterator[tuple[Step, str]]:
    """Yield every expression with its step."""
    for step in book.steps:
        if step.when:
            yield step, step.when
        for item in (*step.verify, *(step.undo.verify if step.undo else ())):
            yield step, item.require
        if step.probe:
            yield step, step.probe.done
        if step.wait:
            yield step, step.wait.until


def known_values(book: Runbook, before: Step) -> dict[str, str]:
    """Return the values, by lower-case name with their types, that `before` may use."""
    found = {name: parameter.type for name, parameter in book.parameters.items()}
    found |= dict.fromkeys(OWN, "path") | OF_PAIRS
    for step in book.steps:
        if step.id == before.id:
            break
        found |= {f"{step.id}_{name}".replace("-", "_"): output.type for name, output in step.outputs.items()}
    return found


def ancestors(book: Runbook, step_id: str) -> set[str]:
    """Return all steps that `step_id` needs, directly or not."""
    found: set[str] = set()
    waiting = [step_id]
    while waiting:
        for needed in book.step(waiting.pop()).needs:
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return found


def undo_chain(book: Runbook, failed: str) -> list[str]:
    """Return the steps that an undo from `failed` takes back, in order: back to the first without a way back."""
    position = [step.id for step in book.steps].index(failed)
    chain = []
    for step in reversed(book.steps[: position + 1]):
        if not step.writes:
            continue
        if step.undo is None or step.undo.none is not None or step.point_of_no_return:
            break
        chain.append(step.id)
    return chain


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def requirements(step: Step) -> tuple[Requirement, ...]:
    """Return all postconditions of a step, those of its undo included."""
    return (*step.verify, *(step.undo.verify if step.undo else ()))


def variables(script: str) -> set[str]:
    """Return the environment variables in upper case that a shell script reads."""
    return set(re.findall(r"\$\{?([A-Z][A-Z0-9_]+)", script)) | set(re.findall(r"\(\((HISOPS_\w+)", script))


__all__ = ["Part", "Wait", "ancestors", "columns", "expressions", "judges", "known_values", "names", "parts"]
