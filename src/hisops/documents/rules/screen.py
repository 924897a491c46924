"""Rules on what people read, and on what they type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import east_asian_width

from hisops.documents.findings import Finding
from hisops.documents.rules.names import ITEM, OWN
from hisops.documents.rules.parts import Part, parts_of
from hisops.documents.rules.subject import Subject
from hisops.documents.source import Keys
from hisops.model.runbook import Parameter, Step
from hisops.model.text import Text

WIDTH = 60
_DEFAULTS = {"integer": int, "boolean": bool}


def short_titles(subject: Subject) -> Iterator[Finding]:
    """A title fits into the table of a plan, in either language."""
    titles: list[tuple[Keys, Text]] = [(("title",), subject.runbook.title)]
    titles += [((*keys, "title"), step.title) for keys, step in subject.steps()]
    for keys, title in titles:
        for lang, text in (("zh", title.zh), ("en", title.en)):
            width = sum(2 if east_asian_width(char) in {"W", "F"} else 1 for char in text)
            if width > WIDTH:
                fact = "The title is {width} columns wide; the screen has room for {room}."
                yield Finding(
                    (*keys, lang), fact, "Shorten it; reasons belong into `why:`.", {"width": width, "room": WIDTH}
                )
            if not text.strip():
                yield Finding((*keys, lang), "The title is empty.", "Say what the step does.")


def sound_parameters(subject: Subject) -> Iterator[Finding]:
    """A default and the choices of a parameter are of its type, and its pattern is one."""
    for name, parameter in subject.runbook.parameters.items():
        yield from _parameter(("parameters", name), parameter)


def sound_choice(subject: Subject) -> Iterator[Finding]:
    """What chooses a runbook among those of its command is an option there; a parameter of that name has its values."""
    runbook = subject.runbook
    for name, values in runbook.chosen_by.items():
        if runbook.command is None:
            yield Finding(("chosen_by",), "`chosen_by` belongs to `command`.", "Add it.", at_key=True)
        parameter = runbook.parameters.get(name)
        if parameter is None:
            continue
        if parameter.type != "string" or set(parameter.choices) != {str(value) for value in values}:
            fact = "The parameter `{name}` must be a string with the choices {values}: they choose this runbook."
            told = {"name": name, "values": ", ".join(str(value) for value in values)}
            yield Finding(("parameters", name), fact, "Correct one of the two.", told, at_key=True)


def sound_patterns(subject: Subject) -> Iterator[Finding]:
    """The pattern of what a person types is a regular expression."""
    for keys, step in subject.steps():
        if step.manual and step.manual.pattern and (why := _why_no_pattern(step.manual.pattern)):
            yield Finding((*keys, "manual", "pattern"), "This is no pattern: {why}.", "", {"why": why})


def distinct_names(subject: Subject) -> Iterator[Finding]:
    """No two values share the name under which scripts see them."""
    settings = subject.target_type.settings if subject.target_type else {}
    taken = {**dict.fromkeys(settings, "a setting of the target"), **dict.fromkeys([*OWN, ITEM], "hisops itself")}
    for name in subject.runbook.parameters:
        if name in taken:
            yield _taken(("parameters", name), name, taken[name])
        taken.setdefault(name, f"the parameter `{name}`")
    for keys, step in subject.steps():
        for part, output in _outputs(subject, step):
            name = f"{part.name.replace('-', '_')}_{output}"
            if name in taken:
                at = (*keys, "uses") if step.uses else (*keys, "outputs", output)
                yield _taken(at, name, taken[name])
            taken.setdefault(name, f"an output of `{part.name}`")


def _outputs(subject: Subject, step: Step) -> Iterator[tuple[Part, str]]:
    for part in parts_of(subject, step):
        for output in part.outputs:
            yield part, output


def _taken(keys: Keys, name: str, by: str) -> Finding:
    fact = "The name `{name}` is taken by {by}; scripts could not tell them apart."
    return Finding(keys, fact, "Choose another.", {"name": name, "by": by}, at_key=True)


def _parameter(keys: Keys, parameter: Parameter) -> Iterator[Finding]:
    kind = _DEFAULTS.get(parameter.type, str)
    why = _why_no_pattern(parameter.pattern or "")
    if why:
        yield Finding((*keys, "pattern"), "This is no pattern: {why}.", "", {"why": why})
    if parameter.required and parameter.default is not None:
        yield Finding((*keys, "default"), "A required parameter has no default.", "Remove one of the two.")
    if parameter.default is None:
        return
    if type(parameter.default) is not kind:
        fact = "The default of a parameter of type {type} is written as {wanted}."
        wanted = {int: "a whole number", bool: "true or false", str: "a text"}[kind]
        yield Finding((*keys, "default"), fact, "", {"type": parameter.type, "wanted": wanted})
    elif parameter.choices and str(parameter.default) not in parameter.choices:
        yield Finding((*keys, "default"), "The default is none of the choices.", "Choose one of them.")
    elif parameter.pattern is not None and not why and not re.fullmatch(parameter.pattern, str(parameter.default)):
        yield Finding((*keys, "default"), "The default does not match the pattern.", "Correct one of the two.")


def _why_no_pattern(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None
