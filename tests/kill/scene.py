"""The site that is killed in: one host, one target of the tests' own, and a runbook with one step of every kind.

What the tools of the runbook do to the target stands in files that they write themselves: hisops has no part in it.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.support import small_site

PEOPLE_OF = {"operator": "dba1", "approver": "lead1"}
JUDGE = """
hisops: judge/v1
id: box
title: {zh: 箱, en: Box}
actions:
  count:
    title: {zh: 数, en: Count}
    source: this test
    proof: [{id: count, pattern: '^count=\\d+$'}]
    failure: [{id: none, pattern: '^count=$'}]
    capture: {count: {pattern: '^count=(\\d+)$'}}
"""


def _once(step: str, needs: str, more: str, *, fails: bool = False) -> str:
    """Return a step that must not happen twice: each time leaves a line in a file of its own."""
    count = f'echo "count=$(grep -c . "$FOLDER/{step}")"'
    asked = f"sh: '{count}', judge: box/count"
    failing = '      if [ -e "$FOLDER/fail" ]; then echo "work failed"; exit 1; fi\n' if fails else ""
    return f"""
  - id: {step}
    title: {{zh: 一次, en: Do {step} once}}
    needs: [{needs}]
    effect: destructive
    idempotent: false
    timeout: 10m
    sh: |
      echo "start {step}" >> "$FOLDER/record"
      sleep 0.02
      echo "$HISOPS_RUN" >> "$FOLDER/{step}"
      echo "end {step}" >> "$FOLDER/record"
{failing}      echo "work done"
    judge: files/work
    probe: {{{asked}, done: 'out.count == "1"'}}
    verify: [{{{asked}, require: 'out.count == "1"'}}]
{more}"""


def _taken_back(step: str) -> str:
    undo = f'echo "undo {step}" >> "$FOLDER/record"; : > "$FOLDER/{step}"; echo "work done"'
    return f"    undo: {{sh: '{undo}', judge: files/work, timeout: 1m}}\n    on_failure: undo\n"


_GATE = "    gate: {type_target: true, approve: {role: dba_lead, of: plan}, show: [look]}\n"
_FINAL = "    point_of_no_return: true\n    undo: {none: {zh: 已发布, en: It is published}}\n"
RUNBOOK = f"""
hisops: runbook/v1
id: files/every-kind
version: 1.0.0
title: {{zh: 各种步骤, en: Every kind of step}}
purpose: {{zh: 试, en: One step of every kind}}
target: {{engine: files}}
locks: [database]
parameters:
  payload: {{type: file, title: {{zh: 文件, en: File}}, required: true}}
steps:
  - id: look
    title: {{zh: 查看, en: Look}}
    on: db_host
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
  - id: bring
    title: {{zh: 上传, en: Bring}}
    on: db_host
    effect: stage
    upload: {{file: payload, to: payload}}
  - id: note
    title: {{zh: 记录, en: Note}}
    needs: [bring]
    on: db_host
    effect: write
    idempotent: true
    timeout: 10m
    sh: |
      echo "start note" >> "$FOLDER/record"
      cp "$HISOPS_STAGE_DIR/payload" "$FOLDER/note" && echo "work done" || echo "work failed"
    judge: files/work
    undo: {{sh: 'rm -f "$FOLDER/note"; echo "work done"', judge: files/work, timeout: 1m}}
    on_failure: undo
{_once("change", "note", _GATE + _taken_back("change"))}
  - id: settle
    title: {{zh: 等待, en: Settle}}
    needs: [change]
    on: db_host
    effect: read
    timeout: 1m
    wait:
      sh: 'echo "count=$(grep -c . "$FOLDER/change")"'
      judge: box/count
      until: 'out.count == "1"'
      every: 1s
  - id: told
    title: {{zh: 人工, en: Told}}
    needs: [settle]
    effect: read
    manual: {{instruct: {{zh: 数, en: Count}}, evidence: integer}}
{_once("extend", "told", _taken_back("extend"), fails=True)}
{_once("publish", "extend", _FINAL)}
  - id: confirm
    title: {{zh: 确认, en: Confirm}}
    needs: [publish]
    on: db_host
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
"""
ONCE = ("change", "extend", "publish")


@dataclass(frozen=True)
class Scene:
    """One site, home, host and target, all below `root`, whose path stays the same however often it is reset."""

    root: Path
    fails: bool = False

    @property
    def site(self) -> Path:
        return self.root / "now/site"

    @property
    def logs(self) -> Path:
        return self.site / "logs"

    @property
    def home(self) -> Path:
        return self.root / "now/home"

    @property
    def folder(self) -> Path:
        """What stands for a database."""
        return self.root / "now/database"

    @property
    def boot(self) -> Path:
        return self.root / "now/boot"

    @property
    def plan(self) -> Path:
        return self.root / "now/night.plan"

    @property
    def operations(self) -> Path:
        return self.home / ".hisops/ops"

    @property
    def acknowledged(self) -> Path:
        """What the killed process knew to be durable."""
        return self.root / "now/acknowledged"

    def environment(self, who: str = "dba1") -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "HISOPS_SITE": str(self.site),
            "HISOPS_KEY": str(self.site / "people" / who / "id_ed25519"),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(["src", "."]),
        }

    def create(self) -> None:
        """Write everything as it is before the first call."""
        now = self.root / "now"
        library = self.site / "runbooks"
        for path in (self.site / "trust", library / "targets", library / "judges", library / "files", self.folder):
            path.mkdir(parents=True)
        self.home.mkdir(mode=0o700)
        (self.folder / "mode").write_text("plain\n")
        (self.folder / "name").write_text("box\n")
        for step in ONCE:
            (self.folder / step).touch()
        if self.fails:
            (self.folder / "fail").touch()
        self.boot.write_text("first boot\n")
        (now / "payload").write_text("payload\n")
        (library / "targets/files.yaml").write_text(small_site.TARGET_TYPE)
        (library / "judges/files.yaml").write_text(small_site.JUDGE)
        (library / "judges/box.yaml").write_text(JUDGE)
        (library / "files/every-kind.yaml").write_text(RUNBOOK)
        (self.site / "secrets").mkdir(mode=0o700)
        (self.site / "secrets/none").write_text("not-used-by-this-engine\n")
        (self.site / "secrets/none").chmod(0o600)
        (self.site / "known_hosts").touch()
        small_site.write_people(self.site)
        (self.site / "site.yaml").write_text(self._inventory())

    def _inventory(self) -> str:
        return f"""
hisops: site/v1
name: small
title: {{zh: 小, en: Small}}
origin: hospital/small
hosts:
  one: {{address: 127.0.0.1, boot_id_file: {self.boot}}}
databases:
  box:
    engine: files
    title: {{zh: 箱, en: Box}}
    host: one
    connect: {{dsn: none, user: none, password: none}}
    settings: {{folder: {self.folder}}}
secrets:
  none: {{file: secrets/none}}
"""

    def keep(self) -> None:
        """Remember everything as it is now, to begin from here each time."""
        shutil.copytree(self.root / "now", self.root / "template", symlinks=True)

    def reset(self) -> None:
        """Put everything back to what was kept."""
        shutil.rmtree(self.root / "now", ignore_errors=True)
        shutil.copytree(self.root / "template", self.root / "now", symlinks=True)

    def record(self) -> list[str]:
        """Return what the tools have written themselves: `start STEP`, `end STEP`, `undo STEP`."""
        path = self.folder / "record"
        return path.read_text().splitlines() if path.exists() else []

    def starts(self) -> Counter[str]:
        """Return how often each tool was started, and each undo."""
        return Counter(line for line in self.record() if line.startswith(("start", "undo")))

    def effects(self, step: str) -> int:
        """Return how often the effect of `step` stands in the target."""
        path = self.folder / step
        return len(path.read_text().splitlines())
