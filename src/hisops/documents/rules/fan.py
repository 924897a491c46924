"""Rules on steps that are repeated: over what, where, and which of them may run at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.rules.parts import below, is_foreign
from hisops.documents.rules.subject import Subject
from hisops.documents.source import Keys
from hisops.model.runbook import Step

_HOSTS = ("db_host", "control")
_DATABASES = ("db", "db_host", "control")


def sound_repeats(subject: Subject) -> Iterator[Finding]:
    """A repeated step acts where its items are, once for each, and says nothing of what is not known there."""
    for keys, step in subject.steps():
        if step.for_each is None:
            continue
        at = (*keys, "for_each")
        if step.manual is not None:
            yield Finding(at, "What people do is not repeated over items.", "Write a step for each.", at_key=True)
        yield from _places(subject, step, keys)
        yield from _unknown_settings(subject, step, keys)
        if isinstance(step.for_each, tuple) and len(set(step.for_each)) < len(step.for_each):
            yield Finding(at, "A host stands twice.", "Name each once.")
        inner = [each.id for _, each in _all(subject, step) if each is not step and each.for_each is not None]
        if inner:
            fact = "The runbook `{id}` repeats steps itself ({steps}); one `for_each` within another is not possible."
            yield Finding(at, fact, "Repeat only one of them.", {"id": step.uses, "steps": ", ".join(inner)})


def sound_parallel(subject: Subject) -> Iterator[Finding]:
    """Only the items of a repeated step that reads are carried out at once."""
    for keys, step in subject.steps():
        if step.parallel is None:
            continue
        at = (*keys, "parallel")
        if step.for_each is None:
            yield Finding(at, "`parallel` belongs to `for_each`.", "Add it, or remove `parallel`.", at_key=True)
        if step.effect != "read":
            fact = "Only what reads is carried out on several items at once; this step has the effect {effect}."
            yield Finding(at, fact, "Remove `parallel`.", {"effect": step.effect}, at_key=True)
        asked = [each.id for _, each in below(subject, step) if each.manual is not None]
        if asked:
            fact = "The step `{step}` of `{id}` waits for people; several of them cannot wait at once."
            yield Finding(at, fact, "Remove `parallel`.", {"step": asked[0], "id": step.uses}, at_key=True)


def _all(subject: Subject, step: Step) -> Iterator[tuple[Subject, Step]]:
    """Give the step and whatever stands below it, steps that use others included."""
    yield subject, step
    if sub := subject.used(step):
        for each in sub.runbook.steps:
            yield from _all(sub, each)


def _acting(subject: Subject, step: Step) -> Iterator[tuple[Subject, Step]]:
    if step.uses is None:
        yield subject, step
    else:
        yield from below(subject, step)


def _places(subject: Subject, step: Step, keys: Keys) -> Iterator[Finding]:
    """On nodes and hosts there is no session; on databases no standby of their own."""
    hosts_only = step.for_each != "databases" and (step.uses is None or is_foreign(step))
    allowed = _DATABASES if step.for_each == "databases" else _HOSTS
    if step.uses is not None and step.for_each == "nodes":
        return  # a runbook that is repeated over the nodes still has the one database
    for owner, each in _acting(subject, step):
        for _, call in owner.parts(each, ()):
            if hosts_only and call.sql is not None:
                fact = "`{step}` asks a database, but an item of this `for_each` is a host."
                yield Finding((*keys, "for_each"), fact, "Write sh, or go over databases.", {"step": each.id})
                break
            on = call.on if call is not each or "on" in each.model_fields_set else None
            if on is not None and on not in allowed:
                fact = "`{step}` acts on {on}; repeated over {over} it can only be on {allowed}."
                values = {"step": each.id, "on": on, "over": _told(step), "allowed": ", ".join(allowed)}
                yield Finding((*keys, "for_each"), fact, "", values)
                break


def _unknown_settings(subject: Subject, step: Step, keys: Keys) -> Iterator[Finding]:
    """On hosts at large the settings of the target mean nothing, so they are not set."""
    settings = subject.target_type.settings if subject.target_type else {}
    if not is_foreign(step) or not settings:
        return
    names = re.compile(r"\$\{?(" + "|".join(re.escape(each.env) for each in settings.values()) + r")\b")
    for owner, each in _acting(subject, step):
        for _, call in owner.parts(each, ()):
            if call.sh and (match := names.search(call.sh)):
                fact = "`{step}` uses {name}, a setting of the target; on other hosts nobody knows it."
                values = {"step": each.id, "name": match[1]}
                yield Finding((*keys, "for_each"), fact, "Go over nodes or databases.", values)


def _told(step: Step) -> str:
    return step.for_each if isinstance(step.for_each, str) else "hosts"
