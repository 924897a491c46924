"""The page of the lab names all that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.lab.faults import FAULTS, STRIKES
from hisops.lab.pictures import PICTURES

PAGE = Path(__file__).parents[2] / "docs" / "lab.md"


def named(title: str) -> list[str]:
    """Return what the first column of the tables of a section names."""
    section = PAGE.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]


def test_every_picture_has_its_line() -> None:
    assert named("Pictures") == list(PICTURES)


def test_every_fault_has_its_line() -> None:
    assert named("Faults") == [*FAULTS, *(f"{name}@…" for name in STRIKES)]


@pytest.mark.parametrize("name", list(STRIKES))
def test_the_page_says_what_a_fault_can_strike(name: str) -> None:
    line = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{name}@…`"))
    assert set(line.split("`")[3::2]) == set(STRIKES[name])
