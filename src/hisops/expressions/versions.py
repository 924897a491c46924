"""Versions that order as numbers do, part by part: 9 before 19, 19 equal to 19.0."""

from __future__ import annotations

import re

_VERSION = re.compile(r"^\d{1,10}(?:\.\d{1,10})*$")
_BOUND = re.compile(r"^\s*(>=|<=|==|!=|>|<)\s*(\S+)\s*$")


def version_key(text: str) -> str:
    """Return a text that orders as the version does: 9 before 19, 19 equal to 19.0. ValueError if it is none."""
    if not isinstance(text, str) or not _VERSION.match(text.strip()):
        raise ValueError(f"{text!r} is no version")
    numbers = [int(part) for part in text.strip().split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return ".".join(f"{number:010d}" for number in numbers)


def satisfies(version: str, requirement: str) -> bool:
    """Tell whether `version` meets every bound of `requirement` (`>=12.1, <23`). ValueError if one is no version."""
    mine = version_key(version)
    answers = []
    for bound in requirement.split(","):
        match = _BOUND.match(bound)
        if match is None:
            raise ValueError(f"{bound.strip()!r} is not a bound such as >=12.1")
        other = version_key(match[2])
        answers.append(
            {">=": mine >= other, "<=": mine <= other, ">": mine > other, "<": mine < other,
             "==": mine == other, "!=": mine != other}[match[1]]
        )  # fmt: skip
    return all(answers)
