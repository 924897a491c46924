"""Expansion: sub-runbooks and `for_each` become plain steps before anything is planned. Pure, and its own fixed point.

Ids: step `b` of the runbook that step `a` uses is `a-b`; the item `db1` of step `c` is `c-db1`, of `a` it is `a-db1-b`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hisops.errors import UsageProblem
from hisops.model.items import Item, items_of, over_key
from hisops.model.site import Site
from hisops.model.spot import Condition, Seen, Spot, Viewpoint

Document = dict[str, Any]
_MADE_HERE = ("uses", "with", "for_each", "parallel")
_WRITES = ("write", "destructive")


@dataclass(frozen=True, slots=True)
class Source:
    """A runbook as it is written, and its digest."""

    document: Mapping[str, Any]
    digest: str


Find = Callable[[str], Source]


def expand(main: Source, find: Find, site: Site, target: str) -> Document:
    """Return the document of the runbook with every step in it; the runbook itself if there is nothing to expand."""
    document = dict(main.document)
    if any(_MADE_HERE[0] in step or "for_each" in step for step in main.document["steps"]):
        work = _Work(find, site, target, main)
        steps = list(work.steps_of(main, _Frame()))
        work.check_ids(steps)
        document = {**main.document, **work.head(), "steps": steps}
    return _with_policy(document, site)


def _with_policy(document: Document, site: Site) -> Document:
    """Return the runbook with what the site requires of it and of those that it uses."""
    parts = [document["id"], *(part["runbook"] for part in document.get("scopes", {}).values())]
    found: list[Any] = list(document.get("requires", ()))
    for required in (each for name in dict.fromkeys(parts) for each in site.requires.get(name, ())):
        written = required.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        found += [] if written in found else [written]
    return {**document, "requires": found} if found else document


def used(main: Source, find: Find) -> dict[str, str]:
    """Return id and digest of every runbook that `main` uses, by whatever way."""
    found: dict[str, str] = {}
    for step in main.document["steps"]:
        name = step.get("uses")
        if name and name not in found:
            source = find(name)
            found |= {name: source.digest, **used(source, find)}
    return found


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the steps of one runbook are put: below which names, on which item, behind which conditions."""

    scope: str = ""
    above: tuple[Seen, ...] = ()
    spot: Spot = field(default_factory=Spot)
    needs: tuple[str, ...] = ()
    circle: tuple[str, ...] = ()

    def id_of(self, step: str) -> str:
        """Return the id of a step that is written here."""
        return f"{self.scope}-{step}" if self.scope else step


class _Work:
    """One expansion: what it has found on the way."""

    def __init__(self, find: Find, site: Site, target: str, main: Source) -> None:
        self._find = find
        self._site = site
        self._target = target
        self._main = main
        self._scopes: Document = {}
        self._groups: Document = {}
        self._window = main.document.get("window") == "required"
        self._locks: list[str] = list(main.document.get("locks", ["database"]))
        self._requires: list[Any] = list(main.document.get("requires", ()))
        self._stood: dict[tuple[str, str], list[tuple[Spot, str]]] = {}

    def head(self) -> Document:
        """Return the keys of the runbook that its expansion changes."""
        changed: Document = {"scopes": self._scopes} if self._scopes else {}
        if self._scopes:
            changed |= {"locks": self._locks}
        if self._requires:
            changed |= {"requires": self._requires}
        if self._window:
            changed |= {"window": "required"}
        return {**changed, "groups": self._groups}

    def steps_of(self, source: Source, frame: _Frame) -> Iterator[Document]:
        """Give the expanded steps of one runbook in order."""
        for step in source.document["steps"]:
            over = step.get("for_each")
            items: list[Item | None] = [None] if over is None else [*items_of(self._site, self._target, over)]
            if not frame.scope and (over is not None or "uses" in step):
                self._groups[step["id"]] = _group(step, [item.name for item in items if item])
            for item in items:
                yield from self._placed(step, self._spot(step, item, frame), frame)

    def check_ids(self, steps: list[Document]) -> None:
        """Refuse two steps of one id: hosts such as `a-b` and `a--b` would make them."""
        seen: set[str] = set()
        for step in steps:
            if step["id"] in seen:
                raise UsageProblem(
                    "HIS-2211",
                    "Two steps of {runbook} would be called {id}.",
                    "Rename a step, or one of the hosts in the inventory.",
                    runbook=self._main.document["id"],
                    id=step["id"],
                )
            seen.add(step["id"])

    def _placed(self, step: Document, spot: Spot, frame: _Frame) -> Iterator[Document]:
        """Give what comes in the place of `step` on one item."""
        base = frame.id_of(step["id"]) + (f"-{_slug(spot)}" if spot.seen[-1].fanned else "")
        needs = self._needs(step, spot, frame)
        if "uses" in step:
            yield from self._used(step, base, spot, needs, frame)
            return
        made = {key: value for key, value in step.items() if key not in _MADE_HERE} | {"id": base}
        if needs:
            made["needs"] = needs
        if "gate" in made:
            made["gate"] = self._gate(made["gate"], spot, frame)
        if spot.model_dump(exclude={"seen"}, exclude_defaults=True):
            made["placed"] = spot.model_dump(mode="json", exclude_defaults=True)
        self._note(spot, base)
        yield made

    def _used(self, step: Document, base: str, spot: Spot, needs: list[str], frame: _Frame) -> Iterator[Document]:
        """Give the steps of the sub-runbook that `step` uses."""
        source = self._find(step["uses"])
        if step["uses"] in frame.circle or step["uses"] == self._main.document["id"]:
            raise UsageProblem("HIS-1021", "The runbook {id} uses itself.", "Break the circle.", id=step["uses"])
        self._enter(step, source, base, spot)
        if "when" in step:
            spot = spot.model_copy(
                update={"conditions": (*spot.conditions, Condition(at=spot.viewpoint, when=step["when"]))}
            )
        circle = (*frame.circle, step["uses"])
        below = _Frame(scope=base, above=spot.seen, spot=spot, needs=tuple(needs), circle=circle)
        gate = self._gate(step["gate"], spot, frame) if "gate" in step else None
        for made in self.steps_of(source, below):
            if gate is not None and made["effect"] in _WRITES:
                yield _gated(made, gate, spot.viewpoint)
                gate = None
            else:
                yield made

    def _enter(self, step: Document, source: Source, base: str, spot: Spot) -> None:
        """Take down the scope of a sub-runbook, and what it asks of the whole run."""
        sub = source.document
        self._scopes[base] = {
            "runbook": sub["id"],
            "version": sub["version"],
            "digest": source.digest,
            "parent": spot.viewpoint.model_dump(exclude_defaults=True),
            "target": sub["target"],
            **({"parameters": sub["parameters"]} if sub.get("parameters") else {}),
            **({"values": step["with"]} if step.get("with") else {}),
            **({"refuse": sub["refuse"]} if sub.get("refuse") else {}),
        }
        self._locks += [lock for lock in sub.get("locks", ["database"]) if lock not in self._locks]
        self._window = self._window or sub.get("window") == "required"
        self._requires += [each for each in sub.get("requires", ()) if each not in self._requires]

    def _spot(self, step: Document, item: Item | None, frame: _Frame) -> Spot:
        own = Seen(scope=frame.scope, step=step["id"], name=step["id"], fanned=item is not None)
        above = [
            seen.model_copy(update={"name": f"{seen.name}-{step['id']}", "fanned": seen.fanned or item is not None})
            for seen in frame.above
        ]
        changes: dict[str, Any] = {"scope": frame.scope, "seen": (*above, own)}
        if not frame.scope and (item is not None or "uses" in step):
            changes["group"] = step["id"]
        if item is not None:
            changes |= {"fan": frame.id_of(step["id"]), "over": over_key(step["for_each"]), "item": item.name}
            changes |= {"host": item.host, "database": item.database, "foreign": item.foreign}
            changes["parallel"] = step.get("parallel", 1)
        return frame.spot.model_copy(update=changes)

    def _needs(self, step: Document, spot: Spot, frame: _Frame) -> list[str]:
        """Return the needs of `step` as expanded ids: own, of values that it hands down, of the steps above it."""
        names = [*step.get("needs", ()), *_sources(step, self._stood, frame.scope)]
        own = [each for name in names for each in self._standing(name, spot, frame)]
        return list(dict.fromkeys([*own, *frame.needs]))

    def _standing(self, name: str, spot: Spot, frame: _Frame) -> list[str]:
        """Return the steps that stand for `name`; on an item of a `for_each`, those of the same item if it has any."""
        at = spot.viewpoint
        found = self._stood.get((frame.scope, name), [])
        lane = [step for other, step in found if at.item and (other.over, other.item) == (at.over, at.item)]
        return lane or [step for _, step in found]

    def _gate(self, gate: Document, spot: Spot, frame: _Frame) -> Document:
        shown = [each for name in gate.get("show", ()) for each in self._standing(name, spot, frame)]
        return {**gate, "show": shown} if shown else dict(gate)

    def _note(self, spot: Spot, step: str) -> None:
        """Remember for every scope that knows it by what a step is known there."""
        for seen in spot.seen:
            self._stood.setdefault((seen.scope, seen.step), []).append((spot, step))
            if seen.name != seen.step:
                self._stood.setdefault((seen.scope, seen.name), []).append((spot, step))


def source_step(name: str, known: Iterator[str] | Mapping[str, object] | set[str]) -> str | None:
    """Return the step that the value `steps.a_b.out.c` comes from, of those that are known; None for other values."""
    parts = name.split(".")
    if parts[0] != "steps" or len(parts) < 2:
        return None
    return next((step for step in known if step.replace("-", "_") == parts[1]), None)


def _sources(step: Document, stood: Mapping[tuple[str, str], object], scope: str) -> list[str]:
    known = {name: None for where, name in stood if where == scope}
    given = [value["from"] for value in step.get("with", {}).values() if isinstance(value, dict)]
    return [name for value in given if (name := source_step(value, known))]


def _slug(spot: Spot) -> str:
    return Item(name=str(spot.item)).slug


def _group(step: Document, items: list[str]) -> Document:
    group: Document = {"title": step["title"]}
    if "uses" in step:
        group["uses"] = step["uses"]
    if "for_each" in step:
        group |= {"over": over_key(step["for_each"]), "items": items}
    return group


def _gated(step: Document, gate: Document, at: Viewpoint) -> Document:
    if "gate" in step:
        raise UsageProblem(
            "HIS-1022",
            "The step {id} has a gate of its own, and another one comes from the step that uses it.",
            "Leave one of the two.",
            id=step["id"],
        )
    placed = {**step.get("placed", {}), "gated_by": at.model_dump(exclude_defaults=True)}
    return {**step, "gate": gate, "placed": placed}
