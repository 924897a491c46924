"""A file of each kind to its model, with the plain document for log and digests and its places for lint."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from hisops.canonical import digest_of
from hisops.documents.problems import DocumentProblems, Problem, nearest
from hisops.documents.salvage import salvage
from hisops.documents.source import Keys, Source
from hisops.documents.validate import validate
from hisops.documents.yaml import Document, parse_leniently, read_raw
from hisops.model.judge import Judge
from hisops.model.playbook import Playbook
from hisops.model.policy import NOTHING_MORE, Policy
from hisops.model.reconciliation import Reconciliation
from hisops.model.report import Report
from hisops.model.roster import Roster
from hisops.model.runbook import Runbook
from hisops.model.scenario import Scenarios
from hisops.model.site import Site, TargetType
from hisops.model.text import Definition

M = TypeVar("M", bound=Definition)

KINDS: dict[str, type[Definition]] = {
    "runbook/v1": Runbook,
    "judge/v1": Judge,
    "site/v1": Site,
    "roster/v1": Roster,
    "policy/v1": Policy,
    "target/v1": TargetType,
    "playbook/v1": Playbook,
    "scenarios/v1": Scenarios,
    "report/v1": Report,
    "reconcile/v1": Reconciliation,
}


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """A definition: its model, and the document that it was written in."""

    model: M
    source: Source
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        """The digest of the canonical JSON of the document: comments and layout do not count."""
        return digest_of(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined(Generic[M]):
    """What could be made of a file. `best` lacks what did not fit; `damaged` are the keys of that."""

    loaded: Loaded[M] | None = None
    best: M | None = None
    source: Source | None = None
    damaged: set[Keys] = field(default_factory=set)
    problems: list[Problem]


def load_runbook(where: Path | str, name: str | None = None) -> Loaded[Runbook]:
    """Return the runbook in a file, or in a text shown as `name`. Raises DocumentProblems."""
    return load(where, Runbook, name)


def load_judge(where: Path | str, name: str | None = None) -> Loaded[Judge]:
    """Return the judge in a file or a text. Raises DocumentProblems."""
    return load(where, Judge, name)


def load_site_file(where: Path | str, name: str | None = None) -> Loaded[Site]:
    """Return the site in a file or a text, unchecked against anything else. Raises DocumentProblems."""
    return load(where, Site, name)


def load_roster(where: Path | str, name: str | None = None) -> Loaded[Roster]:
    """Return the roster in a file or a text. Raises DocumentProblems."""
    return load(where, Roster, name)


def load_policy(path: Path) -> Policy:
    """Return the policy in a file; one that is not there, or holds nothing but remarks, asks for nothing more."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    if all(line.strip() == "" or line.lstrip().startswith("#") for line in lines):
        return NOTHING_MORE
    return load(path, Policy).model


def load_target_type(where: Path | str, name: str | None = None) -> Loaded[TargetType]:
    """Return the target type in a file or a text. Raises DocumentProblems."""
    return load(where, TargetType, name)


def load(where: Path | str, model: type[M], name: str | None = None) -> Loaded[M]:
    """Return the definition of kind `model`. Raises DocumentProblems with all that is wrong with the file."""
    examined = examine(where, model, name)
    if examined.problems or examined.loaded is None:
        raise DocumentProblems(examined.problems)
    return examined.loaded


def examine(where: Path | str, model: type[M], name: str | None = None) -> Examined[M]:
    """Return the definition as far as it can be understood, and every problem, in the order of the text."""
    name = name or (str(where) if isinstance(where, Path) else "<text>")
    try:
        raw: bytes | str = where if isinstance(where, str) else read_raw(where, name)
    except DocumentProblems as error:
        return Examined(problems=list(error.problems))
    document, problems = parse_leniently(raw, name)
    return Examined(problems=problems) if document is None else fit(document, problems, model)


def fit(document: Document, problems: list[Problem], model: type[M]) -> Examined[M]:
    """Return what `model` can make of a document that was read with `problems`."""
    if wrong := _wrong_kind(document, model):
        return Examined(problems=[wrong, *problems])
    found, unfit = validate(document, model)
    problems = sorted([*problems, *unfit], key=lambda problem: (problem.line, problem.column))
    if found is None:
        best, damaged = salvage(document, model)
        return Examined(best=best, source=document.source, damaged=damaged, problems=problems)
    loaded = Loaded(found, document.source, document.data)
    return Examined(loaded=loaded, best=found, source=document.source, problems=problems)


def kind_of(document: Document) -> type[Definition] | None:
    """Return the model of the kind that the document says it is, or None."""
    kind = document.data.get("hisops")
    return KINDS.get(kind) if isinstance(kind, str) else None


def _wrong_kind(document: Document, model: type[Definition]) -> Problem | None:
    """Say so if the document is of another kind: its other complaints would mislead."""
    if kind_of(document) is model:
        return None
    wanted = next(kind for kind, known in KINDS.items() if known is model)
    kind = document.data.get("hisops")
    source = document.source
    if kind is None:
        fact, todo = "The first key must say what this file is.", "Begin it with `hisops: {wanted}`."
    else:
        fact = "This file says that it is `{kind}`, but `{wanted}` is needed here."
        todo = "Write `hisops: {wanted}`." if nearest(str(kind), [wanted]) else "Give a file of the other kind."
    return source.problem(source.value_place(("hisops",)), "YA024", fact, todo, wanted=wanted, kind=kind)
