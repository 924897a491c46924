"""The values of a run and the names under which shells, statements, slots and expressions see them.

One naming rule: parameter `x` is `x`, output `y` of step `a-b` is `a_b_y`, a setting keeps its own name. A shell sees
`HISOPS_` + upper case (settings: the variable that the target type names), SQL sees `:x`, a slot is `@{x}`. A step that
came from a sub-runbook has the names of that one. Of a step with `for_each` others see the list over its items; a step
that goes over the same items sees its own item's value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from hisops.engine.bound import Bound
from hisops.engine.parameters import fault_in
from hisops.engine.value import Value, as_text
from hisops.errors import CheckFailed
from hisops.model.expansion import ExpandedStep, Known
from hisops.model.plan import Plan
from hisops.model.run import RunView, common_state
from hisops.model.runbook import From, Step
from hisops.model.site import COMPANIONS
from hisops.model.spot import Viewpoint

__all__ = ["Bound", "Folders", "Value", "Values", "as_text"]

Folders = Mapping[str, Mapping[str, str]]
_ROOT = Viewpoint()


@dataclass(slots=True)
class Values:
    """All that is known now: parameters, settings, what is latched, outputs and states of steps.

    `own` holds hisops's own values (its folders) by host. `here` is where names are looked up from.
    """

    bound: Bound
    identity: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    outs: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    own: Folders = field(default_factory=dict)
    here: Viewpoint = _ROOT

    @staticmethod
    def of_run(bound: Bound, plan: Plan, view: RunView, own: Folders) -> Values:
        """Return the values of a run as its log has them."""
        steps = view.steps.values()
        outs, states = {step.id: step.out for step in steps}, {step.id: step.state for step in steps}
        return Values(bound, plan.identity, plan.state, outs, states, own)

    def at(self, step: Step) -> Values:
        """Return the same values as `step` sees them."""
        return replace(self, bound=self.bound.at(step.spot), here=step.spot.viewpoint)

    def seen_from(self, here: Viewpoint) -> Values:
        """Return the same values as they are called at `here`."""
        return replace(self, here=here)

    def parameters(self, asked: Set[str] | None = None) -> dict[str, Any]:
        """Return the parameters of the runbook, or sub-runbook, whose names are used here; all, or those asked for."""
        if not self.here.scope:
            return dict(self.bound.parameters)
        found = {}
        declared = self.bound.runbook.parameters_of(self.here.scope)
        for name in (name for name in declared if asked is None or name in asked):
            parameter = declared[name]
            value = self._given(name)
            if value is None:
                value = parameter.default
            if value is not None:
                found[name] = value
        return found

    def named(self, place: str) -> dict[str, Value]:
        """Return every value by its lower-case name, as a call at `place` sees it."""
        bound, types = self.bound, self.bound.target_type.settings
        found = {name: Value(value, types[name].type) for name, value in bound.settings_on(place).items()}
        for word, settings in bound.companions_on(place).items():
            found |= {f"{word}_{name}": Value(value, types[name].type) for name, value in settings.items()}
        declared = bound.runbook.parameters_of(self.here.scope)
        for name, value in self.parameters().items():
            found[name] = Value(self._file(name) or value, declared[name].type)
        for name, known in bound.runbook.known_in(self.here.scope).items():
            if known.steps[0].outputs:
                found |= {f"{_word(name)}_{output}": value for output, value in self._outputs(known).items()}
        if self.here.item is not None:
            found["item"] = Value(self.here.item, "string")
        for name, value in self.own.get(bound.host_name(place), {}).items():
            found[name] = Value(value, "path")
        return found

    def environment(self, place: str) -> dict[str, str]:
        """Return the environment of a shell at `place`."""
        settings = self.bound.target_type.settings
        return {
            settings[name].env if name in settings else f"HISOPS_{name.upper()}": as_text(item.value)
            for name, item in self.named(place).items()
        }

    def scope(self, out: Mapping[str, Any] | None = None, names: Collection[str] | None = None) -> dict[str, Any]:
        """Return what expressions see; of the steps only those that the dotted `names` speak of, if they are given."""
        bound = self.bound
        host = bound.site.hosts[bound.database.host]
        known = {name: value for fact in self.identity.values() for name, value in fact.items()}
        settings = {name: item.default for name, item in bound.target_type.settings.items()}
        target = {
            "name": bound.target,
            "engine": bound.database.engine,
            "role": known.get("database_role"),
            "version": known.get("version"),
            "settings": settings | dict(bound.database.settings),
            "identity": self.identity,
            "state": self.state,
            "host": {"name": bound.database.host, "os": host.os},
        }
        for word in COMPANIONS:
            target |= {f"has_{word}": word in bound.companions, word: self._companion(bound.companions.get(word))}
        item = {"item": self.here.item} if self.here.item is not None else {}
        return {
            "params": self.parameters(_asked("params", names)),
            "target": target,
            "steps": self._steps(names),
            "out": dict(out or {}),
            **item,
        }

    def _companion(self, name: str | None) -> dict[str, Any]:
        """Return another database as conditions see it; of one that is not there, nothing."""
        if name is None:
            return {"name": None, "host": None, "settings": {}}
        bound = self.bound
        return {"name": name, "host": bound.site.databases[name].host, "settings": bound.companion_settings(name)}

    def _steps(self, names: Collection[str] | None) -> dict[str, Any]:
        """Return the steps as expressions see them."""
        asked = _asked("steps", names)
        runbook, found = self.bound.runbook, {}
        for name, steps in runbook.written_in(self.here.scope).items():
            if asked is None or _word(name) in asked:
                items = dict.fromkeys(step.spot.item for step in steps if step.spot.item is not None)
                found[_word(name)] = {"state": self._state(steps), "items": list(items)}
        for name, known in runbook.known_in(self.here.scope).items():
            if asked is None or _word(name) in asked:
                found.setdefault(_word(name), {}).update(self._seen(known))
        return found

    def _seen(self, known: Known) -> dict[str, Any]:
        """Return what is known of a step, or of a step with `for_each`: of this item, and of all."""
        one = self._lane(known) if known.fanned else known.steps[0]
        seen: dict[str, Any] = {"state": self._state([one] if one else known.steps)}
        if one:
            seen["out"] = self.outs.get(one.id, {})
        if known.fanned:
            seen["items"] = [step.spot.item for step in known.steps]
            seen["all"] = {output: self._all(known, output) for output in known.steps[0].outputs}
        return seen

    def _outputs(self, known: Known) -> dict[str, Value]:
        """Return the outputs that are known of a step, as scripts see them."""
        one = self._lane(known) if known.fanned else known.steps[0]
        if one:
            outs = self.outs.get(one.id, {})
            return {name: Value(outs[name], output.type) for name, output in one.outputs.items() if name in outs}
        found = {name: self._all(known, name) for name in known.steps[0].outputs}
        return {name: Value(values, "list") for name, values in found.items() if values}

    def _lane(self, known: Known) -> ExpandedStep | None:
        """Return the step of the item that is being worked on, if `known` goes over the same items."""
        here = self.here
        if here.item is None:
            return None
        return next((s for s in known.steps if (s.spot.over, s.spot.item) == (here.over, here.item)), None)

    def _all(self, known: Known, output: str) -> list[Any]:
        outs = [self.outs.get(step.id, {}) for step in known.steps]
        return [out[output] for out in outs if output in out]

    def _state(self, steps: Collection[ExpandedStep]) -> str:
        return common_state([self.states.get(step.id, "PENDING") for step in steps])

    def _given(self, name: str) -> Any:
        """Return what the using step gives a parameter here; None for nothing, or nothing yet."""
        scope = self.bound.runbook.scopes[self.here.scope]
        given = scope.values.get(name)
        if not isinstance(given, From):
            return given
        value: Any = self.seen_from(scope.parent).scope(names=[given.from_])
        for part in given.from_.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        parameter = scope.parameters[name]
        if value is None and parameter.required:
            raise CheckFailed(
                "HIS-6112", "The parameter {name} of {scope} is not known: there is no {source}.", "",
                name=name, scope=self.here.scope, source=given.from_,
            )  # fmt: skip
        if value is not None and (fault := fault_in(parameter, value)):
            raise CheckFailed(
                "HIS-6113",
                "The parameter {name} of {scope} {fault}.",
                "",
                name=name,
                scope=self.here.scope,
                fault=fault,
            )
        return value

    def _file(self, name: str) -> str | None:
        """Return the path of the file that a parameter stands for, whoever handed it down."""
        here = self.here
        while here.scope:
            scope = self.bound.runbook.scopes[here.scope]
            given = scope.values.get(name)
            if not isinstance(given, From) or not given.from_.startswith("params."):
                return None
            name, here = given.from_.removeprefix("params."), scope.parent
        return self.bound.files.get(name)

    def file(self, name: str) -> str:
        """Return the path of the file of parameter `name`; KeyError if it has none."""
        path = self._file(name)
        if path is None:
            raise KeyError(name)
        return path


def _asked(kind: str, names: Collection[str] | None) -> set[str] | None:
    """Return which of a kind dotted names speak of; None for all. What is not asked for need not be known yet."""
    parts = [name.split(".") for name in names or () if name.partition(".")[0] == kind]
    return None if names is None or [kind] in parts else {part[1] for part in parts}


def _word(name: str) -> str:
    return name.replace("-", "_")
