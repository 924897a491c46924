"""Rules on composed runbooks: each is broken by exactly one change, and the caret stands at it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from hisops.documents.lint import fit_runbook, lint_file
from hisops.documents.problems import DocumentProblems
from tests.documents import shelf

SUB = """\
hisops: runbook/v1
id: thing/part
version: 1.0.0
title: {zh: 部分, en: A part}
purpose: {zh: 部分, en: A part}
target: {engine: thing}
parameters:
  word: {type: string, title: {zh: 词, en: Word}, required: true, pattern: '[a-z]+'}
  tag: {type: tag, title: {zh: 签, en: Tag}}
  days: {type: integer, title: {zh: 天, en: Days}, default: 7}
steps:
  - id: see
    title: {zh: 看, en: See}
    effect: read
    sh: tool list "$HISOPS_WORD"
    judge: tool/list
    outputs: {count: {from: judge, type: integer}}
    verify: [{require: out.count < params.days}]
"""
WRITER = """\
hisops: runbook/v1
id: thing/writer
version: 1.0.0
title: {zh: 写, en: Writes}
purpose: {zh: 写, en: Writes}
target: {engine: thing}
steps:
  - {id: put, title: {zh: 写, en: Put}, effect: write, idempotent: true, timeout: 1m, sh: tool put}
"""
USES = """\
id: part
title: {zh: 用, en: Use}
effect: read
uses: thing/part
with: {word: abc, tag: {from: params.tag}}
"""
AFTER = """\
id: after
title: {zh: 后, en: After}
needs: [part]
when: steps.part_see.out.count > 0 && steps.part.state == 'SUCCEEDED'
effect: read
sh: tool list "$HISOPS_PART_SEE_COUNT"
"""
HOSTS = """\
id: disks
title: {zh: 磁盘, en: Disks}
effect: read
for_each: hosts
parallel: 4
sh: tool list "$HISOPS_ITEM"
judge: tool/list
outputs: {count: {from: judge, type: integer}}
"""
SECOND = """\
id: again
title: {zh: 再, en: Again}
needs: [disks]
when: steps.disks.out.count > 0
effect: read
for_each: hosts
sh: tool list "$HISOPS_DISKS_COUNT"
"""
TOTAL = """\
id: total
title: {zh: 总, en: Total}
needs: [disks]
when: steps.disks.all.count.exists(c, c > 0) && size(steps.disks.items) > 1
effect: read
sh: tool list "$HISOPS_DISKS_COUNT"
"""
SOUND = [
    [USES, AFTER],
    [HOSTS, SECOND, TOTAL],
    [USES + "for_each: databases\n"],
    [USES + "for_each: hosts\nparallel: 8\n"],
]
# rule, the steps, what is replaced in them, by what, and the text that the caret points at
BREAKS = [
    ("RB001", [USES], "uses: thing/part", "uses: thing/part\nsh: tool list", "uses: thing"),
    ("RB014", [USES, AFTER], "part_see.out.count > 0", "part_look.out.count > 0", "steps.part_look"),
    ("RB014", [USES, AFTER], "part_see.out.count > 0", "part_see.out.count == '0'", "steps.part_see"),
    ("RB020", [USES, AFTER], "HISOPS_PART_SEE_COUNT", "HISOPS_PART_COUNT", "$HISOPS_PART_COUNT"),
    ("RB040", [USES], "thing/part", "thing/prat", "thing/prat"),
    ("RB040", [USES], "thing/part", "thing/do", "thing/do"),
    ("RB041", [USES], "word: abc, ", "", "thing/part"),
    ("RB041", [USES], "word: abc", "wrod: abc, word: abc", "wrod"),
    ("RB041", [USES], "word: abc", "word: 7", "7,"),
    ("RB041", [USES], "word: abc", "word: ABC", "ABC"),
    ("RB041", [USES], "from: params.tag", "from: params.tug", "params.tug"),
    ("RB041", [USES], "from: params.tag", "from: params.days", "params.days"),
    ("RB041", [USES], "word: abc", "word: {from: params.note}", "params.note"),
    ("RB041", [HOSTS], "for_each", "with: {a: 1}\nfor_each", "with"),
    ("RB042", [USES], "effect: read", "effect: read\ntimeout: 5m", "timeout"),
    ("RB042", [USES], "effect: read", "effect: write", "write"),
    ("RB042", [USES], "effect: read", "effect: read\non: db_host", "on:"),
    ("RB043", [USES, AFTER], "id: after", "id: part-see", "part-see"),
    ("RB043", [HOSTS, TOTAL], "id: total", "id: disks-one", "disks-one"),
    ("RB044", [HOSTS], 'sh: tool list "$HISOPS_ITEM"', 'sh: tool list "$THING_HOME"', "hosts"),
    ("RB044", [HOSTS], "for_each: hosts", "on: peer_host\nfor_each: nodes", "nodes"),
    ("RB044", [HOSTS], "for_each: hosts", "for_each: [a, a]", "[a, a]"),
    ("RB045", [HOSTS], "for_each: hosts\n", "", "parallel"),
    ("RB045", [HOSTS], "effect: read", "effect: write\nidempotent: true\ntimeout: 1m", "parallel"),
    ("RB014", [HOSTS, TOTAL], "steps.disks.all.count.exists(c, c > 0)", "steps.disks.out.count > 0", "steps.disks.out"),
    ("RB014", [HOSTS, SECOND.replace("for_each: hosts", "for_each: nodes")], "x", "x", "steps.disks.out"),
    ("RB020", [HOSTS], "for_each: hosts\nparallel: 4\n", "", "$HISOPS_ITEM"),
]  # fmt: skip


def library(tmp_path):
    found = shelf.library(tmp_path / "shipped")
    shelf.write(tmp_path / "shipped", "thing/part", SUB)
    shelf.write(tmp_path / "shipped", "thing/writer", WRITER)
    return found


def problems(tmp_path, text, name="thing/do"):
    path = shelf.write(tmp_path / "shipped", name, text)
    return [(each.rule, each.source[each.column - 1 :]) for each in lint_file(path, library(tmp_path))]


@pytest.mark.parametrize("steps", SOUND)
def test_what_is_sound_breaks_no_rule(tmp_path, steps):
    assert problems(tmp_path, shelf.runbook(*steps)) == []


@pytest.mark.parametrize(("rule", "steps", "old", "new", "caret"), BREAKS)
def test_each_rule_is_broken_by_one_change(tmp_path, rule, steps, old, new, caret):
    text = "\x00".join(steps)
    broken = text.replace(old, new, 1).split("\x00")
    found = problems(tmp_path, shelf.runbook(*broken))
    assert rule in [each for each, _ in found], found
    assert any(each == rule and source.startswith(caret) for each, source in found), found


def test_a_circle_over_two_runbooks_is_told_with_its_way(tmp_path):
    shelf.write(tmp_path / "shipped", "thing/other", SUB.replace("thing/part", "thing/other").replace(
        "steps:\n", "steps:\n  - {id: back, title: {zh: 回, en: Back}, effect: read, uses: thing/do}\n"
    ))  # fmt: skip
    path = shelf.write(tmp_path / "shipped", "thing/do", shelf.runbook(USES.replace("thing/part", "thing/other")))
    said = [each.message for each in lint_file(path, library(tmp_path)) if each.rule == "RB040"]
    assert said == ["The runbooks use one another in a circle: thing/do -> thing/other -> thing/do."]


def test_a_repeat_within_a_repeat_is_refused(tmp_path):
    shelf.write(tmp_path / "shipped", "thing/many", SUB.replace("thing/part", "thing/many").replace(
        "    effect: read\n", "    effect: read\n    for_each: nodes\n"
    ))  # fmt: skip
    step = USES.replace("thing/part", "thing/many")
    assert problems(tmp_path, shelf.runbook(step)) == []
    assert [rule for rule, _ in problems(tmp_path, shelf.runbook(step + "for_each: databases\n"))] == ["RB044"]


def test_a_gate_on_a_use_needs_a_first_write_that_cannot_be_skipped(tmp_path):
    step = dedent("""\
        id: all
        title: {zh: 全, en: All}
        effect: write
        uses: thing/writer
        gate: {confirm: true}
    """)
    assert problems(tmp_path, shelf.runbook(step)) == []
    skipped = WRITER.replace("effect: write", "effect: write, when: target.has_peer")
    shelf.write(tmp_path / "shipped", "thing/maybe", skipped.replace("thing/writer", "thing/maybe"))
    assert [rule for rule, _ in problems(tmp_path, shelf.runbook(step.replace("writer", "maybe")))] == ["RB042"]


def test_requirements_name_other_runbooks_once(tmp_path):
    def rules(requires):
        text = shelf.runbook().replace("steps:", f"requires: [{requires}]\nsteps:")
        return [rule for rule, _ in problems(tmp_path, text)]

    assert rules("{runbook: thing/part, max_age: 30d}") == []
    assert rules("{runbook: thing/do, max_age: 30d}") == ["RB046"]
    assert rules("{runbook: thing/prat, max_age: 12h}") == ["RB046"]
    assert rules("{runbook: thing/part, max_age: 1d12h}, {runbook: thing/part, max_age: 1d}") == ["RB046"]
    assert rules("{runbook: thing/part, max_age: 30}") == ["YA023"]


ANY = "{any: [thing/part, thing/writer], max_age: 30d}"
TERMS = [
    ("of: params.word == 'abc'", []),
    ("of: params.word == 7", ["RB046"]),
    ("of: params.wrod == 'abc'", ["RB046"]),
    ("of: steps.see.out.count == 1", ["RB046"]),
    ("where: steps.see.out.count > 0 && params.word == 'abc'", []),
    ("where: steps.see.out.count == '1'", ["RB046"]),
    ("where: steps.sea.out.count > 0", ["RB046"]),
    ("where: steps.see.out.count >", ["RB046"]),
]


@pytest.mark.parametrize(("term", "broken"), TERMS)
def test_terms_of_a_requirement_name_what_its_runs_have(tmp_path, term, broken):
    text = shelf.runbook().replace(
        "steps:", f"requires:\n  - runbook: thing/part\n    max_age: 30d\n    {term}\nsteps:"
    )
    assert [rule for rule, _ in problems(tmp_path, text)] == broken


def test_any_of_several_may_be_required(tmp_path):
    def rules(requires):
        text = shelf.runbook().replace("steps:", f"requires: [{requires}]\nsteps:")
        return [rule for rule, _ in problems(tmp_path, text)]

    assert rules(ANY) == []
    assert rules(ANY.replace("thing/writer", "thing/rwiter")) == ["RB046"]
    assert rules(ANY.replace("thing/writer", "thing/do")) == ["RB046"]
    assert rules(ANY.replace("thing/writer", "thing/part")) == ["RB046"]
    assert rules(f"{ANY}, {{runbook: thing/part, max_age: 1d}}") == ["RB046"]
    apart = "{runbook: thing/part, max_age: 1d, of: params.word == 'abc'}"
    assert rules(f"{ANY}, {apart}") == []
    assert rules("{any: [thing/part], max_age: 1d}") == ["YA023"]
    assert rules("{any: [thing/part, thing/writer], runbook: thing/part, max_age: 1d}") == ["YA023"]
    assert rules("{max_age: 1d}") == ["YA023"]


def test_a_term_over_several_asks_first_for_what_only_some_have(tmp_path):
    both = "any: [thing/part, thing/writer]\n    max_age: 1d\n    of: "

    def rules(term):
        text = shelf.runbook().replace("steps:", f"requires:\n  - {both}{term}\nsteps:")
        return [rule for rule, _ in problems(tmp_path, text)]

    assert rules("\"has(params.word) && params.word == 'abc'\"") == []
    assert rules("params.word == 'abc'") == ["RB046"]


def test_a_runbook_is_fit_only_if_those_that_it_uses_are(tmp_path):
    shelf.write(tmp_path / "shipped", "thing/do", shelf.runbook(USES))
    fit_runbook(library(tmp_path), "thing/do")
    shelf.write(tmp_path / "shipped", "thing/part", SUB.replace("$HISOPS_WORD", "$HISOPS_WARD"))
    with pytest.raises(DocumentProblems) as raised:
        fit_runbook(shelf.library(tmp_path / "shipped"), "thing/do")
    (problem,) = raised.value.problems
    assert (problem.rule, problem.file.endswith("part.yaml"), problem.line) == ("RB020", True, 15)
