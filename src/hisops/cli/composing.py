"""From a runbook of the library to the one that is planned: sub-runbooks and `for_each` expanded for a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hisops.canonical import digest_of
from hisops.cli.wiring import Desk, no_target
from hisops.documents.library import Library
from hisops.documents.lint import fit_playbook, fit_runbook
from hisops.model.expanding import Find, Source, expand, used
from hisops.model.expansion import ExpandedRunbook
from hisops.model.playbook import FOLDER
from hisops.model.playing import Child, expand_playbook, name_of
from hisops.model.site import Site


@dataclass(frozen=True, slots=True)
class Composed:
    """A runbook with every step in it. `sources` has id and digest of each runbook that it was made of."""

    document: dict[str, Any]
    model: ExpandedRunbook
    sources: Mapping[str, str]
    plain: bool

    @property
    def digest(self) -> str:
        """The digest of the expanded text."""
        return digest_of(self.document)

    @property
    def uses(self) -> dict[str, str]:
        """What a plan says of the sources; nothing if the runbook is its own expansion."""
        return {} if self.plain else dict(self.sources)


def compose(desk: Desk, runbook_id: str, target: str) -> Composed:
    """Return the runbook for `target`; DocumentProblems, or UsageProblem if there is no such target."""
    if playbook := name_of(runbook_id):
        return _compose_playbook(desk, playbook, target)
    fit_runbook(desk.loaded.library, runbook_id)
    if target not in desk.loaded.site.databases:
        raise no_target(desk, target)
    return compose_of(desk.loaded.library, desk.loaded.site, runbook_id, target)


def compose_of(library: Library, site: Site, runbook_id: str, target: str) -> Composed:
    """Return a runbook of `library` for a target that `site` has."""
    runbook = library.runbook(runbook_id)
    main = Source(runbook.document, runbook.digest)
    find = _finder(library)
    document = expand(main, find, site, target)
    sources = {runbook.model.id: runbook.digest, **used(main, find)}
    return Composed(document, ExpandedRunbook.model_validate(document), sources, document == runbook.document)


def _compose_playbook(desk: Desk, name: str, target: str) -> Composed:
    """Return the playbook as a procedure whose steps are runs of composed runbooks."""
    playbook = fit_playbook(desk.loaded.library, name)
    if target not in desk.loaded.site.databases:
        raise no_target(desk, target)
    sources = {f"{FOLDER}/{name}": playbook.digest}

    def child_of(runbook: str, database: str) -> Child:
        composed = compose(desk, runbook, database)
        sources.update(composed.sources)
        return Child(composed.model, composed.digest)

    document = expand_playbook(playbook.document, child_of, desk.loaded.site, target)
    return Composed(document, ExpandedRunbook.model_validate(document), sources, plain=False)


def _finder(library: Library) -> Find:
    def find(name: str) -> Source:
        found = library.runbook(name)
        return Source(found.document, found.digest)

    return find
