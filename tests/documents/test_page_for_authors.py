"""The page for authors says what is: its example is sound, its table names every rule."""

from __future__ import annotations

import re
from pathlib import Path

from hisops.documents.library import Library
from hisops.documents.lint import RULES, WIDE_RULES, lint_file
from hisops.documents.rules.facts import FACT_RULES
from tests.documents import shelf

PAGE = (Path(__file__).parents[2] / "docs" / "runbooks.md").read_text(encoding="utf-8")


def test_the_example_breaks_no_rule(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = shelf.write(tmp_path / "runbooks", "own/purge-recyclebin", example)
    assert [str(problem) for problem in lint_file(path, Library())] == []


def test_the_table_names_every_rule_once_and_in_order():
    named = re.findall(r"^\| ((?:RB|LB|TA|SC)\d{3}) \|", PAGE, re.MULTILINE)
    assert named == [*(rule.id for rule in RULES), *WIDE_RULES, *FACT_RULES, "SC001"]


def test_every_link_on_the_page_leads_to_a_heading():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^## (.*)$", PAGE, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= headings
