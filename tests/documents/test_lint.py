"""Lint tells everything at once, for every kind of file, and holds a library together."""

from __future__ import annotations

import re

import pytest

from hisops.documents.library import Library
from hisops.documents.lint import fit_runbook, lint_file, lint_paths
from hisops.documents.problems import DocumentProblems
from tests.documents import shelf


def rules(problems):
    return [each.rule for each in problems]


def test_schema_and_rules_are_told_together_with_their_places(tmp_path):
    text = shelf.runbook(shelf.WRITE)
    text = text.replace("sh: tool change\n", "sh: tool change\n    colour: red\n")
    text = text.replace("timeout: 5m\n", "timeout: soon\n")
    text = text.replace("    judge: tool/list\n    gate", "    judge: tool/lst\n    gate")
    text = text.replace("    probe: {sh: tool list, judge: tool/list, done: out.count > 0}\n", "")
    text = text.replace("purpose:", "title: {zh: 又, en: Again}\npurpose:")
    path = shelf.write(tmp_path / "runbooks", "thing/do", text)
    problems = lint_file(path, shelf.library(tmp_path / "shipped"))
    assert [(each.rule, each.source.strip().split()[0]) for each in problems] == [
        ("YA007", "title:"),
        ("RB007", "-"),
        ("YA020", "colour:"),
        ("RB004", "judge:"),
        ("YA023", "timeout:"),
    ]
    assert all(each.where.startswith(f"{path}:") and each.line and each.column for each in problems)


def test_the_only_step_of_a_runbook_may_be_wrong_in_every_way(tmp_path):
    head = shelf.HEAD[: shelf.HEAD.index("  - id: look")]
    step = "  - {id: a, title: {zh: 甲, en: A}, colour: red, effect: write, idempotent: no, sh: x, judge: tool/lst}\n"
    path = shelf.write(tmp_path / "runbooks", "thing/do", head + step)
    found = rules(lint_file(path, shelf.library(tmp_path / "shipped")))
    assert sorted(found) == ["RB004", "RB007", "RB008", "RB012", "YA020", "YA023"]


def test_a_step_that_cannot_be_read_does_not_make_others_look_wrong(tmp_path):
    text = shelf.runbook(shelf.WRITE).replace("effect: read", "effect: [read]").replace("needs: [look]", "needs: look")
    path = shelf.write(tmp_path / "runbooks", "thing/do", text)
    assert rules(lint_file(path, shelf.library(tmp_path / "shipped"))) == ["YA023", "YA023"]


def test_a_folder_is_searched_for_definitions_of_every_kind(tmp_path):
    library = shelf.library(tmp_path / "shipped")
    shelf.write(tmp_path / "shipped", "thing/do", shelf.HEAD)
    shelf.write(tmp_path / "shipped", "judges/other", "hisops: judge/v1\nid: other\n")
    shelf.write(tmp_path / "shipped", "thing/odd", "hisops: runbok/v1\n")
    found = lint_paths([tmp_path / "shipped"], library)
    assert sorted(rules(found)) == ["YA021", "YA024"]
    assert found[-1].hint == "Did you mean `runbook/v1`?"


def test_a_judge_without_failure_patterns_does_not_lint(tmp_path):
    library = shelf.library(tmp_path)
    path = shelf.write(tmp_path, "judges/tool", shelf.JUDGE.replace("[{id: bad, pattern: '^bad$'}]", "[]"))
    (problem,) = lint_file(path, library)
    assert (problem.rule, problem.line) == ("YA023", 9)


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("target.role == 'PRIMARY'", None),
        ('version(target.version) >= version("12.1")', None),
        ("target.identity.database.dbid == 7", None),
        ("target.settings.clustered", None),
        ("target.identity.databse.dbid == 7", "Did you mean `target.identity.database.dbid`?"),
        ("target.state.names.names == 'x'", ""),
        ("params.days == 7", ""),
    ],
)
def test_a_fact_is_conditioned_on_what_is_latched_before_it(tmp_path, condition, hint):
    library = shelf.library(tmp_path)
    fact = "{id: more, title: {zh: 多, en: More}, sql: select 1, values: [a], otherwise: {a: 1}, when: '%s'}"
    text = shelf.TARGET.replace("state:\n", "state:\n  - " + fact % condition.replace("'", "''") + "\n")
    problems = lint_file(shelf.write(tmp_path, "targets/thing", text), library)
    assert [problem.rule for problem in problems] == ([] if hint is None else ["TA002"])
    assert hint is None or hint in problems[0].hint


def test_a_fact_keeps_only_what_its_judge_captures(tmp_path):
    library = shelf.library(tmp_path)
    path = shelf.write(tmp_path, "targets/thing", shelf.TARGET.replace("values: [names]", "values: [nmes]"))
    (problem,) = lint_file(path, library)
    assert (problem.rule, problem.hint) == ("TA001", "Did you mean `names`?")


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("runbook: thing/do", "runbook: thing/dp", "Did you mean `thing/do`?"),
        ("steps: {look: SUCCEEDED}", "steps: {lok: SUCCEEDED}", ""),
        ("answers: {look: seen}", "answers: {lock: seen}", ""),
        ("{exit: [0, 13], ", "{exit: 137, kill: lok, ", ""),
        ("{exit: [0, 13], ", "{exit: 14, until: lok, ", ""),
    ],
)
def test_rehearsals_speak_of_a_runbook_and_its_steps(tmp_path, old, new, hint):
    library = shelf.library(tmp_path)
    shelf.write(tmp_path, "thing/do", shelf.HEAD)
    path = tmp_path / "thing/do.scenarios.yaml"
    path.write_text(shelf.SCENARIOS)
    assert lint_file(path, library) == []
    assert library.ids() == ("thing/do",), "rehearsals are no runbook"
    path.write_text(shelf.SCENARIOS.replace(old, new))
    (problem,) = lint_file(path, library)
    assert (problem.rule, problem.hint or "") == ("SC001", hint)


def test_rehearsals_speak_of_steps_that_come_from_runbooks_in_use_and_from_items(tmp_path):
    library = shelf.library(tmp_path)
    shelf.write(tmp_path, "thing/do", shelf.HEAD)
    using = (
        "  - {id: part, title: {zh: 部, en: Part}, effect: read, uses: thing/do}\n"
        "  - {id: each, title: {zh: 各, en: Each}, effect: read, for_each: nodes, sh: ls}\n"
    )
    head = shelf.HEAD.replace("id: thing/do", "id: thing/all").partition("steps:\n")[0]
    shelf.write(tmp_path, "thing/all", f"{head}steps:\n{using}")
    path = tmp_path / "thing/all.scenarios.yaml"
    for name, known in (("part-look", True), ("each-db1", True), ("part-lok", False), ("look", False)):
        text = shelf.SCENARIOS.replace("runbook: thing/do", "runbook: thing/all").replace("{look: ", f"{{{name}: ")
        path.write_text(text)
        assert (lint_file(path, library) == []) == known, name


def test_an_act_goes_one_way_and_who_is_killed_sits_at_a_terminal_and_ends_as_killed(tmp_path):
    library = shelf.library(tmp_path)
    shelf.write(tmp_path, "thing/do", shelf.HEAD)
    path = tmp_path / "thing/do.scenarios.yaml"
    unkilled, unseen = "{exit: 0, kill: look, ", "{exit: 137, terminal: false, kill: look, "
    for words in (unkilled, unseen, "{exit: 14, until: look, undo: look, "):
        path.write_text(shelf.SCENARIOS.replace("{exit: [0, 13], ", words))
        (problem,) = lint_file(path, library)
        assert problem.line == 11, problem


def test_an_id_fits_the_place_of_its_file(tmp_path):
    path = shelf.write(tmp_path / "runbooks", "thing/other", shelf.HEAD)
    assert rules(lint_file(path, shelf.library(tmp_path / "shipped"))) == ["LB001"]


@pytest.mark.parametrize(("command", "expected"), [("do thing", ["LB002"]), ("do other", []), ("log thing", ["LB002"])])
def test_a_command_belongs_to_one_runbook_and_hides_none_of_hisops_own(tmp_path, command, expected):
    library = shelf.library(tmp_path / "shipped")
    shelf.write(tmp_path / "shipped", "thing/first", _with_command("do thing").replace("thing/do", "thing/first"))
    path = shelf.write(tmp_path / "runbooks", "thing/do", _with_command(command))
    assert rules(lint_file(path, library)) == expected


@pytest.mark.parametrize(("chosen", "more", "expected"), [
    ("{level: [3]}", "", []),
    ("{level: [1, 3]}", "", ["LB002"]),
    ("{mode: [3]}", "", ["LB002"]),
    ("{level: [3]}", "  more: {type: integer, title: {zh: 多, en: More}}\n", []),
    ("{level: [3]}", "  tag: {type: identifier, title: {zh: 签, en: Tag}, required: true}\n", ["LB002"]),
    ("{level: [3]}", "  level: {type: string, title: {zh: 级, en: Level}, choices: ['3']}\n", []),
    ("{level: [3]}", "  level: {type: string, title: {zh: 级, en: Level}, choices: ['3', '4']}\n", ["RB034"]),
    ("{level: [3]}", "  level: {type: string, title: {zh: 级, en: Level}}\n", ["RB034"]),
    ("{level: [3]}", "  level: {type: integer, title: {zh: 级, en: Level}}\n", ["RB034"]),
    ("{level: []}", "", ["YA023"]),
    ("{level: [3], mode: [x]}", "", ["YA023"]),
    ("{level: ['a b']}", "", ["YA023"]),
])  # fmt: skip
def test_several_runbooks_of_one_command_are_told_apart_by_an_option(tmp_path, chosen, more, expected):
    library = shelf.library(tmp_path / "shipped")
    first = _with_command("do thing", "{level: [1, 2]}").replace("thing/do", "thing/first")
    shelf.write(tmp_path / "shipped", "thing/first", first)
    text = _with_command("do thing", chosen)
    if "tag:" in more:
        text = re.sub(r"  tag: .*\n", "", text)
    path = shelf.write(tmp_path / "runbooks", "thing/do", text.replace("parameters:\n", f"parameters:\n{more}"))
    assert [rule for rule in expected if rule not in rules(lint_file(path, library))] == []
    assert bool(rules(lint_file(path, library))) == bool(expected)


def test_a_value_chooses_among_runbooks_of_a_command(tmp_path):
    text = shelf.HEAD.replace("title: {zh: 做", "chosen_by: {level: [3]}\ntitle: {zh: 做", 1)
    path = shelf.write(tmp_path / "runbooks", "thing/do", text)
    assert rules(lint_file(path, shelf.library(tmp_path / "shipped"))) == ["RB034"]


def test_a_replacement_must_be_declared(tmp_path):
    shelf.library(tmp_path / "shipped")
    own = shelf.write(tmp_path / "site" / "runbooks", "judges/tool", shelf.JUDGE.replace("List", "My list"))
    (problem,) = lint_file(own, Library(tmp_path / "site", {}, tmp_path / "shipped"))
    assert problem.rule == "LB003"
    digest = problem.hint.split("'")[1]
    assert lint_file(own, Library(tmp_path / "site", {"judges/tool": digest}, tmp_path / "shipped")) == []


def test_a_runbook_with_errors_is_not_handed_out_but_warnings_do_not_matter(tmp_path):
    library = shelf.library(tmp_path)
    shelf.write(tmp_path, "thing/do", shelf.HEAD.replace("tool/list", "tool/nothing"))
    with pytest.raises(DocumentProblems) as caught:
        fit_runbook(library, "thing/do")
    assert set(rules(caught.value.problems)) == {"RB004"}
    shelf.write(tmp_path, "thing/do", shelf.HEAD.replace("en: Look", "en: " + "Look " * 20))
    assert fit_runbook(shelf.library(tmp_path), "thing/do").model.id == "thing/do"


def test_a_file_that_is_not_there_is_one_problem(tmp_path):
    assert rules(lint_file(tmp_path / "nowhere.yaml", shelf.library(tmp_path / "shipped"))) == ["YA001"]


def _with_command(command, chosen=""):
    chosen_by = f"chosen_by: {chosen}\n" if chosen else ""
    return shelf.HEAD.replace("title: {zh: 做", f"command: {command}\n{chosen_by}title: {{zh: 做", 1)
