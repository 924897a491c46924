"""A small library in a folder: one judge, one target type, as many runbooks as a test writes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from hisops.documents.library import Library

JUDGE = """\
hisops: judge/v1
id: tool
title: {zh: 工具, en: Tool}
actions:
  list:
    title: {zh: 列出, en: List}
    source: the manual of the tool
    proof: [{id: done, pattern: '^done$'}]
    failure: [{id: bad, pattern: '^bad$'}]
    doubts: [{id: odd, pattern: '^odd$'}]
    capture:
      names: {pattern: '^name (.{1,80})$', type: list}
      count: {pattern: '^count (\\d{1,9})$', type: integer}
      version: {pattern: '^version ([\\d.]{1,40})$', type: version}
"""

SCENARIOS = """\
hisops: scenarios/v1
runbook: thing/do
target: box
values: {payload: {file: payload*, digest: sha256}, days: 3}
scenarios:
  - id: one
    title: {zh: 一, en: One}
    begin: [slow]
    answers: {look: seen}
    acts:
      - {exit: [0, 13], steps: {look: SUCCEEDED}, named: [done], starts: {tool list: 1}}
"""

REPORT = """\
hisops: report/v1
id: drill
version: 1.0.0
title: {zh: 表, en: Form}
about: [declare]
subject: {zh: 题, en: Subject}
words:
  not_recorded: {zh: 词, en: word}
  not_measurable: {zh: 词, en: word}
  not_measured: {zh: 词, en: word}
  not_reached: {zh: 词, en: word}
  provisional: {zh: 词, en: word}
  within: {zh: 词, en: word}
  beyond: {zh: 词, en: word}
  simulation: {zh: 词, en: word}
  incomplete: {zh: 词, en: word}
  not_good: {zh: 词, en: word}
  reach_site: {zh: 词, en: word}
  reach_reviewer: {zh: 词, en: word}
  reach_held: {zh: 词, en: word}
  reach_alone: {zh: 词, en: word}
  zone: {zh: 词, en: word}
  references: {zh: 词, en: word}
  made_by: {zh: 词, en: word}
  by: {zh: 词, en: word}
  approved_by: {zh: 词, en: word}
  noted: {zh: 词, en: word}
  interrupted: {zh: 词, en: word}
  seconds: {zh: 词, en: word}
  minutes: {zh: 词, en: word}
  hours: {zh: 词, en: word}
  date: {zh: 词, en: word}
  name: {zh: 词, en: word}
  cut: {zh: 断, en: 'cut {count}'}
moments:
  - {id: declared, title: {zh: 始, en: Declared}, from: [{step: declare}]}
  - {id: done, title: {zh: 终, en: Done}, from: [{checks: answered}]}
checks:
  - {title: {zh: 查, en: Check}, step: check}
results:
  - {begins: ok, title: {zh: 好, en: ok}, means: good}
sections:
  - id: boxes
    title: {zh: 格, en: Boxes}
    boxes:
      - {id: name, title: {zh: 名, en: Name}, from: [{parameter: name}], wide: true}
      - {id: kind, title: {zh: 类, en: Kind}, from: [{run: title}]}
      - {id: taken, title: {zh: 用, en: Taken}, from: [{span: {since: declared, until: done}}]}
      - {id: limit, title: {zh: 限, en: Limit}, from: [{parameter: limit, unit: minutes}]}
      - {id: met, title: {zh: 达, en: Met}, from: [{within: {measured: taken, limit: limit}}]}
  - id: moments
    title: {zh: 时, en: Moments}
    table: moments
    columns:
      - {id: time, title: {zh: 时, en: Time}, share: 3}
"""

TARGET = """\
hisops: target/v1
id: thing
title: {zh: 物, en: Thing}
settings:
  home: {title: {zh: 主目录, en: Home}, type: path, env: THING_HOME, required: true}
  label: {title: {zh: 标签, en: Label}, type: string, env: THING_LABEL}
  clustered: {title: {zh: 集群, en: Cluster}, type: boolean, env: THING_CLUSTERED, default: false}
identity:
  - {id: database, title: {zh: 身份, en: Identity}, sql: select 1 from dual, values: [dbid]}
state:
  - {id: names, title: {zh: 名, en: Names}, sh: tool list, judge: tool/list, values: [names]}
locks: {database: identity.database.dbid, oracle_home: settings.home}
"""

HEAD = """\
hisops: runbook/v1
id: thing/do
version: 1.0.0
title: {zh: 做, en: Do it}
purpose: {zh: 做, en: Do it}
target: {engine: thing, version: '>=1.2'}
parameters:
  archive: {type: file, title: {zh: 包, en: Archive}, required: true}
  word: {type: string, title: {zh: 词, en: Word}, required: true}
  tag: {type: tag, title: {zh: 签, en: Tag}, required: true}
  days: {type: integer, title: {zh: 天, en: Days}, default: 7}
  note: {type: string, title: {zh: 注, en: Note}}
steps:
  - id: look
    title: {zh: 看, en: Look}
    effect: read
    sh: tool list "$HISOPS_WORD"
    judge: tool/list
    outputs:
      names: {from: judge, type: list}
      count: {from: judge, type: integer}
"""

WRITE = """\
id: change
title: {zh: 改, en: Change}
needs: [look]
effect: write
sh: tool change
judge: tool/list
gate: {confirm: true, show: [look]}
probe: {sh: tool list, judge: tool/list, done: out.count > 0}
timeout: 5m
undo: {sh: tool unchange, judge: tool/list, timeout: 5m}
"""

PLAYBOOK = """\
hisops: playbook/v1
id: night
version: 1.0.0
title: {zh: 夜, en: Night}
purpose: {zh: 夜, en: Night}
target: {engine: thing}
parameters:
  archive: {type: file, title: {zh: 包, en: Archive}, required: true}
  word: {type: string, title: {zh: 词, en: Word}, required: true}
  tag: {type: tag, title: {zh: 签, en: Tag}, required: true}
  days: {type: integer, title: {zh: 天, en: Days}}
runs:
  - id: first
    title: {zh: 先, en: First}
    runbook: thing/do
    on: standby
    with: {archive: {from: params.archive}, word: {from: params.word}, tag: {from: params.tag}, days: 7}
  - id: second
    title: {zh: 后, en: Second}
    when: target.has_peer && steps.first.state == "SUCCEEDED"
    needs: [first]
    runbook: thing/do
    with: {archive: {from: params.archive}, word: once, tag: {from: params.tag}}
    on_failure: hold
    gate: {confirm: true, show: [first]}
"""


def library(folder: Path) -> Library:
    """Return a library whose shipped definitions lie in `folder`."""
    for name, text in {"judges/tool": JUDGE, "targets/thing": TARGET}.items():
        write(folder, name, text)
    return Library(shipped=folder)


def write(folder: Path, name: str, text: str) -> Path:
    """Write the definition `name` below `folder`."""
    path = folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def runbook(*steps: str) -> str:
    """Return the text of a runbook with the reading step `look` and `steps`."""
    return HEAD + "".join(indent("- " + indent(dedent(step).strip(), "  ").strip() + "\n", "  ") for step in steps)
