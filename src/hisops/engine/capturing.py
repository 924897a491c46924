"""Takes the values out of a tool's output that its judge names, each of its declared type."""

from __future__ import annotations

import re

from hisops.model.judge import Action, Capture
from hisops.model.pattern import compiled

_MOST = 2**53  # what canonical JSON holds
_VERSION = re.compile(r"\d+(?:\.\d+)*+")


def capture(action: Action, text: str) -> dict[str, object]:
    """Return the captures of `action` in `text`. What is not there, or not of its type, is left out; lists never."""
    found = {name: _value(rule, text) for name, rule in action.capture.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(rule: Capture, text: str) -> object:
    pattern = compiled(rule.pattern)
    if rule.type == "list":
        return _items(rule, pattern, text)
    match = pattern.search(text)
    if rule.type == "boolean":
        return match is not None
    if match is None:
        return None
    value = _group(match).strip()
    if rule.type == "integer":
        return _integer(value)
    if rule.type == "version":
        return value if _VERSION.fullmatch(value) else None
    return value


def _items(rule: Capture, pattern: re.Pattern[str], text: str) -> list[str]:
    values = [_group(match) for match in pattern.finditer(text)]
    if rule.split is not None:
        values = [part for value in values for part in value.split(rule.split)]
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))


def _group(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group is not None), match.group())


def _integer(value: str) -> int | None:
    try:
        number = int(value.replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < _MOST else None
