"""The values of a run and the names under which shells, statements, slots and expressions see them.

One naming rule: parameter `x` is `x`, output `y` of step `a-b` is `a_b_y`, a setting keeps its own name. A shell sees
`HISOPS_` + upper case (settings: the variable that the target type names), SQL sees `:x`, a slot is `@{x}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hisops.errors import Refused
from hisops.model.plan import Plan
from hisops.model.run import RunView
from hisops.model.runbook import Runbook
from hisops.model.site import Database, Host, RunAs, Site, TargetType


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its declared type (of a parameter, an output or a setting)."""

    value: Any
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a runbook is bound to: the site's part of a plan. Given once, read by all that render or evaluate."""

    runbook: Runbook
    site: Site
    target: str
    target_type: TargetType
    parameters: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The target's entry in the inventory."""
        return self.site.databases[self.target]

    @property
    def standby(self) -> Database | None:
        """The entry of the target's standby, or None."""
        return self.site.databases[self.database.standby] if self.database.standby else None

    def database_on(self, place: str) -> Database:
        """Return the database whose settings a call at `place` sees."""
        return self.standby if place.startswith("standby") and self.standby else self.database

    def host_name(self, place: str) -> str:
        """Return the inventory name of the host at `place`."""
        return "control" if place == "control" else self.database_on(place).host

    def host(self, place: str) -> Host | None:
        """Return the host at `place`; None for the control host."""
        return None if place == "control" else self.site.hosts[self.host_name(place)]

    def run_as(self, place: str, role: str) -> RunAs | None:
        """Return the user for `role` at `place`; None means who logs in, which serves the owner where nothing is said.

        Raises Refused for another role that the inventory does not give on that host.
        """
        host = self.host(place)
        if host is None or role == "login":
            return None
        known = {str(name): run_as for name, run_as in host.roles.items()}
        if role not in known and role != "owner":
            raise Refused(
                "HIS-6106",
                "The inventory does not say how to become {role} on {host}.",
                "Add it under `roles:` of the host in site.yaml.",
                role=role,
                host=self.host_name(place),
            )
        return known.get(role)


@dataclass(slots=True)
class Values:
    """All that is known now: parameters, settings, what is latched, outputs and states of steps.

    `own` holds hisops's own values (its folders) by host.
    """

    bound: Bound
    identity: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    outs: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)

    @staticmethod
    def of_run(bound: Bound, plan: Plan, view: RunView, own: dict[str, dict[str, str]]) -> Values:
        """Return the values of a run as its log has them."""
        values = Values(bound, plan.identity, plan.state, own=own)
        for step in view.steps.values():
            values.outs[step.id], values.states[step.id] = step.out, step.state
        return values

    def named(self, place: str) -> dict[str, Value]:
        """Return every value by its lower-case name, as a call at `place` sees it."""
        found: dict[str, Value] = {}
        for name, setting in self.bound.target_type.settings.items():
            value = self.bound.database_on(place).settings.get(name, setting.default)
            if value is not None:
                found[name] = Value(value, setting.type)
        for name, parameter in self.bound.runbook.parameters.items():
            if name in self.bound.parameters:
                value = self.bound.files.get(name, self.bound.parameters[name])
                found[name] = Value(value, parameter.type)
        for step in self.bound.runbook.steps:
            for name, output in step.outputs.items():
                if name in self.outs.get(step.id, {}):
                    found[f"{step.id.replace('-', '_')}_{name}"] = Value(self.outs[step.id][name], output.type)
        for name, value in self.own.get(self.bound.host_name(place), {}).items():
            found[name] = Value(value, "path")
        return found

    def environment(self, place: str) -> dict[str, str]:
        """Return the environment of a shell at `place`."""
        settings = self.bound.target_type.settings
        return {
            settings[name].env if name in settings else f"HISOPS_{name.upper()}": as_text(item.value)
            for name, item in self.named(place).items()
        }

    def scope(self, out: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what expressions see."""
        bound = self.bound
        host = bound.host("db_host")
        steps = {
            step.id.replace("-", "_"): {"out": self.outs.get(step.id, {}), "state": self.states.get(step.id, "PENDING")}
            for step in bound.runbook.steps
        }
        database = self.identity.get("database", {})
        settings = {name: item.default for name, item in bound.target_type.settings.items()}
        target = {
            "name": bound.target,
            "engine": bound.database.engine,
            "has_standby": bound.standby is not None,
            "role": database.get("database_role"),
            "version": database.get("version"),
            "settings": settings | dict(bound.database.settings),
            "identity": self.identity,
            "state": self.state,
            "host": {"name": bound.database.host, "os": host.os if host else "linux"},
        }
        return {"params": dict(bound.parameters), "target": target, "steps": steps, "out": dict(out or {})}


def as_text(value: Any) -> str:
    """Return a value as a shell sees it: lists joined by a space, booleans as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " ".join(as_text(item) for item in value)
    return "" if value is None else str(value)
