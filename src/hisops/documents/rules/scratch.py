"""Rules on what belongs on the scratch host, where a mistake overwrites nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hisops.documents.findings import Finding
from hisops.documents.rules.subject import Subject
from hisops.model.runbook import Step


def restores_stand_apart(subject: Subject) -> Iterator[Finding]:
    """What makes a database anew, or writes over one, stands in destructive steps on the scratch host."""
    patterns = subject.target_type.scratch_only if subject.target_type else ()
    for at, step in subject.steps():
        for keys, call in subject.parts(step, at):
            place = step.on if isinstance(call, Step) else step.place_of(call)
            if place == "scratch_host" and step.effect == "destructive":
                continue
            for key in ("sh", "stdin"):
                if text := _found(patterns, getattr(call, key) or ""):
                    fact = "`{text}` writes over a database; this is {effect} on {on}."
                    todo = "Restore with `on: scratch_host` and `effect: destructive`."
                    yield Finding((*keys, key), fact, todo, {"text": text, "on": place, "effect": step.effect})


def _found(patterns: Iterable[str], text: str) -> str | None:
    """Return what is found of the first statement that one of the patterns fits."""
    for statement in text.lower().split(";"):
        for pattern in patterns:
            if match := re.search(pattern, " ".join(statement.split())):
                return match[0]
    return None
