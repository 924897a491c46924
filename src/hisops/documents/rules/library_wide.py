"""Rules on a definition among the others: its id, its command, what it replaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hisops.documents.commands import apart
from hisops.documents.findings import Finding
from hisops.documents.library import Library
from hisops.documents.load import Examined
from hisops.documents.problems import nearest
from hisops.documents.rules.steps import is_known, step_names
from hisops.errors import HisopsError
from hisops.model.judge import Judge
from hisops.model.playbook import FOLDER as PLAYBOOKS
from hisops.model.playbook import Playbook
from hisops.model.reconciliation import FOLDER as RECONCILE
from hisops.model.reconciliation import Reconciliation
from hisops.model.report import FOLDER as REPORTS
from hisops.model.report import Report
from hisops.model.runbook import Runbook
from hisops.model.scenario import Scenario, Scenarios
from hisops.model.site import TargetType

_FOLDERS: dict[type, str] = {
    Judge: "judges/", TargetType: "targets/", Report: f"{REPORTS}/", Reconciliation: f"{RECONCILE}/",
    Playbook: f"{PLAYBOOKS}/",
}  # fmt: skip


def id_is_the_place(path: Path, examined: Examined[Any], _: Library) -> Iterator[Finding]:
    """A definition is found under its id, so it lies where its id says."""
    definition = examined.best
    if isinstance(definition, Playbook):
        yield from _playbook_is_in_place(path, definition)
    if not isinstance(definition, Runbook | Judge | TargetType | Report):
        return
    name = _FOLDERS.get(type(definition), "") + definition.id
    if "runbooks" in path.resolve().parts and not str(path.resolve().with_suffix("")).endswith(f"/runbooks/{name}"):
        fact, todo = "The id `{id}` does not fit the place of the file.", "Call the file `runbooks/{name}.yaml`."
        yield Finding(("id",), fact, todo, {"id": definition.id, "name": name})


def _playbook_is_in_place(path: Path, playbook: Playbook) -> Iterator[Finding]:
    if path.resolve().parent.name == PLAYBOOKS and path.stem != playbook.id:
        fact, todo = "The id `{id}` does not fit the place of the file.", "Call the file `playbooks/{id}.yaml`."
        yield Finding(("id",), fact, todo, {"id": playbook.id})


def rehearsals_fit(examined: Scenarios, library: Library) -> Iterator[Finding]:
    """Rehearsals are of a runbook that there is, and speak of its steps."""
    if examined.runbook not in library.ids():
        guess = nearest(examined.runbook, list(library.ids()))
        fact, todo = "There is no runbook `{id}`.", "Did you mean `{guess}`?" if guess else ""
        yield Finding(("runbook",), fact, todo, {"id": examined.runbook, "guess": guess})
        return
    known = list(step_names(library.runbook(examined.runbook).model, library))
    for number, scenario in enumerate(examined.scenarios):
        for place, names in _steps_named(scenario):
            for name in names:
                if not is_known(name, known):
                    fact = "The runbook has no step `{id}`."
                    yield Finding(("scenarios", number, *place), fact, "", {"id": name})


def _steps_named(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], Iterable[str]]]:
    yield ("answers",), scenario.answers
    for number, act in enumerate(scenario.acts):
        yield ("acts", number, "steps"), act.steps
        yield ("acts", number, "passed"), act.passed
        yield ("acts", number, "undo"), filter(None, [act.undo])
        yield ("acts", number, "until"), filter(None, [act.until])
        yield ("acts", number, "kill"), filter(None, [act.kill])


def command_is_unique(_: Path, examined: Examined[Any], library: Library) -> Iterator[Finding]:
    """No two runbooks are the same command, unless an option chooses among them, and none is one of hisops's own."""
    definition = examined.best
    if not isinstance(definition, Runbook) or definition.command is None:
        return
    for row in library.commands():
        if row["command"] != definition.command or row["id"] == definition.id:
            continue
        values = {"command": definition.command, "other": row["id"]}
        if not apart(definition.chosen_by, row["chosen_by"]):
            fact = "The command `{command}` is that of `{other}` already."
            yield Finding(("command",), fact, "Choose another, or tell them apart by `chosen_by:`.", values)
            continue
        for name, parameter in definition.parameters.items():
            if (other := row["parameters"].get(name, {}).get("type", parameter.type)) != parameter.type:
                fact = "`{name}` is a {type} here and a {kind} in `{other}`, but one option of `{command}`."
                values |= {"name": name, "type": parameter.type, "kind": other}
                yield Finding(("parameters", name, "type"), fact, "Give both one type, or another name.", values)
    if definition.command.split()[0] in RESERVED:
        fact = "The command `{command}` would hide one of hisops's own."
        yield Finding(("command",), fact, "Choose another first word.", {"command": definition.command})


def replacement_is_declared(path: Path, examined: Examined[Any], library: Library) -> Iterator[Finding]:
    """A site's definition that replaces a shipped one is declared with its digest."""
    if examined.loaded is None or not isinstance(
        definition := examined.loaded.model, Runbook | Judge | TargetType | Playbook | Report
    ):
        return
    name = _FOLDERS.get(type(definition), "") + definition.id
    source = library.source_of(name)
    if source is None or source.resolve() != path.resolve() or not library.replaces(name):
        return
    try:
        library.check_override(name, examined.loaded.digest)
    except HisopsError as error:
        yield Finding(("id",), "{said}", "{advice}", {"said": str(error), "advice": error.advice})


# The first words that the command line keeps for itself.
RESERVED = frozenset({
    "init", "doctor", "site", "key", "explain", "runbook", "plan", "run", "status", "resume", "answer", "pause",
    "cancel", "kill", "undo", "resolve", "abandon", "unlock", "play", "amend", "approvals", "approve", "reject", "log",
    "report", "lab",
})  # fmt: skip
