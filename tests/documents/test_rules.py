"""Each rule for runbooks is broken by exactly one change, and names the place."""

from __future__ import annotations

import pytest

from hisops.documents.lint import RULES, lint_file
from tests.documents import shelf, test_composition

JUDGED = "sh: tool list\njudge: tool/list\n"
READ = """\
id: second
title: {zh: 二, en: Second}
effect: read
sh: tool list
"""
SQL = """\
id: second
title: {zh: 二, en: Second}
on: db
effect: read
sql: select a from b where c = :days
"""
UPLOAD = """\
id: second
title: {zh: 二, en: Second}
effect: stage
upload: {file: archive, to: a.zip}
"""
WAIT = """\
id: second
title: {zh: 二, en: Second}
effect: read
wait: {sh: tool list, judge: tool/list, until: out.count > 0}
"""
FED = """\
id: second
title: {zh: 二, en: Second}
effect: read
sh: tool list
secrets: [key]
stdin: |
  first @{tag}
  then @{secret:key}
"""
# rule, a step that is sound, what is replaced in it, by what, and the text that the caret points at
BREAKS = [
    ("RB001", READ, "sh: tool list", "sh: tool list\nsql: select 1 from dual", "sql: select"),
    ("RB001", READ, "sh: tool list", "why: {zh: 因, en: why}", "id: second"),
    ("RB002", READ, "id: second", "id: look", "look"),
    ("RB003", READ, "effect: read", "effect: read\nneeds: [look, lok]", "lok]"),
    ("RB003", READ, "effect: read", "effect: read\nneeds: [second]", "second]"),
    ("RB004", READ, "sh: tool list", "sh: tool list\njudge: tool/lst", "tool/lst"),
    ("RB004", shelf.WRITE, "sh: tool unchange, judge: tool/list", "sh: tool unchange, judge: tol/list", "tol/list"),
    ("RB033", READ, "sh: tool list", "sh: tool list\njudge: tool/list\nallow: [ORA-01034, oddd]", "oddd"),
    ("RB033", READ, "sh: tool list", "sh: tool list\nallow: [odd]", "odd]"),
    ("RB005", READ, "effect: read", "effect: read\non: db", "db"),
    ("RB005", SQL, "on: db", "on: db_host", "db_host"),
    ("RB005", UPLOAD, "effect: stage", "effect: stage\non: control", "control"),
    ("RB006", WAIT, "sh: tool list, judge: tool/list, until: out.count > 0", "until: 'true'", "{until"),
    ("RB006", shelf.WRITE, "undo: {", "undo: {none: {zh: 无, en: none}, ", "{none"),
    ("RB006", READ, "sh: tool list", "sh: tool list\nverify: [{judge: tool/list, require: out.code == 0}]", "{judge"),
    ("RB007", shelf.WRITE, "probe: {sh: tool list, judge: tool/list, done: out.count > 0}\n", "", "id: change"),
    ("RB008", shelf.WRITE, "undo: {sh: tool unchange, judge: tool/list, timeout: 5m}", "", "id: change"),
    ("RB009", READ, "sh: tool list", "sh: tool list\nundo: {none: {zh: 无, en: none}}", "undo"),
    ("RB009", READ, "sh: tool list", "sh: tool list\npoint_of_no_return: true", "point"),
    ("RB010", READ, "sh: tool list", "sh: tool list\ngate: {confirm: true}", "gate"),
    ("RB010", shelf.WRITE, "confirm: true, ", "", "gate"),
    ("RB011", shelf.WRITE, "undo: {sh: tool unchange, judge: tool/list, timeout: 5m}",
     "on_failure: undo\nundo: {none: {zh: 无, en: none}}", "undo\n"),
    ("RB011", shelf.WRITE, "timeout: 5m\n", "timeout: 5m\non_failure: continue\n", "continue"),
    ("RB012", shelf.WRITE, "timeout: 5m\n", "", "id: change"),
    ("RB012", shelf.WRITE, "judge: tool/list, timeout: 5m}", "judge: tool/list}", "{sh: tool unchange"),
    ("RB012", shelf.WRITE, "timeout: 5m\n", "timeout: 5m\nexpect: 6m\n", "5m"),
    ("RB013", shelf.WRITE, "show: [look]", "show: [lok]", "lok"),
    ("RB014", READ, "effect: read", "effect: read\nwhen: target.versoin == 'x'", "target.versoin"),
    ("RB014", READ, "effect: read", "effect: read\nwhen: params.days == '7'", "params.days"),
    ("RB014", shelf.WRITE, "done: out.count > 0", "done: out.cuont > 0", "out.cuont"),
    ("RB014", READ, "effect: read", "effect: read\nwhen: steps.second.state == 'SUCCEEDED'", "steps.second"),
    ("RB014", SQL, "on: db", "on: db\nverify: [{require: out.names == 1}]", "out.names"),
    ("RB014", READ, "sh: tool list", JUDGED + "verify: [{require: out.version > '9'}]", "out.version"),
    ("RB014", READ, "sh: tool list", "sh: tool list\nverify: [{require: out.names == 'x'}]", "out.names"),
    ("RB014", READ, "sh: tool list", JUDGED + "outputs: {n: {from: judge, type: integer, key: count}}\n"
     "verify: [{require: out.n == 1}]", "out.n"),
    ("RB017", FED, "@{tag}", "@{run}", "@{run}"),
    ("RB015", READ, "sh: tool list", "sh: tool list\noutputs: {a: {from: judge, type: list}}", "judge, type"),
    ("RB015", READ, "sh: tool list", JUDGED + "outputs: {nmes: {from: judge, type: list}}", "nmes"),
    ("RB015", READ, "sh: tool list", JUDGED + "outputs: {names: {from: judge, type: string}}", "string"),
    ("RB016", READ, "sh: tool list", "sh: tool ${{ params.word }}", "${{"),
    ("RB016", READ, "sh: tool list", "sh: tool @{tag}", "@{tag}"),
    ("RB016", READ, "sh: tool list", "sh: tool {params.word}", "{params."),
    ("RB017", FED, "@{tag}", "@{word}", "@{word}"),
    ("RB017", FED, "@{tag}", "@{tug}", "@{tug}"),
    ("RB017", SQL, ":days", "@{look_names}", "@{look_names}"),
    ("RB018", FED, "@{secret:key}", "@{secret:key} @{secret:other}", "@{secret:other}"),
    ("RB018", FED, "@{secret:key}", "nothing", "key]"),
    ("RB018", SQL, ":days", ":days and d = '@{secret:key}'", "@{secret:key}"),
    ("RB019", SQL, ":days", ":dais", ":dais"),
    ("RB020", READ, "sh: tool list", 'sh: tool "$HISOPS_WARD"', "$HISOPS_WARD"),
    ("RB021", SQL, "select a from b where c = :days", "delete from b", "delete"),
    ("RB021", SQL, "c = :days", "c = :days for update", "select"),
    ("RB021", SQL, "c = :days", "c = :days;", "select"),
    ("RB021", shelf.WRITE, "probe: {sh: tool list, judge: tool/list, done: out.count > 0}",
     "probe: {sql: drop table x, done: out.count > 0}", "drop"),
    ("RB022", READ, "en: Second", "en: " + "Second " * 9, "Second"),
    ("RB026", UPLOAD, "file: archive", "file: word", "word"),
    ("RB026", UPLOAD, "effect: stage", "effect: read", "read"),
    ("RB027", SQL, "effect: read", "effect: stage", "stage"),
    ("RB028", SQL, "on: db", "on: db\njudge: tool/list", "judge"),
    ("RB028", SQL, "on: db", "on: db\nstdin: x", "stdin"),
    ("RB031", shelf.WRITE, "confirm: true", "read_back: target.identity.database.dbidd", "target"),
    ("RB032", READ, "effect: read", "effect: read\nwhen: params.note != ''", "params.note"),
]  # fmt: skip
HEADS = [
    ("RB024", "default: 7", "default: '7'", "'7'"),
    ("RB024", "title: {zh: 注, en: Note}", "title: {zh: 注, en: Note}, choices: [a], default: b", "b}"),
    ("RB024", "type: tag,", "type: tag, default: x,", "x,"),
    ("RB024", "title: {zh: 注, en: Note}", "title: {zh: 注, en: Note}, pattern: '[('", "'[('"),
    ("RB023", "  word:", "  home: {type: tag, title: {zh: 主, en: Home}, required: true}\n  word:", "home"),
    ("RB023", "  word:", "  look_names: {type: tag, title: {zh: 主, en: N}, required: true}\n  word:", "names: {from"),
    ("RB029", "engine: thing", "engine: thin", "thin"),
    ("RB029", "'>=1.2'", "'>=new'", "'>=new'"),
]  # fmt: skip


def broken_rules(tmp_path, text):
    """Return the rules that `text` breaks, each with the source from the caret on."""
    path = shelf.write(tmp_path / "runbooks", "thing/do", text)
    problems = lint_file(path, shelf.library(tmp_path / "shipped"))
    return [(each.rule, each.source[each.column - 1 :]) for each in problems]


JSON = (
    READ
    + """\
outputs:
  size: {from: json, type: integer, key: kb}
verify:
  - require: out.kb > 5 && has(out.json.more)
  - {sh: tool size, require: out.whatever == 1}
"""
)


@pytest.mark.parametrize("step", [READ, SQL, UPLOAD, WAIT, FED, JSON, shelf.WRITE])
def test_sound_steps_break_no_rule(tmp_path, step):
    assert broken_rules(tmp_path, shelf.runbook(step)) == []


@pytest.mark.parametrize(("rule", "step", "old", "new", "at"), BREAKS)
def test_a_rule_is_broken_by_one_change(tmp_path, rule, step, old, new, at):
    assert old in step
    found = broken_rules(tmp_path, shelf.runbook(step.replace(old, new)))
    assert [(name, source[: len(at.strip())]) for name, source in found] == [(rule, at.strip())]


@pytest.mark.parametrize(("rule", "old", "new", "at"), HEADS)
def test_a_rule_for_the_head_is_broken_by_one_change(tmp_path, rule, old, new, at):
    assert shelf.HEAD.count(old) == 1
    found = broken_rules(tmp_path, shelf.HEAD.replace(old, new))
    assert (rule, at) in [(name, source[: len(at)]) for name, source in found]


def test_the_pattern_of_a_manual_result_is_one(tmp_path):
    step = """\
        id: second
        title: {zh: 二, en: Second}
        effect: read
        manual: {instruct: {zh: 做, en: Do}, pattern: '('}
        """
    assert [name for name, _ in broken_rules(tmp_path, shelf.runbook(step))] == ["RB025"]


def test_a_lock_is_one_that_the_target_type_knows(tmp_path):
    text = shelf.HEAD.replace("steps:", "locks: [oracle_home]\nsteps:")
    path = shelf.write(tmp_path / "runbooks", "thing/do", text)
    library = shelf.library(tmp_path / "shipped")
    assert lint_file(path, library) == []
    shelf.write(tmp_path / "shipped", "targets/thing", shelf.TARGET.replace(", oracle_home: settings.home", ""))
    again = lint_file(path, shelf.Library(shipped=tmp_path / "shipped"))
    assert [each.rule for each in again] == ["RB030"]


def test_every_rule_has_a_test_and_one_id():
    composed = {each[0] for each in test_composition.BREAKS} | {"RB046"}
    tested = {each[0] for each in (*BREAKS, *HEADS)} | {"RB025", "RB030"} | composed
    tested |= {"RB034", "RB047"}  # test_lint, test_scratch_rule
    assert tested == {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_only_a_wide_title_and_a_restore_elsewhere_are_mere_warnings():
    assert [rule.id for rule in RULES if rule.severity == "warning"] == ["RB022", "RB047"]
