"""docs/procedures.md says of every command of every shipped runbook what it is and which document says so.

A new runbook gets a section of its own there, `## <id>: ...`, with a table of rows
| `step`, `step` | command | document, section |`; a document begins with one of the short names on top of the page.
Steps that people do, and steps that use another runbook, need no row: the steps of that one stand in its own section.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest

from hisops.documents.places import definitions, id_of
from hisops.model.runbook import Runbook, Step
from tests.shipped.procedures import ROOT, runbook

PAGE = (ROOT.parent / "docs" / "procedures.md").read_text(encoding="utf-8")
STARTS = re.compile(r"/(opatch|datapatch|rman|lsnrctl|dgmgrl|srvctl|crsctl|tnsping)(?![\w/.])")
VIEW = re.compile(r"\b(?:from|join)\s+(g?v\$\w+|(?:cdb|dba|all)_\w+|pdb_plug_in_violations)", re.IGNORECASE)
BOOKS = [runbook(id_of(path, ROOT)) for path in definitions(ROOT)]
each_book = pytest.mark.parametrize("book", BOOKS, ids=[book.id for book in BOOKS])


class Row(NamedTuple):
    """One line of a table."""

    steps: list[str]
    command: str
    document: str


def section(book: Runbook) -> str:
    return PAGE.partition(f"\n## {book.id}: ")[2].partition("\n## ")[0]


def table(text: str) -> list[Row]:
    cells = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [Row(re.findall(r"`([^`]+)`", steps), command.strip(), ";".join(rest)) for steps, command, *rest in cells]


def commanding(book: Runbook) -> list[Step]:
    """Return the steps that run something."""
    return [step for step in book.steps if step.sh or step.sql or step.upload or step.wait]


def script(step: Step) -> str:
    calls = [step, *([step.wait] if step.wait else [])]
    return "\n".join(text for call in calls for text in (call.sh, call.sql, call.stdin) if text)


@each_book
def test_every_command_has_one_row(book: Runbook) -> None:
    found = Counter(name for row in table(section(book)) for name in row.steps)
    missing = [step.id for step in commanding(book) if not found[step.id]]
    assert not missing, f"docs/procedures.md, section '## {book.id}: ', has no row for them"
    assert not [name for name, count in found.items() if count > 1], "named in more than one row"


@each_book
def test_every_row_is_of_steps_that_are_there(book: Runbook) -> None:
    known = {step.id for step in book.steps}
    assert not [name for row in table(section(book)) for name in row.steps if name not in known]


@each_book
def test_every_row_names_its_tools_or_what_it_looks_at(book: Runbook) -> None:
    for row in table(section(book)):
        said = row.command.lower()
        for step in (step for step in commanding(book) if step.id in row.steps):
            text = script(step)
            assert not [tool for tool in STARTS.findall(text) if tool not in said], f"{step.id}: {row.command}"
            views = {view.lower().removeprefix("g") for view in VIEW.findall(text)}
            assert not views or any(view in said for view in views), f"{step.id} looks at {views}: {row.command}"


def test_every_row_names_a_document_that_the_page_introduces() -> None:
    known = re.findall(r"^\| ([^|`]+?) \| [^|]+ \|$", PAGE.partition("\n## ")[0], re.MULTILINE)
    known = [name for cell in known for name in cell.removesuffix(" n").split(", ")]
    for book in BOOKS:
        for row in table(section(book)):
            strange = [part for part in re.split(r"; ?", row.document) if not part.strip().startswith(tuple(known))]
            assert not strange, f"{book.id}, {row.steps}"


def test_the_page_has_no_section_of_a_runbook_that_is_not_shipped() -> None:
    named = re.findall(r"^## ([a-z]+/[a-z0-9-]+): ", PAGE, re.MULTILINE)
    assert set(named) <= {book.id for book in BOOKS}
    assert len(named) == len(set(named))
