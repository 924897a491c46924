"""Forms are read as strictly as runbooks, and every mistake is told at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.documents.library import Library
from hisops.documents.lint import fit_report, lint_file
from hisops.documents.problems import DocumentProblems, Problem
from tests.documents import shelf

MISTAKES = [
    ("since: declared", "since: decleared", "RP003", "Did you mean `declared`?"),
    ("measured: taken", "measured: name", "RP003", "no box `name` with a figure"),
    ("{id: name, title: {zh: 名, en: Name}", "{id: taken, title: {zh: 名, en: Name}", "RP002", "stands twice"),
    ("{parameter: name}", "{parameter: name, run: id}", "RP001", "only one of"),
    ("{parameter: name}", "{label: {zh: 名, en: x}}", "RP001", "one of parameter, result"),
    ("{step: declare}", "{at: answered}", "RP001", "one of step, checks"),
    ("table: moments", "table: moments\n    signatures: [{zh: 名, en: x}]", "RP001", "stand together"),
    ("{id: time, title: {zh: 时, en: Time}", "{id: tine, title: {zh: 时, en: Time}", "RP004", "Did you mean `time`?"),
    ("table: moments", "boxes: [{id: x, title: {zh: 名, en: x}, from: [{run: id}]}]", "RP004", "belong to a table"),
    ("en: 'cut {count}'", "en: 'cut {number}'", "RP005", "no slot `number`"),
    ("table: moments", "table: captured", "RP007", "does not say what it lists"),
    ("table: moments", "table: moments\n    printed: [declare]", "RP007", "belongs to a table of that name"),
    ("title: {zh: 时, en: Time}, share: 3", "title: {zh: 时, en: Time}, word: 1", "RP007", "nowhere else"),
    ("{run: title}", "{run: name}", "YA023", ""),
    ("share: 3", "share: 0", "YA023", ""),
    ("wide: true", "wid: true", "YA020", "Did you mean `wide`?"),
]


def lint(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "drill.yaml"
    path.write_text(text)
    found = lint_file(path, shelf.library(tmp_path / "shelf"))
    return [problem for problem in found if problem.rule != "RP006"]  # the shelf has no runbooks


def test_a_step_or_a_parameter_that_no_runbook_has_is_a_warning(tmp_path: Path) -> None:
    shipped = Library().source_of("reports/drill")
    assert shipped is not None
    path = tmp_path / "drill.yaml"
    text = shipped.read_text().replace("step: business-lis", "step: business-list").replace("drill_no", "drill_number")
    path.write_text(text.replace("output: rpo.lost_seconds", "output: rp.lost_seconds"))
    found = lint_file(path, Library())
    assert {(problem.rule, problem.severity) for problem in found} == {("RP006", "warning")}
    assert [problem.hint for problem in found[:2]] == ["Did you mean `business-lis`?", "Did you mean `drill_no`?"]
    assert len(found) == 3


@pytest.mark.parametrize("name", ["drill", "restore"])
def test_a_shipped_form_asks_only_for_what_runbooks_have(name: str) -> None:
    library = Library()
    source = library.source_of(f"reports/{name}")
    assert source is not None
    assert lint_file(source, library) == []


def test_a_sound_form_has_no_problems(tmp_path: Path) -> None:
    assert lint(tmp_path, shelf.REPORT) == []


@pytest.mark.parametrize(("old", "new", "rule", "said"), MISTAKES)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, old: str, new: str, rule: str, said: str) -> None:
    assert old in shelf.REPORT
    found = lint(tmp_path, shelf.REPORT.replace(old, new, 1))
    assert {problem.rule for problem in found} == {rule}
    problem = next(each for each in found if each.rule == rule)
    assert said in str(problem)
    assert problem.where.startswith(f"{tmp_path}/drill.yaml:")
    assert problem.line > 1


def test_the_shipped_form_is_fit_and_lies_apart_from_runbooks() -> None:
    library = Library()
    form = fit_report(library, "drill").model
    assert library.reports() == ("drill", "restore")
    assert "reports/drill" not in library.ids()
    assert [each.title.en for each in form.checks][:2] == ["Registration", "Charging"]


def test_forms_say_the_same_words_alike() -> None:
    """Each form holds all that it says, so that a site can correct it; what they share must not drift apart."""
    drill, restore = (Library().report(name).model for name in ("drill", "restore"))
    assert drill.terms == restore.terms
    words = {name for name in type(drill.words).model_fields if getattr(drill.words, name) is not None}
    assert {name for name in words if getattr(drill.words, name) != getattr(restore.words, name)} == {"simulation"}


def test_a_form_that_is_unfit_is_not_filled(tmp_path: Path) -> None:
    own = tmp_path / "site" / "runbooks" / "reports" / "other.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(shelf.REPORT.replace("id: drill", "id: other", 1).replace("since: declared", "since: x"))
    with pytest.raises(DocumentProblems, match="no moment `x`"):
        fit_report(Library(tmp_path / "site"), "other")


def test_a_form_lies_where_its_id_says(tmp_path: Path) -> None:
    path = tmp_path / "runbooks" / "reports" / "sheet.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(shelf.REPORT)
    assert "LB001" in [problem.rule for problem in lint_file(path, Library())]
