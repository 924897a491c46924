"""Rules for playbooks: what they name is there, and every runbook gets what it needs.

Names, conditions and gates are held to the rules for runbooks: under those eyes each run of a playbook is a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from hisops.documents.findings import Finding
from hisops.documents.load import Loaded
from hisops.documents.problems import nearest
from hisops.documents.rules import conditions, references, screen
from hisops.documents.rules.subject import Rule, Shelf, Subject
from hisops.documents.source import Keys
from hisops.errors import HisopsError
from hisops.model.playbook import Playbook, Played
from hisops.model.runbook import From, Parameter, Runbook, Step

_AS_STEPS: tuple[Rule, ...] = (
    references.unique_steps,
    references.earlier_needs,
    references.evidence_shown,
    references.known_target,
    conditions.sound_expressions,
    conditions.optional_parameters,
    conditions.read_back_is_known,
    screen.short_titles,
    screen.sound_parameters,
)
_PLAIN: dict[str, type] = {"integer": int, "boolean": bool}


class Books(Shelf, Protocol):
    """What these rules ask of the library."""

    def runbook(self, name: str) -> Loaded[Runbook]:
        """Return a runbook; a HisopsError if there is none."""


@dataclass(frozen=True)
class Play:
    """One playbook under the eyes of the rules."""

    playbook: Playbook
    books: Books

    def runs(self) -> Iterator[tuple[Keys, Played]]:
        """Give every run with the keys that lead to it."""
        for index, played in enumerate(self.playbook.runs):
            yield ("runs", index), played

    @cached_property
    def subject(self) -> Subject:
        """The playbook as a runbook: each run a step that writes."""
        book = self.playbook
        steps = tuple(
            Step(
                id=each.id,
                title=each.title,
                when=each.when,
                needs=each.needs,
                gate=each.gate,
                effect="write",
                sh="true",
            )
            for each in book.runs
        )
        shape = Runbook(
            hisops="runbook/v1", id="playbooks/" + book.id, version=book.version, title=book.title,
            purpose=book.purpose, target=book.target, parameters=book.parameters, locks=(), steps=steps,
        )  # fmt: skip
        return Subject(shape, self.books)

    def runbook(self, played: Played) -> Runbook | None:
        """Return the runbook of a run, or None if there is none (a rule of its own tells)."""
        try:
            return self.books.runbook(played.runbook).model
        except HisopsError:
            return None


def sound_as_steps(play: Play) -> Iterator[Finding]:
    """Ids, needs, conditions and gates are as sound as those of a runbook."""
    for rule in _AS_STEPS:
        for found in rule(play.subject):
            yield replace(found, keys=_in_playbook(found.keys), missing=_in_playbook(found.missing))


def known_runbooks(play: Play) -> Iterator[Finding]:
    """Every runbook is there, and is for databases of the playbook's engine."""
    for keys, played in play.runs():
        try:
            engine = play.books.runbook(played.runbook).model.target.engine
        except HisopsError as error:
            yield Finding((*keys, "runbook"), "{said}", "{advice}", {"said": str(error), "advice": error.advice})
            continue
        if engine != play.playbook.target.engine:
            fact = "The runbook {runbook} is for {engine}, the playbook for {own}."
            values = {"runbook": played.runbook, "engine": engine, "own": play.playbook.target.engine}
            yield Finding((*keys, "runbook"), fact, "", values)


def given_what_they_need(play: Play) -> Iterator[Finding]:
    """Every runbook gets the parameters that it requires, under its own names, each of the right type."""
    for keys, played in play.runs():
        if runbook := play.runbook(played):
            known = runbook.parameters
            lacking = [
                n for n, each in known.items() if each.required and each.default is None and n not in played.with_
            ]
            if lacking:
                fact, todo = "The runbook {runbook} requires {names}.", "Give it in `with:`."
                values = {"runbook": played.runbook, "names": ", ".join(lacking)}
                yield Finding(keys, fact, todo, values, missing=(*keys, "with"))
            for name, value in played.with_.items():
                yield from _value((*keys, "with", name), name, value, known, play)


def gates_ask_something(play: Play) -> Iterator[Finding]:
    """A gate has at least one part."""
    for keys, played in play.runs():
        gate = played.gate
        if gate and not (gate.confirm or gate.type_target or gate.read_back or gate.approve):
            fact, todo = "The gate asks nothing.", "Give it confirm, type_target, read_back or approve."
            yield Finding((*keys, "gate"), fact, todo, at_key=True)


def conditions_ask_of_one(play: Play) -> Iterator[Finding]:
    """What stands for one run on each database has no single state to ask for."""
    many = {f"steps.{played.id.replace('-', '_')}" for _, played in play.runs() if played.on == "each"}
    for keys, played in play.runs():
        for name in sorted(many):
            if played.when and name + "." in played.when:
                fact = "`{name}` stands for a run on each database; it has no single state."
                yield Finding((*keys, "when"), fact, "Use `needs:`.", {"name": name})


def _value(
    keys: Keys, name: str, value: str | int | bool | From, known: dict[str, Parameter], play: Play
) -> Iterator[Finding]:
    wanted = known.get(name)
    if wanted is None:
        guess = nearest(name, list(known))
        todo = "Did you mean `{guess}`?" if guess else "It has: {known}."
        values = {"name": name, "guess": guess, "known": ", ".join(known) or "none"}
        yield Finding(keys, "The runbook has no parameter `{name}`.", todo, values, at_key=True)
    elif isinstance(value, From):
        yield from _named((*keys, "from"), value.from_, wanted, play)
    elif type(value) is not _PLAIN.get(wanted.type, str):
        yield Finding(keys, "The parameter `{name}` is of type {type}.", "", {"name": name, "type": wanted.type})


def _named(keys: Keys, name: str, wanted: Parameter, play: Play) -> Iterator[Finding]:
    own = {f"params.{each}": parameter for each, parameter in play.playbook.parameters.items()}
    given = own.get(name)
    if given is None:
        guess = nearest(name, list(own))
        todo = "Did you mean `{guess}`?" if guess else "Name a parameter of the playbook, such as params.patch."
        yield Finding(keys, "Nothing is called `{name}` here.", todo, {"name": name, "guess": guess})
    elif given.type != wanted.type:
        fact = "`{name}` is of type {given}, the runbook wants {wanted}."
        yield Finding(keys, fact, "", {"name": name, "given": given.type, "wanted": wanted.type})
    elif wanted.required and not given.required and given.default is None:
        fact, todo = "The runbook requires what `{name}` may leave out.", "Make it required, too."
        yield Finding(keys, fact, todo, {"name": name})


def _in_playbook(keys: Keys) -> Keys:
    return ("runs", *keys[1:]) if keys[:1] == ("steps",) else keys


PLAY_RULES: dict[str, Callable[[Play], Iterator[Finding]]] = {
    "PB001": sound_as_steps,
    "PB002": known_runbooks,
    "PB003": given_what_they_need,
    "PB004": gates_ask_something,
    "PB005": conditions_ask_of_one,
}
