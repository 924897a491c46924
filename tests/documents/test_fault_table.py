"""docs/faults.md against the scenarios of backups and restore tests: each has a row of its faults and exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hisops.documents.library import Library

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
SECTIONS = {
    "oracle/backup": "backup run",
    "oracle/backup-offline": "backup run --mode offline",
    "oracle/restore-validate": "restore test --level 1 and 2",
    "oracle/restore-scratch": "restore test --level 3",
    "oracle/pitr": "restore test --level pitr",
    "oracle/duplicate": "restore test --level duplicate",
    "oracle/export-import": "logical copy",
}
LIBRARY = Library()
CASES = [(name, scenario.id) for name in SECTIONS for scenario in LIBRARY.scenarios(name).model.scenarios]


def rows(section: str) -> list[list[str]]:
    """Return the rows of a section's table, cell by cell."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@pytest.mark.parametrize(("runbook", "scenario"), CASES, ids=[f"{name}-{each}" for name, each in CASES])
def test_every_scenario_has_a_row_with_its_faults_and_its_exit_codes(runbook: str, scenario: str) -> None:
    found = next(each for each in LIBRARY.scenarios(runbook).model.scenarios if each.id == scenario)
    row = next((row for row in rows(SECTIONS[runbook]) if f"`{scenario}`" in row[-1].split(", ")), None)
    assert row is not None, f"no row names {scenario}"
    for fault in found.begin:
        assert f"`{fault}`" in row[0]
    exits = [{int(code) for code in re.findall(r"\d+", part)} for part in row[-2].split(",")]
    assert len(exits) == len(found.acts)
    for told, act in zip(exits, found.acts, strict=True):
        assert told <= set(act.exits)


@pytest.mark.parametrize("section", sorted(set(SECTIONS.values())))
def test_every_row_is_a_scenario(section: str) -> None:
    known = {scenario for name, scenario in CASES if SECTIONS[name] == section}
    for row in rows(section):
        assert {name.strip("`") for name in row[-1].split(", ")} <= known
