"""The one place that renders `@{…}` slots, in `stdin:` and `sql:` texts for tools that take no binds.

Only values of closed types are let in, each checked against its pattern here and now, whatever was checked before.
Secrets are parts of their own, never text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hisops.engine.value import Value
from hisops.errors import UsageProblem
from hisops.model.closed import CLOSED, is_fit
from hisops.secret import Secret

SLOT = re.compile(r"@\{([^}]*)\}")


def names(text: str) -> list[str]:
    """Return the names of the slots of `text`, in order."""
    return SLOT.findall(text)


def render(text: str, values: Mapping[str, Value]) -> str:
    """Return `text` with its slots filled; UsageProblem for an unknown name, an open type or an unfit value."""
    return "".join(str(part) for part in render_parts(text, values, _no_secret))


def render_parts(text: str, values: Mapping[str, Value], secret: Callable[[str], Secret]) -> list[str | Secret]:
    """Return `text` in parts, secrets (`@{secret:name}`) apart from the text around them."""
    parts: list[str | Secret] = []
    end = 0
    for match in SLOT.finditer(text):
        parts.append(text[end : match.start()])
        name = match[1]
        if name.startswith("secret:"):
            parts.append(secret(name.removeprefix("secret:")))
        else:
            parts.append(_closed(name, values))
        end = match.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]


def _closed(name: str, values: Mapping[str, Value]) -> str:
    item = values.get(name)
    if item is None:
        raise UsageProblem(
            "HIS-6101",
            "Nothing is known under the name of the slot @{{{name}}}.",
            "Name a parameter, an output of an earlier step or a setting.",
            name=name,
        )
    if item.type not in CLOSED:
        raise UsageProblem(
            "HIS-6102",
            "The slot @{{{name}}} has the open type {type}, which may not become text.",
            "Declare it as identifier, integer, tag, scn, timestamp or path.",
            name=name,
            type=item.type,
        )
    if not is_fit(item.type, item.value):
        raise UsageProblem(
            "HIS-6103",
            "The value of {name} is not a valid {type}.",
            "Only plain characters are let into scripts; correct the value.",
            name=name,
            type=item.type,
        )
    return str(item.value)


def _no_secret(name: str) -> Secret:
    raise UsageProblem(
        "HIS-6104",
        "The secret {name} may stand in stdin only.",
        "Move the slot into the step's stdin block.",
        name=name,
    )
