"""Rules on scripts and statements: values reach them by name, never by being written into them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.problems import nearest
from hisops.documents.rules.names import values_at
from hisops.documents.rules.subject import Subject
from hisops.model.closed import CLOSED

_SLOT = re.compile(r"@\{([^}]*)\}")
_TEMPLATE = re.compile(r"\$\{\{|\{\{|\{(?:params|steps|target|out)\.|%\([a-z_.]+\)[sd]|<%")
_OWN_NAME = re.compile(r"\$\{?HISOPS_([A-Z0-9_]+)")
_BIND = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|:([A-Za-z][A-Za-z0-9_]*)", re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def no_templates_in_scripts(subject: Subject) -> Iterator[Finding]:
    """No value is written into a script: what it holds would be read as shell."""
    for keys, _, text in subject.shells():
        for match in _TEMPLATE.finditer(text):
            fact = "`{found}` looks like a template; nothing is ever written into a script."
            todo = 'Use the environment: "$HISOPS_NAME".'
            yield Finding(keys, fact, todo, {"found": match[0]}, offset=match.start())
        for match in _SLOT.finditer(text):
            fact = "The slot `{slot}` stands in a script; slots are only for stdin and sql."
            todo = 'Use the environment: "$HISOPS_NAME"; for a secret use stdin.'
            yield Finding(keys, fact, todo, {"slot": match[0]}, offset=match.start())


def known_environment(subject: Subject) -> Iterator[Finding]:
    """A HISOPS_ variable of a script is a value that is known there."""
    for keys, step, text in subject.shells():
        settings = subject.target_type.settings if subject.target_type else {}
        known = {name.upper() for name in values_at(subject, step) if name not in settings}
        for match in _OWN_NAME.finditer(text):
            if match[1] not in known:
                guess = nearest(match[1], sorted(known))
                todo = (
                    "Did you mean `HISOPS_{guess}`?" if guess else "Name a parameter or an output of an earlier step."
                )
                values = {"name": f"HISOPS_{match[1]}", "guess": guess}
                yield Finding(keys, "Nothing is called `{name}` here.", todo, values, offset=match.start())


def closed_slots(subject: Subject) -> Iterator[Finding]:
    """A slot names a known value of a closed type."""
    for keys, step, text in [*subject.statements(), *subject.inputs()]:
        known = values_at(subject, step)
        for match in _SLOT.finditer(text):
            name, values = match[1], {"name": match[1], "slot": match[0]}
            if name.startswith("secret:"):
                continue
            if name not in known:
                guess = nearest(name, sorted(known))
                todo = "Did you mean `{guess}`?" if guess else "Name a parameter, an earlier output or a setting."
                fact = "The slot `{slot}` names nothing that is known here."
                yield Finding(keys, fact, todo, {**values, "guess": guess}, offset=match.start())
            elif known[name] not in CLOSED:
                fact = "The slot `{slot}` has the open type {type}; such a value may not become part of a text."
                todo = "Declare it as one of {closed}."
                more = {"type": known[name], "closed": ", ".join(sorted(CLOSED))}
                yield Finding(keys, fact, todo, {**values, **more}, offset=match.start())


def declared_secrets(subject: Subject) -> Iterator[Finding]:
    """A secret goes to a standard input, and is one that the step declares."""
    for keys, _, text in subject.statements():
        for match in _SLOT.finditer(text):
            if match[1].startswith("secret:"):
                fact = "A secret would stand in the statement and in its log."
                yield Finding(keys, fact, "Hand it over in `stdin:` of a script.", offset=match.start())
    used: dict[str, set[str]] = {}
    for keys, step, text in subject.inputs():
        for match in _SLOT.finditer(text):
            name = match[1].removeprefix("secret:")
            if name == match[1]:
                continue
            used.setdefault(step.id, set()).add(name)
            if name not in step.secrets:
                fact, todo = "The secret `{name}` is not declared.", "Add `secrets: [{name}]` to the step."
                yield Finding(keys, fact, todo, {"name": name}, offset=match.start())
    for at, step in subject.steps():
        for index, name in enumerate(step.secrets):
            if name not in used.get(step.id, set()):
                fact = "The secret `{name}` is declared, but no stdin of this step has @{{secret:{name}}}."
                yield Finding((*at, "secrets", index), fact, "Remove it.", {"name": name})


def known_binds(subject: Subject) -> Iterator[Finding]:
    """A bind variable is a value that is known there."""
    for keys, step, text in subject.statements():
        known = values_at(subject, step)
        for match in _BIND.finditer(text):
            if match[1] and match[1].lower() not in known:
                guess = nearest(match[1].lower(), sorted(known))
                todo = "Did you mean `:{guess}`?" if guess else "Name a parameter, an earlier output or a setting."
                values = {"name": match[1], "guess": guess}
                yield Finding(
                    keys, "The bind `:{name}` names nothing that is known.", todo, values, offset=match.start(1) - 1
                )


def reads_only_read(subject: Subject) -> Iterator[Finding]:
    """A statement of a step that reads, and of every probe and check, is a query."""
    for keys, step, text in subject.statements():
        writes = step.writes and keys[2:] in {("sql",), ("undo", "sql")}
        bare = _QUOTED.sub("''", _COMMENT.sub(" ", text)).strip()
        words = bare.lower().split()
        if not writes and (
            not words or words[0] not in {"select", "with"} or re.search(r"\bfor\s+update\b", bare, re.I)
        ):
            fact = "Here only a query may stand (SELECT or WITH, without FOR UPDATE)."
            yield Finding(keys, fact, "Make it a step of effect write if it changes something.")
        if ";" in bare.rstrip(";"):
            yield Finding(keys, "One statement only.", "Make a step of each, or use sqlplus with stdin.")
        elif bare.endswith(";") and words and words[0] not in {"begin", "declare", "create"}:
            yield Finding(keys, "A statement has no `;` at its end.", "Remove it.")
