"""Secrets as values that cannot be printed by accident. Redaction of streams lives here too."""

from __future__ import annotations

from typing import final


@final
class Secret:
    """A secret value: repr and str are stars; only adapters call `reveal`. It is not a `str` on purpose."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name!r}, ***)"

    __str__ = __repr__
