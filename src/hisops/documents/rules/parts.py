"""What a step stands for: itself, or the steps of the runbook that it uses, as far as names go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hisops.documents.rules.subject import Subject
from hisops.model.items import over_key
from hisops.model.runbook import Output, Step

STRENGTH = ("read", "stage", "write", "destructive")


@dataclass(frozen=True, slots=True)
class Part:
    """One step under the name by which the runbook knows it; `fanned`: there is one for each item of a `for_each`."""

    name: str
    outputs: Mapping[str, Output]
    fanned: bool


def parts_of(subject: Subject, step: Step) -> Iterator[Part]:
    """Give the steps that come in the place of `step`, each once, whatever the items."""
    fanned = step.for_each is not None
    if step.uses is None:
        yield Part(step.id, step.outputs, fanned)
    elif sub := subject.used(step):
        for each in sub.runbook.steps:
            for part in parts_of(sub, each):
                yield Part(f"{step.id}-{part.name}", part.outputs, fanned or part.fanned)


def same_items(step: Step | None, other: Step) -> bool:
    """Tell whether both go over the same items, so that on each of them one sees what the other found there."""
    if step is None or step.for_each is None or other.for_each is None:
        return False
    return over_key(step.for_each) == over_key(other.for_each)


def is_foreign(step: Step) -> bool:
    """Tell whether the step goes over hosts of which the target's settings say nothing."""
    return step.for_each == "hosts" or isinstance(step.for_each, tuple)


def below(subject: Subject, step: Step) -> Iterator[tuple[Subject, Step]]:
    """Give every step that acts in the place of a step that uses a runbook, with the runbook that wrote it."""
    if sub := subject.used(step):
        for each in sub.runbook.steps:
            if each.uses is None:
                yield sub, each
            else:
                yield from below(sub, each)


def strongest(subject: Subject, step: Step) -> str:
    """Return the strongest effect of what `step` stands for."""
    effects = [each.effect for _, each in below(subject, step)]
    return max(effects, key=STRENGTH.index, default=step.effect)
