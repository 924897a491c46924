"""Rules on results of other runs that a runbook requires, or that the site requires of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from hisops.documents.findings import Finding
from hisops.documents.rules.names import kind_of
from hisops.documents.rules.parts import parts_of
from hisops.documents.rules.subject import Shelf, Subject
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.expressions import faults_in
from hisops.model.required import Required
from hisops.model.runbook import Runbook
from hisops.model.site import Site


def known_requirements(subject: Subject) -> Iterator[Finding]:
    """What is required is the result of another runbook that exists, and each is required once."""
    return sound_requirements(subject.runbook, subject.runbook.requires, ("requires",), subject.shelf)


def sound_policy(site: Site, shelf: Shelf) -> Iterator[Finding]:
    """What the site requires of a runbook is as sound as if it were written there."""
    for name, requires in site.requires.items():
        with suppress(HisopsError):  # one that is not there, or cannot be read, is told elsewhere
            yield from sound_requirements(shelf.runbook(name).model, requires, ("requires", name), shelf)


def sound_requirements(
    runbook: Runbook, requires: Sequence[Required], keys: Keys, shelf: Shelf
) -> Iterator[Finding]:  # fmt: skip
    """Give what is wrong with what `runbook` requires, written under `keys`."""
    seen: set[tuple[str, str | None]] = set()
    for index, required in enumerate(requires):
        at = (*keys, index)
        found = []
        for number, name in enumerate(required.runbooks):
            place = (*at, "any", number) if required.any else (*at, "runbook")
            if name == runbook.id:
                yield Finding(place, "A runbook cannot require itself: nothing could come first.", "Name another.")
                continue
            if (name, required.of) in seen:
                yield Finding(place, "The runbook `{id}` is required twice.", "Keep one.", {"id": name})
            seen.add((name, required.of))
            try:
                other = shelf.runbook(name)
            except HisopsError as error:
                yield Finding(place, "{said}", "{advice}", {"said": str(error).split("\n")[0], "advice": error.advice})
                continue
            found.append(other.model)
            if other.model.target.engine != runbook.target.engine:
                fact = "The runbook `{id}` is for {other}, this one is for {engine}."
                values = {"id": name, "other": other.model.target.engine, "engine": runbook.target.engine}
                yield Finding(place, fact, "", values)
        if len(found) == len(required.runbooks):
            yield from _sound_terms(required, at, [Subject(each, shelf) for each in found])


def _sound_terms(required: Required, at: Keys, runbooks: Sequence[Subject]) -> Iterator[Finding]:
    """Give what is wrong with the conditions: they are asked of a run of any of `runbooks`."""
    given = [_parameters(each.runbook) for each in runbooks]
    known = {name: "any" if _differ(given, name) else kind for each in given for name, kind in each.items()}
    came_of = [_outcomes(each) for each in runbooks]
    after = {name: kind for name, kind in came_of[0].items() if all(each.get(name) == kind for each in came_of)}
    for key, text, names in (("of", required.of, known), ("where", required.where, {**known, **after})):
        for fault in faults_in(text, names) if text else ():
            yield Finding((*at, key), fault.fact, fault.todo, fault.values, offset=fault.offset)
        for name in known:
            if text and name in text and f"has({name})" not in text and any(name not in each for each in given):
                fact = "`{name}` is no parameter of each of them; then this condition has no answer."
                yield Finding((*at, key), fact, "Ask `has({name})` first.", {"name": name})


def _parameters(runbook: Runbook) -> Mapping[str, str]:
    return {f"params.{name}": kind_of(each.type) for name, each in runbook.parameters.items()}


def _outcomes(subject: Subject) -> Mapping[str, str]:
    """Return the outputs that each run of the runbook has, but those of items, which only a site knows."""
    found: dict[str, str] = {}
    for step in subject.runbook.steps:
        for part in parts_of(subject, step):
            base = f"steps.{part.name.replace('-', '_')}"
            found |= {} if part.fanned else {f"{base}.state": "string"}
            found |= {} if part.fanned else {f"{base}.out.{name}": kind_of(o.type) for name, o in part.outputs.items()}
    return found


def _differ(given: Sequence[Mapping[str, str]], name: str) -> bool:
    return len({each[name] for each in given if name in each}) > 1
