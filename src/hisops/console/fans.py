"""Repeated steps on the screen: one line for all items of a step, with a word on those that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from hisops.console.theme import Page
from hisops.model.runbook import Runbook, Step


def rows_of(runbook: Runbook) -> Iterator[list[tuple[int, Step]]]:
    """Give the numbered steps in order, those that are one step on several items together."""
    numbered = list(enumerate(runbook.steps, 1))
    for fan, found in groupby(numbered, key=lambda item: item[1].spot.fan or item[0]):
        members = list(found)
        if isinstance(fan, int):
            yield members
            continue
        for name in dict.fromkeys(written(step) for _, step in members):
            yield [(number, step) for number, step in members if written(step) == name]


def written(step: Step) -> str:
    """Return the name of a step as its runbook wrote it, whatever the item."""
    return step.spot.seen[0].name if step.spot.seen else step.id


def numbers(members: Sequence[tuple[int, Step]], page: Page) -> str:
    """Return `3`, or `3-6`, or `3…9` where other steps stand between."""
    first, last = members[0][0], members[-1][0]
    if first == last:
        return str(first)
    return f"{first}{'-' if last - first == len(members) - 1 else page.signs.cut}{last}"


def titles(steps: Iterable[Step], page: Page) -> str:
    """Return the titles of some steps in a row; what stands there several times is told once, with how often."""
    told = [page.say.of(step.title) for step in steps]
    counted = [f"{title} ×{told.count(title)}" if told.count(title) > 1 else title for title in dict.fromkeys(told)]
    return (", " if page.say.code == "en" else "、").join(counted)


def tagged(title: str, step: Step) -> str:
    """Return the title of a step with the item that it acts on."""
    return f"{title} ({step.spot.item})" if step.spot.item else title


def of_groups(runbook: Runbook) -> dict[int, str]:
    """Return, by the number of its first step, each step of the runbook that uses another one."""
    groups = getattr(runbook, "groups", {})
    found: dict[str, int] = {}
    for number, step in enumerate(runbook.steps, 1):
        if step.spot.group and groups[step.spot.group].uses:
            found.setdefault(step.spot.group, number)
    return {number: group for group, number in found.items()}
