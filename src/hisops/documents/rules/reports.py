"""Rules for forms: every name that a form uses is one of its own, and each part says one thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from hisops.documents.findings import Finding
from hisops.documents.problems import nearest
from hisops.documents.rules.steps import Books, StepName, is_known, step_names
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.model.report import COLUMNS, SLOTS, SOURCES, Report, Section, Source
from hisops.model.text import Text

_SLOT = re.compile(r"\{(\w*)\}")
_MEASURED = ("parameter", "output", "captured", "span")


def one_of_each(form: Report) -> Iterator[Finding]:
    """A source, a happening and a section each say exactly one thing."""
    for keys, source in _sources(form):
        yield from _exactly_one(source, SOURCES, keys, "run")
    for number, moment in enumerate(form.moments):
        for index, happening in enumerate(moment.from_):
            yield from _exactly_one(happening, ("step", "checks"), ("moments", number, "from", index), "checks")
    for number, section in enumerate(form.sections):
        yield from _exactly_one(section, ("boxes", "table", "signatures"), ("sections", number), "table")


def distinct_ids(form: Report) -> Iterator[Finding]:
    """No two sections, boxes, moments or checks have the same name."""
    yield from _distinct((("moments", number, "id"), each.id) for number, each in enumerate(form.moments))
    yield from _distinct((("checks", number, "step"), each.step) for number, each in enumerate(form.checks))
    yield from _distinct((("sections", number, "id"), each.id) for number, each in enumerate(form.sections))
    boxes = (
        (("sections", number, "boxes", index, "id"), box.id)
        for number, section in enumerate(form.sections)
        for index, box in enumerate(section.boxes)
    )
    yield from _distinct(boxes)


def known_names(form: Report) -> Iterator[Finding]:
    """Spans are between moments of the form, comparisons between boxes that hold a figure."""
    moments = [moment.id for moment in form.moments]
    figures = [box.id for box in form.boxes if any(_is_figure(source) for source in box.from_)]
    for keys, source in _sources(form):
        if source.span is not None:
            for part in ("since", "until"):
                fact = "The form has no moment `{name}`."
                yield from _known((*keys, "span", part), getattr(source.span, part), moments, fact)
        if source.within is not None:
            for part in ("measured", "limit"):
                fact = "The form has no box `{name}` with a figure (a span, or a value with a unit)."
                yield from _known((*keys, "within", part), getattr(source.within, part), figures, fact)


def known_columns(form: Report) -> Iterator[Finding]:
    """A table has columns, each once, of those that it can have."""
    for number, section in enumerate(form.sections):
        if section.table is None:
            if section.columns:
                fact, todo = "Columns belong to a table.", "Remove them, or say which `table:`."
                yield Finding(("sections", number, "columns"), fact, todo, at_key=True)
            continue
        if not section.columns:
            fact, at = "The table has no columns.", ("sections", number)
            yield Finding(at, fact, "Add `columns:`.", missing=(*at, "columns"))
        yield from _distinct(
            (("sections", number, "columns", index, "id"), each.id) for index, each in enumerate(section.columns)
        )
        known = _columns_of(section)
        for index, column in enumerate(section.columns):
            fact = "This table has no column `{name}`."
            yield from _known(("sections", number, "columns", index, "id"), column.id, known, fact)


def fit_lists(form: Report) -> Iterator[Finding]:
    """A table of what was captured, or printed, says of which steps; its columns say which word they show."""
    for number, section in enumerate(form.sections):
        at: Keys = ("sections", number)
        for name, given in (("captured", section.captured), ("printed", section.printed)):
            if section.table == name and not given:
                fact, todo = "The table does not say what it lists.", "Add `{name}:`."
                yield Finding(at, fact, todo, {"name": name}, missing=(*at, name))
            if section.table != name and given:
                fact, todo = "`{name}` belongs to a table of that name.", "Remove it, or say `table: {name}`."
                yield Finding((*at, name), fact, todo, {"name": name}, at_key=True)
        for index, column in enumerate(section.columns):
            if (section.table == "captured") != (column.word is not None):
                fact, todo = "A column shows a `word` of what was captured, and nowhere else.", "Correct `word:`."
                yield Finding((*at, "columns", index), fact, todo)


def known_slots(form: Report) -> Iterator[Finding]:
    """The words of a form use the slots that they are given, and no others."""
    for name in type(form.words).model_fields:
        text, known = getattr(form.words, name), SLOTS.get(name, ())
        if not isinstance(text, Text):
            continue
        for lang in ("zh", "en"):
            for match in _SLOT.finditer(text.in_(lang)):
                if match[1] not in known:
                    fact, todo = "There is no slot `{slot}` here.", "Known are: {known}."
                    values = {"slot": match[1], "known": ", ".join(known) or "none"}
                    yield Finding(("words", name, lang), fact, todo, values, offset=match.start())


def known_to_runbooks(form: Report, library: Books) -> Iterator[Finding]:
    """Steps and parameters that the form asks for are those of some runbook; a slip would leave a box blank."""
    steps, parameters = _steps_and_parameters(library)
    for keys, name in _steps_asked(form):
        if not is_known(name, steps):
            known = (each.name for each in steps)
            yield from _known(keys, name, known, "No runbook of the library has a step `{name}`.")
    for keys, source in _sources(form):
        if source.parameter is not None:
            fact = "No runbook of the library has a parameter `{name}`."
            yield from _known((*keys, "parameter"), source.parameter, parameters, fact)


def _steps_asked(form: Report) -> Iterator[tuple[Keys, str]]:
    yield from ((("about", number), step) for number, step in enumerate(form.about))
    yield from ((("checks", number, "step"), check.step) for number, check in enumerate(form.checks))
    for number, moment in enumerate(form.moments):
        for index, happening in enumerate(moment.from_):
            if happening.step is not None:
                yield ("moments", number, "from", index, "step"), happening.step
    for keys, source in _sources(form):
        if source.result is not None:
            yield (*keys, "result"), source.result
        if source.output is not None:
            yield (*keys, "output"), source.output.partition(".")[0]
        if source.captured is not None:
            yield (*keys, "captured"), source.captured.partition(".")[0]
        for part in ("outcome", "host"):
            if (name := getattr(source, part)) is not None:
                yield (*keys, part), name
    for number, section in enumerate(form.sections):
        if section.captured is not None:
            yield ("sections", number, "captured"), section.captured.partition(".")[0]
        yield from ((("sections", number, "printed", index), step) for index, step in enumerate(section.printed))


def _steps_and_parameters(library: Books) -> tuple[list[StepName], list[str]]:
    """Return the names of all steps and of all parameters."""
    steps: dict[StepName, None] = {}
    parameters: dict[str, None] = {}
    for name in library.ids():
        with suppress(HisopsError):  # one that cannot be read is told of where it is linted
            runbook = library.runbook(name).model
            parameters |= dict.fromkeys(runbook.parameters)
            steps |= dict.fromkeys(step_names(runbook, library))
    return list(steps), list(parameters)


def _sources(form: Report) -> Iterator[tuple[Keys, Source]]:
    for number, section in enumerate(form.sections):
        for index, box in enumerate(section.boxes):
            for place, source in enumerate(box.from_):
                yield ("sections", number, "boxes", index, "from", place), source


def _columns_of(section: Section) -> tuple[str, ...]:
    """Return the columns that a table can have; those of what was captured have the names that the form gives them."""
    return COLUMNS.get(section.table, tuple(each.id for each in section.columns)) if section.table else ()


def _is_figure(source: Source) -> bool:
    return source.span is not None or (source.unit is not None and any(getattr(source, name) for name in _MEASURED))


def _exactly_one(part: Any, names: tuple[str, ...], keys: Keys, choice: str) -> Iterator[Finding]:
    """Give a finding unless one of `names` is there; `choice` has a fixed set of values, so it is easily unfit."""
    there = [name for name in names if getattr(part, name)]
    if len(there) == 1:
        return
    fact = "Here one of {names} is needed." if not there else "Here {there} stand together; only one of {names} may."
    values = {"names": ", ".join(names), "there": ", ".join(there)}
    yield Finding(keys, fact, "", values, missing=() if there else (*keys, choice))


def _distinct(named: Iterable[tuple[Keys, str]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for keys, name in named:
        if name in seen:
            yield Finding(keys, "`{name}` stands twice.", "Name each once.", {"name": name})
        seen.add(name)


def _known(keys: Keys, name: str, known: Iterable[str], fact: str) -> Iterator[Finding]:
    names = list(known)
    if name in names:
        return
    guess = nearest(name, names)
    todo = "Did you mean `{guess}`?" if guess else "Known are: {known}."
    yield Finding(keys, fact, todo, {"name": name, "guess": guess, "known": ", ".join(names) or "none"})


REPORT_RULES: dict[str, Callable[[Report], Iterator[Finding]]] = {
    "RP001": one_of_each,
    "RP002": distinct_ids,
    "RP003": known_names,
    "RP004": known_columns,
    "RP005": known_slots,
    "RP007": fit_lists,
}
