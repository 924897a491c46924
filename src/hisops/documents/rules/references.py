"""Rules on names: whatever a runbook refers to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.problems import nearest
from hisops.documents.rules.subject import Subject
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.expressions import satisfies
from hisops.model.judge import ERROR_CODE
from hisops.model.runbook import Output, Step


def unique_steps(subject: Subject) -> Iterator[Finding]:
    """Every step has an id of its own; dashes and underscores count as the same."""
    seen: dict[str, int] = {}
    for index, step in enumerate(subject.runbook.steps):
        first = seen.setdefault(step.id.replace("-", "_"), index)
        if first != index:
            fact = "The id `{id}` is taken by step {number}."
            yield Finding(("steps", index, "id"), fact, "Choose another.", {"id": step.id, "number": first + 1})


def earlier_needs(subject: Subject) -> Iterator[Finding]:
    """A step needs steps that stand before it; so no circle can arise."""
    for keys, step in subject.steps():
        for index, name in enumerate(step.needs):
            yield from _earlier(subject, step, name, (*keys, "needs", index))


def evidence_shown(subject: Subject) -> Iterator[Finding]:
    """A gate shows what earlier steps found."""
    for keys, step in subject.steps():
        for index, name in enumerate(step.gate.show if step.gate else ()):
            yield from _earlier(subject, step, name, (*keys, "gate", "show", index))


def known_judges(subject: Subject) -> Iterator[Finding]:
    """A judge that is named exists, with that action."""
    for at, step in subject.steps():
        for keys, call in subject.parts(step, at):
            if not call.judge:
                continue
            try:
                subject.shelf.judge(call.judge)
            except HisopsError as error:
                yield Finding((*keys, "judge"), "{said}", "{advice}", {"said": str(error), "advice": error.advice})


def known_allowances(subject: Subject) -> Iterator[Finding]:
    """What is allowed is an error code, or a doubt of the judge."""
    for at, step in subject.steps():
        for keys, call in subject.parts(step, at):
            action = subject.action(call.judge)
            doubts = [rule.id for rule in action.doubts] if action else []
            for index, name in enumerate(call.allow):
                if name not in doubts and not re.search(ERROR_CODE, name):
                    guess = nearest(name, doubts)
                    fact = "`{name}` is neither an error code nor a doubt of the judge."
                    todo = "Did you mean `{guess}`?" if guess else "Write a code such as ORA-32004."
                    yield Finding((*keys, "allow", index), fact, todo, {"name": name, "guess": guess})


def known_outputs(subject: Subject) -> Iterator[Finding]:
    """An output comes from where the step has one: a capture of its judge, JSON of its script, rows of its SQL."""
    for at, step in subject.steps():
        for name, output in step.outputs.items():
            yield from _output(subject, step, name, output, (*at, "outputs", name))


def known_target(subject: Subject) -> Iterator[Finding]:
    """The engine is known, and its version is bounded in a way that can be compared."""
    target = subject.runbook.target
    try:
        if not target.any_engine:
            subject.shelf.target_type(target.engine)
    except HisopsError as error:
        yield Finding(("target", "engine"), "{said}", "{advice}", {"said": str(error), "advice": error.advice})
    try:
        if target.version is not None:
            satisfies("0", target.version)
    except ValueError as error:
        yield Finding(("target", "version"), "This bounds no version: {why}.", "", {"why": error})


def known_locks(subject: Subject) -> Iterator[Finding]:
    """A lock is one that the target type can tell apart."""
    known = subject.target_type.locks if subject.target_type else None
    for index, lock in enumerate(subject.runbook.locks):
        if known is not None and lock not in known:
            fact = "Databases of this engine have no lock `{lock}`."
            yield Finding(("locks", index), fact, "Known are: {known}.", {"lock": lock, "known": ", ".join(known)})


def _earlier(subject: Subject, step: Step, name: str, keys: Keys) -> Iterator[Finding]:
    place, own = subject.place_of.get(name), subject.place_of[step.id]
    if place is None:
        guess = nearest(name, list(subject.place_of))
        todo = "Did you mean `{guess}`?" if guess else ""
        yield Finding(keys, "There is no step `{name}`.", todo, {"name": name, "guess": guess})
    elif place >= own:
        fact = "The step `{name}` does not stand before this one."
        yield Finding(keys, fact, "Move it up; steps run in the order of the file.", {"name": name})


def _output(subject: Subject, step: Step, name: str, output: Output, keys: Keys) -> Iterator[Finding]:
    source, key = output.from_, output.key or name
    needed = {"judge": step.judge, "json": step.sh, "rows": step.sql}[source]
    if needed is None:
        wanted = {"judge": "a judge", "json": "sh", "rows": "sql"}[source]
        fact = "An output from {source} needs {wanted} in this step."
        missing = (*keys[:2], {"judge": "judge", "json": "sh", "rows": "sql"}[source])
        yield Finding((*keys, "from"), fact, "", {"source": source, "wanted": wanted}, missing)
        return
    action = subject.action(step.judge) if source == "judge" else None
    if action is None:
        return
    capture = action.capture.get(key)
    if capture is None:
        guess = nearest(key, list(action.capture))
        todo = "Did you mean `{guess}`?" if guess else "It captures: {known}."
        values = {"judge": step.judge, "key": key, "guess": guess, "known": ", ".join(action.capture) or "nothing"}
        yield Finding(keys, "The judge {judge} captures no `{key}`.", todo, values, at_key=True)
    elif capture.type != output.type and (capture.type, output.type) != ("string", "identifier"):
        fact = "The judge {judge} captures `{key}` as {type}."
        values = {"judge": step.judge, "key": key, "type": capture.type}
        yield Finding((*keys, "type"), fact, "Write `type: {type}`.", values)
