"""Ask expressions of what is known, and say in a sentence what an unmet one was about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hisops import expressions
from hisops.engine.values import Values
from hisops.errors import CheckFailed, HisopsError
from hisops.model.runbook import Requirement


def holds(text: str, values: Values, out: Mapping[str, Any] | None = None) -> bool:
    """Return whether `text` is true; HisopsError when it cannot be told (never false in silence)."""
    return expressions.evaluate(text, values.scope(out, expressions.names_in(text)))


def unmet(requirement: Requirement, values: Values, out: Mapping[str, Any], lang: str = "en") -> str | None:
    """Return None if the requirement holds, else what was required and what was found."""
    if holds(requirement.require, values, out):
        return None
    return f"{told(requirement)} ({found(requirement.require, values, out)})"


def told(requirement: Requirement) -> str:
    """Return the requirement in words, else as it is written."""
    return requirement.title.en if requirement.title else f"required: {requirement.require}"


def found(text: str, values: Values, out: Mapping[str, Any]) -> str:
    """Return the values of the names that `text` asks about, as `name = value`."""
    scope = values.scope(out)
    parts = []
    for name in expressions.names_in(text):
        try:
            value = look_up(name, scope)
        except HisopsError:
            value = "unknown"
        if not isinstance(value, Mapping):
            parts.append(f"{name} = {_short(value)}")
    return ", ".join(parts)


def look_up(path: str, scope: Mapping[str, Any]) -> Any:
    """Return the value at a dotted path such as `target.identity.database.dbid`; HisopsError if it is not there."""
    value: Any = scope
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise CheckFailed("HIS-6110", "Nothing is known under the name {name}.", "", name=path)
        value = value[part]
    return value


def _short(value: Any) -> str:
    text = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= 200 else text[:197] + "…"
