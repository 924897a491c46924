"""A playbook becomes a procedure whose steps are runs: planned, carried out, resumed and verified as any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hisops.errors import UsageProblem
from hisops.model.playbook import FOLDER
from hisops.model.runbook import Effect, Runbook
from hisops.model.site import Site

Document = dict[str, Any]
_WEIGHT: dict[Effect, int] = {"read": 0, "stage": 0, "write": 1, "destructive": 2}
_KEPT = ("version", "title", "purpose", "serves", "target", "parameters")


@dataclass(frozen=True, slots=True)
class Child:
    """A runbook as it is on one database: with every step in it, and the digest of that."""

    model: Runbook
    digest: str

    @property
    def effect(self) -> Effect:
        """The gravest effect of its steps."""
        gravest: Effect = max((step.effect for step in self.model.steps), key=_WEIGHT.__getitem__)
        return "read" if gravest == "stage" else gravest


ChildOf = Callable[[str, str], Child]


def name_of(runbook_id: str) -> str | None:
    """Return the playbook behind the id of a procedure, or None if it is a runbook."""
    folder, _, name = runbook_id.partition("/")
    return name if folder == FOLDER else None


def needs_no_target(playbook: Mapping[str, Any]) -> bool:
    """Return whether every run of the playbook is on each database."""
    return all(played.get("on") == "each" for played in playbook["runs"])


def fitting(site: Site, engine: str) -> list[str]:
    """Return the databases of an engine, in the order of the inventory. A scratch instance holds none of its own."""
    scratch = {database.scratch for database in site.databases.values()}
    return [name for name, each in site.databases.items() if each.engine == engine and name not in scratch]


def expand_playbook(playbook: Mapping[str, Any], child_of: ChildOf, site: Site, target: str) -> Document:
    """Return the document of the procedure. Raises UsageProblem if a run is on a standby that the target lacks."""
    stands: dict[str, list[str]] = {}
    steps = [step for played in playbook["runs"] for step in _steps(played, playbook, child_of, site, target, stands)]
    head = {key: playbook[key] for key in _KEPT if key in playbook}
    return {"hisops": "runbook/v1", "id": f"{FOLDER}/{playbook['id']}", **head, "locks": [], "steps": steps}


def _steps(
    played: Mapping[str, Any], playbook: Mapping[str, Any], child_of: ChildOf, site: Site, target: str,
    stands: dict[str, list[str]],
) -> Iterator[Document]:  # fmt: skip
    """Give the steps of one run, and note them in `stands`: one, or one for each database."""
    each = played.get("on") == "each"
    databases = fitting(site, playbook["target"]["engine"]) if each else [_database(played, site, target)]
    names = {name: f"{played['id']}-{name.replace('_', '-')}" if each else str(played["id"]) for name in databases}
    stands[str(played["id"])] = list(names.values())
    for database, name in names.items():
        child = child_of(str(played["runbook"]), database)
        step: Document = {
            "id": name,
            "title": _titled(played["title"], site, database) if each else played["title"],
            "needs": [step for need in played.get("needs", ()) for step in stands[need]],
            "on": "control",
            "effect": child.effect,
            "expect": f"{sum(step.expect for step in child.model.steps)}s",
            "on_failure": played.get("on_failure", "stop"),
            "stands_for": {
                "runbook": played["runbook"], "version": child.model.version, "digest": child.digest,
                "target": database, "values": played.get("with", {}),
            },
        }  # fmt: skip
        if "when" in played:
            step["when"] = played["when"]
        if "gate" in played:
            shown = [step for name in played["gate"].get("show", ()) for step in stands[name]]
            step["gate"] = {**played["gate"], **({"show": shown} if shown else {})}
        yield step


def _database(played: Mapping[str, Any], site: Site, target: str) -> str:
    """Return where a run is: on the target, or on the other one of its pair, whoever is the standby today.

    The site says `standby:` at one of the two; a run that is for a standby is refused by its role on any other.
    """
    if played.get("on") != "standby":
        return target
    peer = site.peer_of(target)
    if peer is None:
        raise UsageProblem(
            "HIS-6801", "The run {run} is on the standby of {target}, which has none in site.yaml.",
            "Add it there (`standby:`), or name another target.", run=played["id"], target=target,
        )  # fmt: skip
    return peer


def _titled(title: Mapping[str, str], site: Site, database: str) -> dict[str, str]:
    of = site.databases[database].title
    return {"zh": f"{title['zh']}：{of.zh}", "en": f"{title['en']}: {of.en}"}
