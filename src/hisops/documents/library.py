"""The library: shipped definitions and those of a site, found by id, each replacement declared and named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from hisops.documents.commands import Row, commands
from hisops.documents.load import Loaded, load
from hisops.documents.places import SCENARIOS, definitions, id_of, shipped_runbooks
from hisops.documents.problems import nearest
from hisops.errors import Refused, UsageProblem
from hisops.model.judge import Action, Judge
from hisops.model.playbook import FOLDER as PLAYBOOKS
from hisops.model.playbook import Playbook
from hisops.model.reconciliation import FOLDER as RECONCILE
from hisops.model.reconciliation import Reconciliation
from hisops.model.report import FOLDER as REPORTS
from hisops.model.report import Report
from hisops.model.runbook import Call, Runbook
from hisops.model.scenario import Scenarios
from hisops.model.site import TargetType
from hisops.model.text import Definition

__all__ = ["Library", "calls_of", "commands"]

M = TypeVar("M", bound=Definition)


class Library:
    """Definitions by id. A file is read when it is first asked for, and once."""

    def __init__(
        self, site_dir: Path | None = None, overrides: Mapping[str, str] | None = None, shipped: Path | None = None
    ) -> None:
        self._shipped = shipped or shipped_runbooks()
        self._own = site_dir / "runbooks" if site_dir else None
        self._overrides = dict(overrides or {})
        self._loaded: dict[str, Loaded[Any]] = {}

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all runbooks, sorted."""
        folders = [folder for folder in (self._shipped, self._own) if folder is not None]
        return tuple(sorted({id_of(path, folder) for folder in folders for path in definitions(folder)}))

    def runbooks(self) -> Iterator[Loaded[Runbook]]:
        """Give all runbooks. Raises DocumentProblems at the first that cannot be read."""
        for name in self.ids():
            yield self.runbook(name)

    def runbook(self, name: str) -> Loaded[Runbook]:
        """Return the runbook `name` as it is written; `lint.fit_runbook` tells whether it is fit to be carried out.

        Raises DocumentProblems if it cannot be read, Refused for an override that is not declared.
        """
        return self._find(name, Runbook, self.ids())

    def playbooks(self) -> tuple[str, ...]:
        """Return the ids of all playbooks, sorted. They lie beside the folders of the runbooks."""
        folders = [folder.parent / PLAYBOOKS for folder in (self._shipped, self._own) if folder is not None]
        return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.yaml")}))

    def playbook(self, name: str) -> Loaded[Playbook]:
        """Return the playbook `name` as it is written; `lint.fit_playbook` tells whether it can be carried out."""
        return self._find(f"{PLAYBOOKS}/{name}", Playbook, [f"{PLAYBOOKS}/{each}" for each in self.playbooks()])

    def reports(self) -> tuple[str, ...]:
        """Return the names of all forms."""
        return self._names(REPORTS)

    def report(self, name: str) -> Loaded[Report]:
        """Return the form `name` as it is written; `lint.fit_report` tells whether it can be filled."""
        return self._find(f"{REPORTS}/{name}", Report, [f"{REPORTS}/{each}" for each in self.reports()])

    def reconciliations(self) -> tuple[str, ...]:
        """Return the names of all reconciliations."""
        return self._names(RECONCILE)

    def reconciliation(self, name: str) -> Loaded[Reconciliation]:
        """Return the reconciliation `name`. Raises DocumentProblems if it cannot be read, Refused as for a runbook."""
        return self._find(
            f"{RECONCILE}/{name}", Reconciliation, [f"{RECONCILE}/{one}" for one in self.reconciliations()]
        )

    def scenarios(self, runbook: str) -> Loaded[Scenarios] | None:
        """Return the rehearsals of a runbook, the site's own first; None if it has none."""
        for folder in filter(None, (self._own, self._shipped)):
            path = folder / f"{runbook}{SCENARIOS}"
            if path.is_file():
                return load(path, Scenarios)
        return None

    def commands(self) -> list[Row]:
        """Return the commands that runbooks bring; see `hisops.documents.commands`."""
        return commands(self._own.parent if self._own else None, shipped=self._shipped)

    def tool(self, tool: str) -> Loaded[Judge]:
        """Return all that is known of the output of `tool`. Raises UsageProblem if it is nothing."""
        return self._find(f"judges/{tool}", Judge, [f"judges/{name}" for name in self.tools()])

    def tools(self) -> tuple[str, ...]:
        """Return the names of all tools that have a judge."""
        return self._names("judges")

    def judge(self, reference: str) -> tuple[Judge, Action]:
        """Return the judge and the action of `tool/action`. Raises UsageProblem if there is none."""
        tool, _, action = reference.partition("/")
        judge = self.tool(tool).model
        if action not in judge.actions:
            known = [f"{tool}/{name}" for name in judge.actions]
            raise _nothing("judge", reference, known)
        return judge, judge.actions[action]

    def target_type(self, engine: str) -> Loaded[TargetType]:
        """Return what is known of databases of `engine`. Raises UsageProblem if it is nothing."""
        return self._find(f"targets/{engine}", TargetType, [f"targets/{name}" for name in self.engines()])

    def engines(self) -> tuple[str, ...]:
        """Return the kinds of databases that are known."""
        return self._names("targets")

    def judges_of(self, runbook: Runbook) -> dict[str, Loaded[Judge]]:
        """Return by tool every judge that a run of `runbook` needs, those of its target type included."""
        calls = [*calls_of(runbook)]
        if not runbook.target.any_engine:
            calls += facts_of(self.target_type(runbook.target.engine).model)
        references = [step.judge for step in runbook.steps] + [call.judge for call in calls]
        tools = sorted({reference.partition("/")[0] for reference in references if reference})
        return {tool: self.tool(tool) for tool in tools}

    def overrides_of(self, runbook: Runbook, parts: Iterable[str] = ()) -> list[str]:
        """Return the ids of shipped definitions that the site replaces, of those that a run of `runbook` needs.

        `parts` are the ids of the runbooks that an expanded one was made of.
        """
        needed = [
            *dict.fromkeys([runbook.id, *parts]),
            f"targets/{runbook.target.engine}",
            *(f"judges/{tool}" for tool in self.judges_of(runbook)),
        ]
        return [name for name in needed if self.replaces(name)]

    def replaces(self, name: str) -> bool:
        """Tell whether the site has a definition of its own in place of the shipped one."""
        return bool(self._file(self._own, name) and self._file(self._shipped, name))

    def source_of(self, name: str) -> Path | None:
        """Return the file behind an id (`oracle/patch-apply`, `judges/opatch`, `targets/oracle`), the site's first."""
        return self._file(self._own, name) or self._file(self._shipped, name)

    def _names(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files of a folder beside the runbooks, shipped and own."""
        places = [place / folder for place in (self._shipped, self._own) if place is not None]
        return tuple(sorted({path.stem for place in places for path in place.glob("*.yaml")}))

    def _find(self, name: str, model: type[M], known: tuple[str, ...] | list[str]) -> Loaded[M]:
        if name in self._loaded:
            return self._loaded[name]  # an id is of one kind
        path = self.source_of(name)
        if path is None:
            raise _nothing("definition", name, known)
        found = load(path, model)
        if self.replaces(name):
            self.check_override(name, found.digest)
        self._loaded[name] = found
        return found

    def check_override(self, name: str, digest: str) -> None:
        """Refuse the site's definition `name` of this digest unless site.yaml declares it so."""
        declared = self._overrides.get(name, "")
        if declared and digest.removeprefix("sha256:") == declared.removeprefix("sha256:"):
            return
        values = {"name": name, "digest": digest, "declared": declared}
        fact = (
            "The site replaces the shipped {name}, but site.yaml declares another digest ({declared})."
            if declared
            else "The site replaces the shipped {name}, but site.yaml does not say so."
        )
        todo = (
            "If that is meant, write `overrides: {{{name}: '{digest}'}}` into site.yaml; else remove the site's file."
        )
        raise Refused("HIS-1012", fact, todo, **values)

    @staticmethod
    def _file(folder: Path | None, name: str) -> Path | None:
        if folder is None or ".." in name.split("/") or name.startswith("/"):
            return None
        root = folder.parent if name.startswith(f"{PLAYBOOKS}/") else folder
        path = root / f"{name}.yaml"
        return path if path.is_file() else None


def calls_of(runbook: Runbook) -> Iterator[Call]:
    """Give every call of a runbook beside the actions of its steps: probes, checks, undos, waits."""
    for step in runbook.steps:
        yield from step.calls.values()


def facts_of(target: TargetType) -> Iterator[Call]:
    """Give every call that latches a target."""
    yield from target.identity
    yield from target.state


def _nothing(kind: str, name: str, known: tuple[str, ...] | list[str]) -> UsageProblem:
    guess = nearest(name, list(known))
    todo = "Did you mean {guess}?" if guess else "Known are: {known}."
    return UsageProblem(
        "HIS-1011",
        "There is no {kind} called {name}.",
        todo,
        kind=kind,
        name=name,
        guess=guess,
        known=", ".join(known) or "none",
    )
