"""The page that tells what rehearsals exercised of the shipped runbooks, and by name what they never did, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hisops.model.coverage import Measure
from hisops.model.runbook import Runbook

_HEAD = """# What is rehearsed / 演练覆盖

Measured from the logs of the scenarios beside the runbooks ([rehearsing](rehearsing.md)); written by
`hisops runbook test --table`, never by hand. A digest that is not that of the file means that the table is old.
Steps that the lab cannot carry out say so themselves (`rehearsed:`) and are counted apart.

| runbook | scenarios | steps carried out | cannot be here | conditions not so | undos | failure patterns met |
|---|---|---|---|---|---|---|
"""
_NAMED = {
    "steps": "steps never carried out",
    "conditions": "conditions that always held",
    "failures": "steps that never failed",
    "undos": "undos never taken",
    "failure patterns": "failure patterns never met",
}


_TABLE = "| runbook | scenarios |"
_ROW = re.compile(r"^\| `(\S+)` \|.*$", re.MULTILINE)
_SECTION = re.compile(r"^## (\S+)$(?:(?!^##? ).)*", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """A runbook, how many scenarios it has, what they measured, and the digests of both files."""

    runbook: Runbook
    scenarios: int
    measures: Mapping[str, Measure]
    digests: tuple[str, str]


def coverage_page(rehearsed: Sequence[Rehearsed], before: str = "", lines: Mapping[str, str] | None = None) -> str:
    """Return the page as Markdown; what the page `before` tells of other runbooks stays.

    `lines` has the digest line of every runbook that has scenarios: those that are not on the page are named as such.
    """
    rows = {match[1]: match[0] for match in _ROW.finditer(before)}
    sections = {match[1]: match[0].strip() for match in _SECTION.finditer(before)}
    for each in rehearsed:
        rows[each.runbook.id] = _row(each)
        sections[each.runbook.id] = "\n\n".join(_section(each))
    table = "".join(f"{rows[name]}\n" for name in sorted(rows))
    page = _HEAD + table + "".join(f"\n{sections[name]}\n" for name in sorted(sections))
    return page.replace(_TABLE, f"{not_measured(page, lines or {})}{_TABLE}", 1)


def not_measured(page: str, lines: Mapping[str, str]) -> str:
    """Return the sentence on the runbooks that `page` does not tell of, or tells of as they were; or nothing."""
    names = sorted(name for name, line in lines.items() if line not in page)
    return f"**Not measured as they are now:** {', '.join(f'`{name}`' for name in names)}.\n\n" if names else ""


def digest_line(runbook: str, digests: tuple[str, str]) -> str:
    """Return the line by which a table is held against the files that it was measured of."""
    return f"<!-- {runbook} {digests[0]} {digests[1]} -->"


def _row(each: Rehearsed) -> str:
    apart = _apart(each)
    counts = {kind: _count(measure, apart) for kind, measure in each.measures.items()}
    cells = [
        f"`{each.runbook.id}`",
        str(each.scenarios),
        counts["steps"],
        str(len(apart)),
        *(counts[kind] for kind in ("conditions", "undos", "failure patterns")),
    ]
    return f"| {' | '.join(cells)} |"


def _count(measure: Measure, apart: Mapping[str, str]) -> str:
    """Count what was met of what could be; the condition and the undo of a step stand apart as the step does."""
    cannot = len(apart.keys() & set(measure.never))
    return f"{measure.there - len(measure.never)}/{measure.there - cannot}"


def _section(each: Rehearsed) -> Iterator[str]:
    yield f"## {each.runbook.id}\n\n{digest_line(each.runbook.id, each.digests)}"
    apart = _apart(each)
    for kind, words in _NAMED.items():
        names = [name for name in each.measures[kind].never if name not in apart]
        if names:
            yield f"{words}, not rehearsed: {', '.join(f'`{name}`' for name in names)}"
    for why in dict.fromkeys(apart.values()):
        yield f"{why}: {', '.join(f'`{name}`' for name in apart if apart[name] == why)}"


def _apart(each: Rehearsed) -> dict[str, str]:
    """Return the steps that were not carried out and say why they could not be."""
    never = set(each.measures["steps"].never)
    return {step.id: step.rehearsed.en for step in each.runbook.steps if step.rehearsed and step.id in never}
