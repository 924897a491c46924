"""The page on what is rehearsed: counted and named by kind; what cannot be rehearsed stands apart, with its reason."""

from pathlib import Path

from hisops.cli.rehearsals import digest_lines
from hisops.console.coverage import Rehearsed, coverage_page, digest_line, not_measured
from hisops.documents.library import Library
from hisops.documents.load import load_runbook
from hisops.model.coverage import Measure

PAGE = Path(__file__).parents[2] / "docs/coverage.md"
RUNBOOK = """
hisops: runbook/v1
id: files/two
version: 1.0.0
title: {zh: 二, en: Two}
purpose: {zh: 试, en: Test}
target: {engine: files}
steps:
  - {id: look, title: {zh: 看, en: Look}, effect: read, sh: ls}
  - id: look-aix
    title: {zh: 看, en: Look}
    effect: read
    sh: ls
    rehearsed: {zh: 未在 AIX 上演练, en: Not rehearsed on AIX}
  - {id: more, title: {zh: 再, en: More}, effect: read, sh: ls}
"""
MEASURES = {
    "steps": Measure(there=3, never=("look-aix", "more")),
    "conditions": Measure(there=0, never=()),
    "failures": Measure(there=3, never=("look", "look-aix")),
    "undos": Measure(there=1, never=()),
    "failure patterns": Measure(there=2, never=("box/work: lost",)),
}


def test_a_row_counts_and_a_section_names():
    runbook = load_runbook(RUNBOOK).model
    page = coverage_page([Rehearsed(runbook=runbook, scenarios=4, measures=MEASURES, digests=("sha256:a", "sha256:b"))])
    assert "| `files/two` | 4 | 1/2 | 1 | 0/0 | 1/1 | 1/2 |\n" in page
    assert "steps never carried out, not rehearsed: `more`\n" in page
    assert "steps that never failed, not rehearsed: `look`\n" in page
    assert "failure patterns never met, not rehearsed: `box/work: lost`\n" in page
    assert "Not rehearsed on AIX: `look-aix`\n" in page
    assert "undos never taken" not in page
    assert digest_line("files/two", ("sha256:a", "sha256:b")) in page


def test_condition_and_undo_of_a_step_that_cannot_be_rehearsed_stand_apart_with_it():
    never = {"conditions": Measure(there=2, never=("look-aix", "more")), "undos": Measure(there=3, never=("look-aix",))}
    each = Rehearsed(
        runbook=load_runbook(RUNBOOK).model, scenarios=4, measures=MEASURES | never, digests=("sha256:a", "sha256:b")
    )
    assert "| `files/two` | 4 | 1/2 | 1 | 0/1 | 2/2 | 1/2 |\n" in coverage_page([each])


def test_what_is_told_of_other_runbooks_stays():
    first = load_runbook(RUNBOOK).model
    other = load_runbook(RUNBOOK.replace("files/two", "files/one")).model

    def rehearsed(runbook, scenarios):
        return Rehearsed(runbook=runbook, scenarios=scenarios, measures=MEASURES, digests=("sha256:a", "sha256:b"))

    both = coverage_page([rehearsed(first, 4), rehearsed(other, 5)])
    assert coverage_page([rehearsed(other, 5)], coverage_page([rehearsed(first, 4)])) == both
    assert coverage_page([rehearsed(first, 4)], coverage_page([rehearsed(first, 3), rehearsed(other, 5)])) == both
    assert coverage_page([], both) == both


def test_pages_that_were_joined_are_one_page_again():
    runbook = load_runbook(RUNBOOK).model
    page = coverage_page([Rehearsed(runbook=runbook, scenarios=4, measures=MEASURES, digests=("sha256:a", "sha256:b"))])
    assert coverage_page([], page + coverage_page([])) == page


def test_what_was_changed_since_is_named():
    runbook = load_runbook(RUNBOOK).model
    old = coverage_page([Rehearsed(runbook=runbook, scenarios=4, measures=MEASURES, digests=("sha256:a", "sha256:b"))])
    lines = {
        "files/two": digest_line("files/two", ("sha256:c", "sha256:b")),
        "files/six": digest_line("files/six", ("sha256:d", "sha256:e")),
    }
    page = coverage_page([], old, lines)
    assert "**Not measured as they are now:** `files/six`, `files/two`.\n" in page
    again = Rehearsed(runbook=runbook, scenarios=4, measures=MEASURES, digests=("sha256:c", "sha256:b"))
    assert "**Not measured as they are now:** `files/six`.\n" in coverage_page([again], page, lines)


def test_the_page_tells_of_the_shipped_runbooks_and_names_those_of_which_it_does_not():
    page = PAGE.read_text()
    said = not_measured(page, digest_lines(Library()))
    assert said in page, f"rehearse again: hisops runbook test RUNBOOK --table docs/coverage.md ({said.strip()})"
    assert ("Not measured" in page) == bool(said)
    assert page.count("# What is rehearsed") == 1
