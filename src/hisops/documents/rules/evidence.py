"""Rules on results of other runs that a runbook requires."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.rules.subject import Subject
from hisops.errors import HisopsError


def known_requirements(subject: Subject) -> Iterator[Finding]:
    """What is required is the result of another runbook that exists, and each is required once."""
    seen: set[str] = set()
    for index, required in enumerate(subject.runbook.requires):
        at = ("requires", index, "runbook")
        if required.runbook == subject.runbook.id:
            yield Finding(at, "A runbook cannot require itself: nothing could come first.", "Name another.")
            continue
        if required.runbook in seen:
            yield Finding(at, "The runbook `{id}` is required twice.", "Keep one.", {"id": required.runbook})
        seen.add(required.runbook)
        try:
            other = subject.shelf.runbook(required.runbook).model
        except HisopsError as error:
            yield Finding(at, "{said}", "{advice}", {"said": str(error).split("\n")[0], "advice": error.advice})
            continue
        engine = subject.runbook.target.engine
        if other.target.engine != engine:
            fact = "The runbook `{id}` is for {other}, this one is for {engine}."
            yield Finding(at, fact, "", {"id": required.runbook, "other": other.target.engine, "engine": engine})
