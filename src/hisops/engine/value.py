"""A value with its declared type, and how a shell sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its declared type (of a parameter, an output or a setting)."""

    value: Any
    type: str


def as_text(value: Any) -> str:
    """Return a value as a shell sees it: lists joined by a space, booleans as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " ".join(as_text(item) for item in value)
    return "" if value is None else str(value)
