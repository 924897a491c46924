"""Each rule for playbooks is broken by exactly one change, and names the place; where playbooks are found."""

from __future__ import annotations

import pytest

from hisops.documents.lint import fit_playbook, lint_file
from hisops.documents.problems import DocumentProblems
from hisops.errors import Refused, UsageProblem
from tests.documents import shelf

# rule, what is replaced, by what, and the text that the caret points at
BREAKS = [
    ("PB001", "id: second", "id: first", "first"),
    ("PB001", "needs: [first]", "needs: [frist]", "frist]"),
    ("PB001", "needs: [first]", "needs: [second]", "second]"),
    ("PB001", "show: [first]", "show: [frist]", "frist]"),
    ("PB001", "target.has_peer", "target.has_stanby", "target.has_stanby"),
    ("PB001", 'state == "SUCCEEDED"', "state == 5", "steps.first.state == 5"),
    ("PB001", "target: {engine: thing}", "target: {engine: thng}", "thng}"),
    ("PB001", "days: {type: integer,", "days: {type: integer, default: x,", "x,"),
    ("PB002", "runbook: thing/do\n    on", "runbook: thing/did\n    on", "thing/did"),
    ("PB003", "word: once, ", "", "id: second"),
    ("PB003", "word: once, ", "word: once, wrod: x, ", "wrod: x"),
    ("PB003", "word: once, ", "word: 5, ", "5,"),
    ("PB003", "days: 7}", "days: '7'}", "'7'}"),
    ("PB003", "{from: params.word}", "{from: params.wrod}", "params.wrod}"),
    ("PB003", "word: {from: params.word}", "word: {from: params.days}", "params.days}"),
    ("PB003", "required: true}\n  tag", "default: x}\n  tag", None),
    ("PB004", "confirm: true, ", "", "gate: {"),
    ("PB005", "on: standby", "on: each", "target.has_peer"),
]


@pytest.fixture
def library(tmp_path):
    found = shelf.library(tmp_path / "runbooks")
    shelf.write(tmp_path / "runbooks", "thing/do", shelf.runbook(shelf.WRITE))
    return found


def lint(tmp_path, library, text):
    return lint_file(shelf.write(tmp_path / "playbooks", "night", text), library)


def test_a_sound_playbook_has_no_problem(tmp_path, library):
    assert lint(tmp_path, library, shelf.PLAYBOOK) == []
    assert library.playbooks() == ("night",)
    assert fit_playbook(library, "night").model.runs[0].on == "standby"


@pytest.mark.parametrize(("rule", "old", "new", "at"), BREAKS)
def test_each_rule_names_the_place(tmp_path, library, rule, old, new, at):
    assert old in shelf.PLAYBOOK
    found = lint(tmp_path, library, shelf.PLAYBOOK.replace(old, new, 1))
    if at is None:
        assert found == []
        return
    mine = [problem for problem in found if problem.rule == rule]
    assert mine, [str(problem) for problem in found]
    assert any(problem.source[problem.column - 1 :].startswith(at) for problem in mine), [str(each) for each in mine]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("on: standby", "on: nowhere", "nowhere"),
        ("runs:", "steps: []\nruns:", "`steps` is unknown"),
        ("runbook: thing/do", "sh: ls", "`runbook` is missing"),
        ("on_failure: hold", "on_failure: undo", "undo"),
    ],
)
def test_a_playbook_holds_no_command_and_nothing_unknown(tmp_path, library, old, new, said):
    found = lint(tmp_path, library, shelf.PLAYBOOK.replace(old, new, 1))
    assert any(said in str(problem) for problem in found)


def test_its_id_is_its_place(tmp_path, library):
    path = shelf.write(tmp_path / "playbooks", "day", shelf.PLAYBOOK)
    assert [problem.rule for problem in lint_file(path, library)] == ["LB001"]


def test_a_site_has_its_own_and_declares_what_it_replaces(tmp_path, library):
    from hisops.documents.library import Library

    shelf.write(tmp_path / "playbooks", "night", shelf.PLAYBOOK)
    site = tmp_path / "site"
    (site / "runbooks").mkdir(parents=True)
    shelf.write(site / "playbooks", "day", shelf.PLAYBOOK.replace("id: night", "id: day", 1))
    both = Library(site, shipped=tmp_path / "runbooks")
    assert both.playbooks() == ("day", "night")
    shelf.write(site / "playbooks", "night", shelf.PLAYBOOK.replace("1.0.0", "1.0.1", 1))
    with pytest.raises(Refused, match="replaces the shipped playbooks/night"):
        Library(site, shipped=tmp_path / "runbooks").playbook("night")


def test_what_is_not_there_or_not_fit_is_told(tmp_path, library):
    shelf.write(tmp_path / "playbooks", "night", shelf.PLAYBOOK.replace("thing/do", "thing/did"))
    with pytest.raises(UsageProblem, match="playbooks/nigth"):
        library.playbook("nigth")
    with pytest.raises(DocumentProblems):
        fit_playbook(library, "night")
