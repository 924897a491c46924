"""Bind one call of a runbook to its place and to the values known now: what exactly will be started."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hisops.canonical import canonical
from hisops.engine.slots import render, render_parts
from hisops.engine.values import Bound, Values
from hisops.errors import UsageProblem
from hisops.model.judge import Action, Judge
from hisops.model.records import CallKind
from hisops.model.runbook import Call, Step, Wait
from hisops.model.site import RunAs
from hisops.ports import StdinPart, Vault
from hisops.secret import Secret

READ_TIMEOUT = 600
_BIND = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|:([A-Za-z][A-Za-z0-9_]*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCall:
    """One call, with nothing left open. `text` is the script or the statement as it will be sent."""

    step: str
    kind: CallKind
    index: int = 0
    place: str
    where: str
    run_as: RunAs | None
    sql: bool
    text: str
    env: Mapping[str, str] = field(default_factory=dict)
    binds: Mapping[str, Any] = field(default_factory=dict)
    stdin: tuple[StdinPart, ...] = ()
    judge: tuple[Judge, Action] | None = None
    allow: tuple[str, ...] = ()
    timeout: float | None = None
    effect: str = "read"
    idempotent: bool = True

    @property
    def writes(self) -> bool:
        """True if it changes more than the run's own staging folder."""
        return self.effect in {"write", "destructive"}

    @property
    def detached(self) -> bool:
        """True if it must outlive the link: a shell call that writes."""
        return self.writes and not self.sql

    def exact_text(self) -> bytes:
        """Return what the log keeps: place, user, text, environment, binds, stdin with secrets by name only."""
        stdin = [f"@{{secret:{part.name}}}" if isinstance(part, Secret) else str(part) for part in self.stdin]
        return canonical(
            {
                "on": self.where,
                "user": self.run_as.user if self.run_as else None,
                "sql" if self.sql else "sh": self.text,
                "env": dict(self.env),
                "binds": {name: None if value is None else str(value) for name, value in self.binds.items()},
                "stdin": stdin,
            }
        )

    def secrets(self) -> list[Secret]:
        """Return the secrets that the call is given."""
        return [part for part in self.stdin if isinstance(part, Secret)]


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds calls of one run."""

    bound: Bound
    judges: Mapping[str, Judge]
    vault: Vault

    def action(self, step: Step, values: Values) -> BoundCall:
        """Return the action of a `sh:` or `sql:` step."""
        call = Call.model_construct(
            sh=step.sh,
            sql=step.sql,
            stdin=step.stdin,
            on=step.on,
            as_=step.as_,
            judge=step.judge,
            allow=step.allow,
            timeout=None,
        )
        return self.call(call, step, "action", values, timeout=step.timeout, effect=step.effect)

    def call(
        self,
        call: Call,
        step: Step,
        kind: CallKind,
        values: Values,
        *,
        index: int = 0,
        timeout: int | None = None,
        effect: str = "read",
    ) -> BoundCall:
        """Return `call` bound for `step`; it inherits the step's place and role where it names none."""
        place, values = step.place_of(call), values.at(step)
        seconds = call.timeout or timeout
        if effect in {"read", "stage"}:
            seconds = seconds or READ_TIMEOUT
        common: dict[str, Any] = {
            "step": step.id,
            "kind": kind,
            "index": index,
            "place": place,
            "judge": self._judge(call.judge),
            "allow": call.allow,
            "timeout": seconds,
            "effect": effect,
            "idempotent": step.idempotent or effect in {"read", "stage"},
        }
        if call.sql is not None:
            return self._sql(call.sql, values, common)
        return self._shell(call, call.as_ or step.as_, values, common)

    def _sql(self, sql: str, values: Values, common: dict[str, Any]) -> BoundCall:
        named = values.named(common["place"])
        text = render(sql, named)
        binds = {}
        for name in dict.fromkeys(match[1].lower() for match in _BIND.finditer(text) if match[1]):
            if name not in named:
                raise UsageProblem(
                    "HIS-6105",
                    "Nothing is known under the name of the bind :{name}.",
                    "Name a parameter, an output of an earlier step or a setting.",
                    name=name,
                )
            binds[name] = named[name].value
        where = values.bound.database_name(common["place"])
        return BoundCall(**common, where=where, run_as=None, sql=True, text=text.strip(), binds=binds)

    def _shell(self, call: Call, role: str, values: Values, common: dict[str, Any]) -> BoundCall:
        place = common["place"]

        def secret(name: str) -> Secret:
            return self.vault.get(values.bound.secret_name(name, place))

        stdin = render_parts(call.stdin, values.named(place), secret) if call.stdin else []
        return BoundCall(
            **common,
            where=values.bound.host_name(place),
            run_as=values.bound.run_as(place, role),
            sql=False,
            text=call.sh or "",
            env=values.environment(place),
            stdin=tuple(stdin),
        )

    def _judge(self, ref: str | None) -> tuple[Judge, Action] | None:
        if ref is None:
            return None
        tool, _, action = ref.partition("/")
        judge = self.judges[tool]
        return judge, judge.actions[action]


def wait_call(wait: Wait) -> Call:
    """Return the read that a `wait:` step repeats."""
    return Call.model_construct(**{name: getattr(wait, name) for name in Call.model_fields})
