"""Playbooks as a list, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from hisops.console.grid import Column, grid, wrapped
from hisops.console.i18n import mark
from hisops.console.plan import gate_words
from hisops.console.runbook import parameter_lines, target_words
from hisops.console.theme import FAINT, STRONG, Page
from hisops.model.playbook import Playbook, Played
from hisops.model.runbook import From

ON = {"target": mark("the target"), "standby": mark("its standby"), "each": mark("each database")}
ON_FAILURE = {
    "stop": mark("if it fails: end here"),
    "hold": mark("if it fails: wait for people"),
    "continue": mark("if it fails: go on"),
}


def list_lines(playbooks: Sequence[Playbook], page: Page) -> list[Text]:
    """Return the playbooks, one a line."""
    say = page.say
    columns = [
        Column(say("playbook")),
        Column(say("version")),
        Column(say("command")),
        Column(say("title"), wraps=True),
    ]
    rows = [(each.id, each.version, f"hisops play {each.id}", say.of(each.title)) for each in playbooks]
    return grid(columns, rows, page.width)


def list_document(playbooks: Sequence[Playbook]) -> dict[str, Any]:
    """Return the playbooks for `--json`."""
    rows = [{"id": each.id, "version": each.version, "title": each.title.model_dump()} for each in playbooks]
    return {"playbooks": rows}


def show_lines(playbook: Playbook, digest: str, page: Page) -> list[Text]:
    """Return a playbook in full."""
    say = page.say
    head = Text(f"  {playbook.id} {playbook.version}   ", STRONG)
    rows = [
        (say("command"), f"hisops play {playbook.id}"), (say("for"), target_words(playbook.target)),
        (say("digest"), digest),
    ]  # fmt: skip
    columns = [
        Column("#", "right"), Column(say("run"), wraps=True), Column(say("runbook")), Column(say("on")),
        Column(say("gate, order"), wraps=True),
    ]  # fmt: skip
    runs = [_row(number, each, page) for number, each in enumerate(playbook.runs, 1)]
    return [
        *wrapped(say.of(playbook.title), page.width, first=head, indent=4),
        *wrapped(say.of(playbook.purpose), page.width, indent=2),
        Text(),
        *grid([Column(), Column(wraps=True)], rows, page.width),
        *parameter_lines(playbook.parameters, page),
        Text(),
        *grid(columns, runs, page.width),
    ]


def _row(number: int, played: Played, page: Page) -> tuple[str | Text, ...]:
    say = page.say
    words = [say("after {names}", names=", ".join(played.needs))] if played.needs else []
    words += [say("only if {condition}", condition=played.when)] if played.when else []
    words += [*gate_words(played.gate, say("the target"), page), say(ON_FAILURE[played.on_failure])]
    title = Text(say.of(played.title))
    given = {name: value.from_ if isinstance(value, From) else value for name, value in played.with_.items()}
    if given:
        title.append("\n" + ", ".join(f"{name} = {value}" for name, value in given.items()), FAINT)
    return str(number), title, played.runbook, say(ON[played.on]), "; ".join(words)
