"""Several runbooks under one command: each names an option and the values of it that choose this runbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def values_of(chosen_by: Mapping[str, Sequence[object]]) -> list[str]:
    """Return the values that choose a runbook, as they are typed."""
    return [str(value) for values in chosen_by.values() for value in values]


def told(chosen_by: Mapping[str, Sequence[object]]) -> str:
    """Return what chooses a runbook as it is typed: `--level 1|2`; nothing if nothing does."""
    return " ".join(f"{option_of(name)} {'|'.join(values_of({name: each}))}" for name, each in chosen_by.items())


def option_of(name: str) -> str:
    """Return a parameter's name as the option that it is."""
    return f"--{name.replace('_', '-')}"
