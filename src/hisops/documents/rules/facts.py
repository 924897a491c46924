"""Rules on the facts of a target type: what they keep, and when they are asked."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.library import Library
from hisops.documents.problems import nearest
from hisops.documents.rules.names import kind_of
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.expressions import faults_in
from hisops.model.site import Fact, TargetType


def facts_are_captured(target: TargetType, library: Library) -> Iterator[Finding]:
    """What a fact keeps is what its judge captures."""
    for keys, fact in _facts(target):
        if fact.judge is None:
            continue
        try:
            captured = list(library.judge(fact.judge)[1].capture)
        except HisopsError as error:
            yield Finding((*keys, "judge"), "{said}", "{advice}", {"said": str(error), "advice": error.advice})
            continue
        for number, name in enumerate(fact.values):
            if name not in captured:
                guess = nearest(name, captured)
                todo = "Did you mean `{guess}`?" if guess else ""
                values = {"judge": fact.judge, "name": name, "guess": guess}
                yield Finding((*keys, "values", number), "The judge {judge} captures no `{name}`.", todo, values)


def conditions_are_sound(target: TargetType, _: Library) -> Iterator[Finding]:
    """The condition of a fact compiles over the settings and the identity that is latched before it."""
    names = {"target.name": "string", "target.engine": "string", "target.host.name": "string"}
    names |= {"target.host.os": "string", "target.role": "string", "target.version": "version"}
    names |= {f"target.settings.{name}": kind_of(each.type) for name, each in target.settings.items()}
    for keys, fact in _facts(target):
        for fault in faults_in(fact.when, names) if fact.when else ():
            yield Finding((*keys, "when"), fault.fact, fault.todo, fault.values, offset=fault.offset)
        if keys[0] == "identity":
            names |= {f"target.identity.{fact.id}.{value}": "any" for value in fact.values}


def _facts(target: TargetType) -> Iterator[tuple[Keys, Fact]]:
    for part, facts in (("identity", target.identity), ("state", target.state)):
        for index, fact in enumerate(facts):
            yield (part, index), fact


FACT_RULES = {"TA001": facts_are_captured, "TA002": conditions_are_sound}
