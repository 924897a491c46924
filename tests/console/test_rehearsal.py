"""Rehearsals on the screen: what came out otherwise stands below its scenario, what was never met below its kind."""

from dataclasses import dataclass, field

from hisops.console.rehearsal import coverage_lines, outcome_lines, rehearsal_document
from hisops.model.coverage import Measure
from tests.console.story import page
from tests.console.test_reports import plain


@dataclass
class Came:
    id: str = "held-twice"
    run: str | None = "2026-11-24-0201-his-7k3"
    wrong: list[str] = field(default_factory=list)


MEASURES = {"steps": Measure(there=3, never=("apply",)), "undos": Measure(there=2, never=())}


def test_a_scenario_is_told_in_a_line_and_what_is_wrong_below_it():
    assert plain(outcome_lines(Came(), "Held twice", 65.0, page(width=80))) == "  ✓ held-twice  Held twice  1 m 05 s"
    lines = plain(outcome_lines(Came(wrong=["exit 1, not 0: no proof"]), "Held twice", 65.0, page(width=80)))
    assert lines.splitlines() == ["  ✗ held-twice  Held twice  1 m 05 s", "      exit 1, not 0: no proof"]


def test_what_was_never_met_is_named():
    text = plain(coverage_lines("oracle/patch-apply", MEASURES, page(width=80)))
    assert "steps carried out  2/3  apply" in text
    assert "ways back taken    2/2" in text


def test_the_document_has_both():
    document = rehearsal_document("oracle/patch-apply", [Came(wrong=["x"])], MEASURES)
    assert document["scenarios"] == [{"id": "held-twice", "run": "2026-11-24-0201-his-7k3", "wrong": ["x"]}]
    assert document["coverage"]["steps"] == {"there": 3, "never": ("apply",)}
