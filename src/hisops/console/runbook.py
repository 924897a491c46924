"""Runbooks as a list, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from hisops.console.duration import age, rough
from hisops.console.grid import Column, grid, wrapped
from hisops.console.plan import effect_text, gate_words
from hisops.console.theme import CARE, FAINT, STRONG, Page
from hisops.model.required import Required
from hisops.model.runbook import Parameter, Runbook, Step, TargetRequirement
from hisops.model.timing import forecast


def list_lines(runbooks: Sequence[Runbook], page: Page) -> list[Text]:
    """Return the runbooks, one a line."""
    say = page.say
    columns = [Column(say("runbook")), Column(say("version")), Column(say("command")), Column(say("title"), wraps=True)]
    rows = [
        (each.id, each.version, f"hisops {each.command_words}" if each.command else "-", say.of(each.title))
        for each in runbooks
    ]
    return grid(columns, rows, page.width)


def list_document(runbooks: Sequence[Runbook]) -> dict[str, Any]:
    """Return the runbooks for `--json`."""
    rows = [
        {"id": each.id, "version": each.version, "command": each.command_words, "title": each.title.model_dump()}
        for each in runbooks
    ]
    return {"runbooks": rows}


def show_document(document: dict[str, Any], digest: str) -> dict[str, Any]:
    """Return one runbook for `--json`: as written, with its digest."""
    return {"digest": digest, "runbook": document}


def show_lines(runbook: Runbook, digest: str, page: Page) -> list[Text]:
    """Return a runbook in full."""
    say = page.say
    rows = [
        (say("command"), f"hisops {runbook.command_words}" if runbook.command else "-"),
        (say("for"), target_words(runbook.target)),
        *([(say("window"), say("only while one of the target is open"))] if runbook.window == "required" else []),
        (say("digest"), digest),
        *((say("refuses"), say.of(refusal.because)) for refusal in runbook.refuse),
        *((say("requires"), _required(required, page)) for required in runbook.requires),
    ]
    return [
        *wrapped(
            say.of(runbook.title), page.width, first=Text(f"  {runbook.id} {runbook.version}   ", STRONG), indent=4
        ),
        *wrapped(say.of(runbook.purpose), page.width, indent=2),
        Text(),
        *grid([Column(), Column(wraps=True)], rows, page.width),
        *parameter_lines(runbook.parameters, page),
        Text(),
        *_steps(runbook, page),
        *_sums(runbook, page),
    ]


def target_words(wants: TargetRequirement) -> str:
    """Return what a target has to be, in a few words."""
    return " ".join(filter(None, [wants.engine, wants.version, wants.role]))


def _required(required: Required, page: Page) -> str:
    title = f"{page.say.of(required.title)}: " if required.title else ""
    any_of = page.say(" or ").join(required.runbooks)
    said = page.say("{runbook}, verified, not older than {age}", runbook=any_of, age=age(required.max_age))
    terms = [page.say("only if {condition}", condition=term) for term in (required.of, required.where) if term]
    return title + "; ".join([said, *terms])


def parameter_lines(parameters: Mapping[str, Parameter], page: Page) -> list[Text]:
    """Return a table of parameters, an empty line before it; nothing if there are none."""
    if not parameters:
        return []
    rows = [
        (f"--{name.replace('_', '-')}", parameter.type, f"{page.say.of(parameter.title)}{_default(parameter, page)}")
        for name, parameter in parameters.items()
    ]
    return [Text(), *grid([Column(page.say("parameter")), Column(), Column(wraps=True)], rows, page.width)]


def _default(parameter: Parameter, page: Page) -> str:
    if parameter.default is not None:
        return f" ({page.say('default')}: {parameter.default})"
    return f" ({page.say('required')})" if parameter.required else ""


def _steps(runbook: Runbook, page: Page) -> list[Text]:
    say = page.say
    columns = [
        Column("#", "right"), Column(say("step"), wraps=True), Column(say("on")), Column(say("effect")),
        Column(say("gate, way back"), wraps=True),
    ]  # fmt: skip
    rows = [
        (str(number), _step(step, page), step.on, effect_text(step, page), _last(step, page))
        for number, step in enumerate(runbook.steps, 1)
    ]
    return grid(columns, rows, page.width)


def _step(step: Step, page: Page) -> Text:
    title = Text(page.say.of(step.title))
    remarks = [page.say.of(step.why)] if step.why else []
    remarks += [page.say("the steps of {runbook}", runbook=step.uses)] if step.uses else []
    if step.for_each is not None:
        over = step.for_each if isinstance(step.for_each, str) else ", ".join(step.for_each)
        remarks.append(page.say("on each of: {over}", over=page.say(over)))
    remarks += [page.say("{count} at once", count=step.parallel)] if step.parallel else []
    remarks += [page.say("only if {condition}", condition=step.when)] if step.when else []
    for remark in remarks:
        title.append(f"\n{remark}", FAINT)
    if step.rehearsed:
        title.append(f"\n{page.signs.care} {page.say.of(step.rehearsed)}", CARE)
    return title


def _last(step: Step, page: Page) -> str:
    words = gate_words(step.gate, page.say("the target"), page)
    if step.manual:
        words.append(page.say("by hand"))
    if step.undo:
        none = step.undo.none
        words.append(page.say("no undo: {reason}", reason=page.say.of(none)) if none else page.say("can be undone"))
    if step.point_of_no_return:
        words.append(page.say("no way back from here"))
    return "; ".join(words)


def _sums(runbook: Runbook, page: Page) -> list[Text]:
    time = rough(forecast(runbook, ()).total.median, page.say)
    steps = page.say("{count} steps", count=len(runbook.steps))
    about = page.say("about {time} (the author's figures)", time=time)
    return [Text(), *wrapped(f"{steps} {page.signs.dot} {about}", page.width, indent=2)]
