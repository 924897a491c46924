"""The types that expressions know, and which of them can meet.

Names of types: string, integer, number, boolean, version, comparable (what version() gives), timestamp, duration, null,
list, list[TYPE], map and any. `list`, `map` and `any` are open: nothing is known of what is inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

OPEN = frozenset({"any", "map"})
WORDS = {
    "string": "text", "integer": "whole number", "boolean": "truth value", "version": "version text",
    "comparable": "version", "timestamp": "point in time", "duration": "length of time",
}  # fmt: skip
_SAME = {"integer": "number", "uint": "number", "version": "string"}
_TYPES = (
    (type(None), "null"), (bool, "boolean"), (int, "integer"), ((float, Decimal), "number"), (str, "string"),
    (datetime, "timestamp"),
)  # fmt: skip


def in_words(kind: str) -> str:
    """Return the name of a type as people say it."""
    return f"list of {in_words(element(kind))}" if kind.startswith("list[") else WORDS.get(kind, kind)


def differ(left: str, right: str) -> bool:
    """Tell whether both types are known and differ, so that comparing them is pointless."""
    left, right = (_SAME.get(kind, kind) for kind in (left, right))
    if left == right or {"any", "null"} & {left, right}:
        return False
    if left.startswith("list") and right.startswith("list"):
        return differ(element(left), element(right))
    return True


def element(kind: str) -> str:
    """Return the type of what is in a list."""
    return kind[5:-1] if kind.startswith("list[") else "any"


def common(kinds: Iterable[str]) -> str:
    """Return the one type that all of `kinds` are, where something is there; any if they are of several."""
    known = set(kinds) - {"null"}
    return known.pop() if len(known) == 1 else "any"


def types_of(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the types that `values` have now, by dotted name; members of the rows of `x` are below `x[]`."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= types_of(value, f"{prefix}{name}.")
            continue
        found[prefix + name] = type_of(value)
        if isinstance(value, list | tuple) and value and all(isinstance(row, Mapping) for row in value):
            columns = dict.fromkeys(column for row in value for column in row)
            for column in columns:
                found[f"{prefix}{name}[].{column}"] = common(type_of(row.get(column)) for row in value)
    return found


def type_of(value: object) -> str:
    """Return the type of a value."""
    if isinstance(value, list | tuple):
        inner = common(type_of(item) for item in value)
        return "list" if inner == "any" else f"list[{inner}]"
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "any")
