"""Rules on expressions: each compiles, over names that exist, and compares like with like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hisops.documents.findings import Finding
from hisops.documents.problems import nearest
from hisops.documents.rules.names import results, scope
from hisops.documents.rules.subject import Subject
from hisops.documents.source import Keys
from hisops.expressions import ExpressionInvalid, faults_in, names_in
from hisops.model.runbook import Call, Requirement, Step


def sound_expressions(subject: Subject) -> Iterator[Finding]:
    """Every expression compiles over what is known where it is asked."""
    for keys, text, names in _expressions(subject):
        for fault in faults_in(text, names):
            yield Finding(keys, fault.fact, fault.todo, fault.values, offset=fault.offset)


def optional_parameters(subject: Subject) -> Iterator[Finding]:
    """A parameter that may be left out is asked for with has() before it is used."""
    optional = {
        f"params.{name}"
        for name, each in subject.runbook.parameters.items()
        if not each.required and each.default is None
    }
    for keys, text, _ in _expressions(subject):
        for name in _names(text):
            if name in optional and f"has({name})" not in text:
                fact = "`{name}` may be left out; then this expression has no answer."
                yield Finding(keys, fact, "Ask `has({name}) && …` first, or give it a default.", {"name": name})


def read_back_is_known(subject: Subject) -> Iterator[Finding]:
    """What must be read back is one value that is known before the step."""
    for keys, step in subject.steps():
        name = step.gate.read_back if step.gate else None
        known = scope(subject, step)
        if name and name not in known and not any(name.startswith(f"{each}.") for each in known):
            guess = nearest(name, list(known))
            todo = "Did you mean `{guess}`?" if guess else "Name one such as target.identity.database.dbid."
            values = {"name": name, "guess": guess}
            yield Finding((*keys, "gate", "read_back"), "Nothing is called `{name}` here.", todo, values)


def _expressions(subject: Subject) -> Iterator[tuple[Keys, str, Mapping[str, str]]]:
    """Give every expression with its place and what it may name."""
    for index, refusal in enumerate(subject.runbook.refuse):
        yield ("refuse", index, "when"), refusal.when, scope(subject, None)
    for at, step in subject.steps():
        before = scope(subject, step)
        if step.when is not None:
            yield (*at, "when"), step.when, before
        for keys, call in subject.calls(step, at):
            for name in ("require", "done", "until"):
                if text := getattr(call, name, None):
                    yield (*keys, name), text, {**before, **_out(subject, step, keys, call)}


def _out(subject: Subject, step: Step, keys: Keys, call: Call) -> Mapping[str, str]:
    """Return what `out` holds for a condition: of its own call, else of what it belongs to."""
    if call.sh is not None or call.sql is not None or not isinstance(call, Requirement):
        return results(subject, step, call)
    return results(subject, step, step.undo if "undo" in keys else None)


def _names(text: str) -> tuple[str, ...]:
    try:
        return names_in(text)
    except ExpressionInvalid:
        return ()
