"""Rules on steps that use another runbook: it is there, its parameters are given, and nothing is said twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.problems import DocumentProblems, nearest
from hisops.documents.rules.names import scope
from hisops.documents.rules.parts import below, parts_of, strongest
from hisops.documents.rules.subject import ACTIONS, Subject
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.expressions import ExpressionInvalid, names_in
from hisops.model.runbook import From, Parameter, Step

_OWN = frozenset({
    "id", "title", "why", "needs", "when", "effect", "uses", "with_", "for_each", "parallel", "gate",
})  # fmt: skip
_LITERALS = {"integer": int, "boolean": bool}
_ACCEPTS = {
    "string": {"string", "version"}, "integer": {"integer"}, "boolean": {"boolean"}, "file": {"file"},
    "scn": {"string", "integer"},
}  # fmt: skip


def known_runbooks(subject: Subject) -> Iterator[Finding]:
    """A runbook that is used exists, is for the same engine, and does not come back to this one."""
    for keys, step in subject.steps():
        if step.uses is None:
            continue
        at = (*keys, "uses")
        circle = _circle(subject, step)
        if circle:
            fact = "The runbooks use one another in a circle: {circle}."
            yield Finding(at, fact, "Break it.", {"circle": " -> ".join(circle)})
            continue
        try:
            sub = subject.shelf.runbook(step.uses).model
        except DocumentProblems as error:
            fact = "The runbook `{id}` is not sound: {why}"
            yield Finding(at, fact, "", {"id": step.uses, "why": str(error.problems[0])})
        except HisopsError as error:
            yield Finding(at, "{said}", "{advice}", {"said": str(error), "advice": error.advice})
        else:
            engine = subject.runbook.target.engine
            if sub.target.engine != engine and not sub.target.any_engine:
                fact = "The runbook `{id}` is for {other}, this one is for {engine}."
                yield Finding(at, fact, "", {"id": step.uses, "other": sub.target.engine, "engine": engine})


def given_parameters(subject: Subject) -> Iterator[Finding]:
    """The parameters of a runbook that is used are given: all that it needs, none that it lacks, of the right type."""
    for keys, step in subject.steps():
        if step.with_ and step.uses is None:
            yield Finding((*keys, "with"), "`with` belongs to `uses`.", "Remove it.", at_key=True)
        sub = subject.used(step)
        if sub is None:
            continue
        declared = sub.runbook.parameters
        for name, given in step.with_.items():
            at = (*keys, "with", name)
            if name not in declared:
                guess = nearest(name, list(declared))
                todo = "Did you mean `{guess}`?" if guess else "It has: {known}."
                values = {"id": step.uses, "name": name, "guess": guess, "known": ", ".join(declared) or "none"}
                yield Finding(at, "The runbook `{id}` has no parameter `{name}`.", todo, values, at_key=True)
            elif isinstance(given, From):
                yield from _handed(subject, step, given.from_, declared[name], (*at, "from"))
            else:
                yield from _literal(given, declared[name], at)
        for name, parameter in declared.items():
            if parameter.required and name not in step.with_:
                fact = "The runbook `{id}` needs its parameter `{name}` ({title})."
                values = {"id": step.uses, "name": name, "title": parameter.title.en}
                yield Finding((*keys, "uses"), fact, "Give it under `with:`.", values, missing=(*keys, "with", name))
        yield from _late_refusals(sub, step, keys)


def only_what_belongs(subject: Subject) -> Iterator[Finding]:
    """What a runbook that is used says itself is not said again where it is used; its effect is told as it is."""
    for keys, step in subject.steps():
        if step.uses is None:
            continue
        for name in sorted(step.model_fields_set - _OWN - set(ACTIONS)):  # two actions: a rule of its own tells
            key = Step.model_fields[name].alias or name
            fact = "`{key}` has no meaning on a step that uses a runbook: that one says it step by step."
            yield Finding((*keys, key), fact, "Remove it.", {"key": key}, at_key=True)
        effect = strongest(subject, step)
        if effect != step.effect:
            fact = "The runbook `{id}` has the effect {effect}."
            yield Finding((*keys, "effect"), fact, "Write `effect: {effect}`.", {"id": step.uses, "effect": effect})
        if step.gate is not None:
            yield from _gate(subject, step, keys)


def distinct_parts(subject: Subject) -> Iterator[Finding]:
    """The steps that come in the place of others have ids that no other step has."""
    taken: dict[str, str] = {}
    for keys, step in subject.steps():
        for part in parts_of(subject, step):
            word = part.name.replace("-", "_")
            other = taken.setdefault(word, step.id)
            if other != step.id:
                fact = "The step `{name}` comes from `{step}` and from `{other}`."
                values = {"name": part.name, "step": step.id, "other": other}
                yield Finding((*keys, "id"), fact, "Choose another id.", values)
    fans = [step.id for step in subject.runbook.steps if step.for_each is not None]
    for keys, step in subject.steps():
        if fan := next((fan for fan in fans if fan != step.id and step.id.startswith(f"{fan}-")), None):
            fact = "Ids that begin with `{fan}-` are kept for the items of `{fan}`."
            yield Finding((*keys, "id"), fact, "Choose another id.", {"fan": fan})


def _circle(subject: Subject, step: Step) -> list[str] | None:
    """Return the way from this runbook back to it, or to another on the way, by `step`; None if there is none."""

    def follow(name: str, way: list[str]) -> list[str] | None:
        if name in way:
            return [*way, name]
        try:
            steps = subject.shelf.runbook(name).model.steps
        except HisopsError:
            return None
        found = (follow(each.uses, [*way, name]) for each in steps if each.uses)
        return next((circle for circle in found if circle), None)

    return follow(step.uses, [subject.runbook.id]) if step.uses else None


def _handed(subject: Subject, step: Step, name: str, parameter: Parameter, at: Keys) -> Iterator[Finding]:
    """A value that is handed down is known here and of a type that the parameter can take."""
    known = scope(subject, step)
    own = subject.runbook.parameters.get(name.removeprefix("params.")) if name.startswith("params.") else None
    kind = "file" if own is not None and own.type == "file" else known.get(name)
    if kind is None:
        open_ = any(name.startswith(f"{each}.") for each, of in known.items() if of in {"any", "map"})
        if not open_:
            guess = nearest(name, list(known))
            todo = "Did you mean `{guess}`?" if guess else ""
            yield Finding(at, "Nothing is called `{name}` here.", todo, {"name": name, "guess": guess})
    elif kind != "any" and kind not in _ACCEPTS.get(parameter.type, {"string"}):
        fact = "The parameter is a {type}; `{name}` is a {kind}."
        yield Finding(at, fact, "", {"type": parameter.type, "name": name, "kind": kind})
    if own is not None and parameter.required and not own.required and own.default is None:
        fact = "`{name}` may be left out, but the runbook that is used needs it."
        yield Finding(at, fact, "Give it a default, or require it.", {"name": name})


def _literal(value: str | int | bool, parameter: Parameter, at: Keys) -> Iterator[Finding]:
    kind = _LITERALS.get(parameter.type, str)
    if parameter.type == "file":
        yield Finding(at, "A file is a parameter of this runbook: its digest stands in the plan.", "Hand one down.")
    elif type(value) is not kind:
        wanted = {int: "a whole number", bool: "true or false", str: "a text"}[kind]
        values = {"type": parameter.type, "wanted": wanted}
        yield Finding(at, "A {type} is written as {wanted}, or handed down by `{{from: NAME}}`.", "", values)
    elif parameter.choices and str(value) not in parameter.choices:
        yield Finding(at, "It must be one of {choices}.", "", {"choices": ", ".join(parameter.choices)})
    elif parameter.pattern and not re.fullmatch(parameter.pattern, str(value)):
        yield Finding(at, "It does not have the form {pattern}.", "", {"pattern": parameter.pattern})


def _late_refusals(sub: Subject, step: Step, keys: Keys) -> Iterator[Finding]:
    """Whether a runbook is refused is asked before anything runs; so it cannot hang on what a step finds."""
    late = {n for n, given in step.with_.items() if isinstance(given, From) and given.from_.startswith("steps.")}
    for refusal in sub.runbook.refuse:
        for name in late & {name.removeprefix("params.") for name in _names(refusal.when)}:
            fact = "The runbook `{id}` asks for `{name}` before anything runs; what a step finds comes too late."
            yield Finding((*keys, "with", name), fact, "", {"id": step.uses, "name": name})


def _gate(subject: Subject, step: Step, keys: Keys) -> Iterator[Finding]:
    """The gate of the whole goes before the first step that writes: that one is always reached, and has none."""
    first = next((each for _, each in below(subject, step) if each.writes), None)
    at = (*keys, "gate")
    if first is None:
        return  # nothing writes: a rule of its own tells
    if first.gate is not None:
        fact = "The first step of `{id}` that writes, `{step}`, has a gate already."
        yield Finding(at, fact, "Leave one of the two.", {"id": step.uses, "step": first.id}, at_key=True)
    if _passed_over(subject, step):
        fact = "The first step of `{id}` that writes, `{step}`, may be skipped, and the gate with it."
        yield Finding(at, fact, "Put gates into that runbook.", {"id": step.uses, "step": first.id}, at_key=True)


def _passed_over(subject: Subject, step: Step) -> bool:
    """Tell whether the first step that writes may be skipped: by a condition, or since a step that it needs failed."""
    sub = subject.used(step)
    first = next((each for each in sub.runbook.steps if each.writes), None) if sub else None
    if sub is None or first is None:
        return False
    passed = {each.id for each in sub.runbook.steps if each.on_failure == "continue"}
    return first.when is not None or bool(passed & set(first.needs)) or _passed_over(sub, first)


def _names(text: str) -> tuple[str, ...]:
    try:
        return names_in(text)
    except ExpressionInvalid:
        return ()
