"""A runbook with every step known: what is planned, approved, carried out, and kept in the log.

A runbook without `uses` and `for_each` is its own expansion, word for word. What is added here nobody writes by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from hisops.model.runbook import ChildRun, From, Parameter, Refusal, Runbook, Step, TargetRequirement
from hisops.model.spot import Seen, Spot, Viewpoint
from hisops.model.text import Definition, Name, Text


class ExpandedStep(Step):
    """A step with its spot; a step of the runbook itself has none. A step of a playbook stands for a run."""

    placed: Spot | None = None
    stands_for: ChildRun | None = None

    @property
    def child(self) -> ChildRun | None:
        """The run that it stands for."""
        return self.stands_for

    @cached_property
    def spot(self) -> Spot:
        """Where it stands."""
        return self.placed or Spot(seen=(Seen(scope="", step=self.id, name=self.id),))


class Scope(Definition):
    """One use of a sub-runbook: its own parameters, and who gives them what. Its id is that of the using step."""

    runbook: str
    version: str
    digest: str
    parent: Viewpoint
    target: TargetRequirement
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    values: dict[Name, str | int | bool | From] = Field(default_factory=dict)
    refuse: tuple[Refusal, ...] = ()


class Group(Definition):
    """A step that stands for several: its title, what it uses, and over what it is repeated."""

    title: Text
    uses: str | None = None
    over: str | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What one name means in one scope: a step, or (`fanned`) the step for each item of a `for_each`."""

    steps: tuple[ExpandedStep, ...]
    fanned: bool


class ExpandedRunbook(Runbook):
    """A whole procedure with all its steps."""

    steps: tuple[ExpandedStep, ...] = Field(min_length=1)
    scopes: dict[str, Scope] = Field(default_factory=dict)
    groups: dict[str, Group] = Field(default_factory=dict)

    def parameters_of(self, scope: str) -> dict[str, Parameter]:
        """Return the parameters that are declared in a scope."""
        return self.scopes[scope].parameters if scope else self.parameters

    def known_in(self, scope: str) -> dict[str, Known]:
        """Return the steps that a scope knows, by their names there."""
        return self._known.get(scope, {})

    def written_in(self, scope: str) -> dict[str, tuple[ExpandedStep, ...]]:
        """Return by each step that a scope wrote the steps that stand in its place."""
        return self._standing.get(scope, {})

    def runs(self) -> Iterator[tuple[ExpandedStep, ...]]:
        """Give the steps in order, those of one `for_each` together."""
        fan: list[ExpandedStep] = []
        for step in self.steps:
            if fan and (step.spot.fan is None or step.spot.fan != fan[0].spot.fan):
                yield tuple(fan)
                fan = []
            fan.append(step)
            if step.spot.fan is None:
                yield tuple(fan)
                fan = []
        if fan:
            yield tuple(fan)

    @cached_property
    def _known(self) -> dict[str, dict[str, Known]]:
        found: dict[str, dict[str, Known]] = {}
        for step in self.steps:
            for seen in step.spot.seen:
                names = found.setdefault(seen.scope, {})
                before = names[seen.name].steps if seen.name in names else ()
                names[seen.name] = Known((*before, step), seen.fanned)
        return found

    @cached_property
    def _standing(self) -> dict[str, dict[str, tuple[ExpandedStep, ...]]]:
        found: dict[str, dict[str, tuple[ExpandedStep, ...]]] = {}
        for step in self.steps:
            for seen in step.spot.seen:
                steps = found.setdefault(seen.scope, {})
                steps[seen.step] = (*steps.get(seen.step, ()), step)
        return found
