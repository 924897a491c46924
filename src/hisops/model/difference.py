"""What differs between two sets of definitions, told step by step in lines that look like the YAML they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Any

HEAD = "@@ "
_NEAR = 3


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the lines of the difference; empty if there is none. A part begins with a line of `@@ its name`."""
    old, new = _parts(before), _parts(now)
    lines: list[str] = []
    for name in dict.fromkeys([*new, *old]):
        lines += _part(name, old.get(name), new.get(name))
    return lines


def written(value: Any, indent: int = 0) -> list[str]:
    """Return a plain value as lines of YAML, without comments, in the order of the document."""
    return [" " * indent + line for line in _lines(value)]


def _parts(definitions: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the lines of each part that is compared by itself: the head, each step, each judge, the target type."""
    runbook = definitions["runbook"]
    parts = {str(runbook.get("id")): _lines({key: value for key, value in runbook.items() if key != "steps"})}
    parts |= {f"step {step['id']}": _lines(step) for step in runbook.get("steps", ())}
    parts |= {f"judge {tool}": _lines(judge) for tool, judge in sorted(definitions.get("judges", {}).items())}
    target_type = definitions.get("target_type") or {}
    return parts | ({f"target type {target_type.get('id')}": _lines(target_type)} if target_type else {})


def _part(name: str, old: Sequence[str] | None, new: Sequence[str] | None) -> Iterator[str]:
    if old == new:
        return
    yield f"{HEAD}{name}{' (new)' if old is None else ' (gone)' if new is None else ''}"
    for line in list(unified_diff(old or [], new or [], n=_NEAR, lineterm=""))[3:]:
        yield "   …" if line.startswith("@@") else line


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [line for key, inner in value.items() for line in _keyed(f"{key}:", inner)]
    if isinstance(value, list | tuple) and value:
        return [line for inner in value for line in _item(inner)]
    return [_scalar(value)]


def _keyed(key: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return [f"{key} |", *(f"  {line}" for line in value.splitlines())]
    if isinstance(value, Mapping | list | tuple) and value:
        return [key, *(f"  {line}" for line in _lines(value))]
    return [f"{key} {_scalar(value)}"]


def _item(value: Any) -> list[str]:
    first, *more = _lines(value)
    return [f"- {first}", *(f"  {line}" for line in more)]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return "{}" if isinstance(value, Mapping) else "[]"
    return "null" if value is None else str(value)
