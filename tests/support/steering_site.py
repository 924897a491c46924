"""The small site with a longer runbook: steps that can be undone, one that a test can stop, a gate."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import small_site
from tests.support.small_site import SmallSite
from tests.support.sshd import Sshd

RUNBOOK = """
hisops: runbook/v1
id: files/five-steps
version: 1.0.0
command: files five
title: {zh: 五步, en: Five steps}
purpose: {zh: 试, en: To be steered}
target: {engine: files}
steps:
  - id: look
    title: {zh: 查看, en: Look}
    on: db_host
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
  - id: first
    title: {zh: 第一步, en: First}
    on: db_host
    effect: write
    timeout: 1m
    sh: 'echo first >> "$FOLDER/record"; touch "$FOLDER/first"; echo "work done"'
    judge: files/work
    probe:
      sh: 'test -e "$FOLDER/first" && echo mode=there || echo mode=away'
      judge: files/mode
      done: 'out.mode == "there"'
    undo:
      sh: 'echo undo-first >> "$FOLDER/record"; rm -f "$FOLDER/first"; echo "work done"'
      judge: files/work
      timeout: 1m
  - id: second
    title: {zh: 第二步, en: Second}
    on: db_host
    effect: destructive
    idempotent: false
    timeout: 10m
    sh: |
      echo second >> "$FOLDER/record"
      while [ -e "$FOLDER/wait" ]; do sleep 0.1; done
      touch "$FOLDER/second"
      echo "work done"
    judge: files/work
    gate: {type_target: true}
    probe:
      sh: 'test -e "$FOLDER/second" && echo mode=there || echo mode=away'
      judge: files/mode
      done: 'out.mode == "there"'
    undo:
      sh: |
        echo undo-second >> "$FOLDER/record"
        while [ -e "$FOLDER/wait-undo" ]; do sleep 0.1; done
        rm -f "$FOLDER/second"
        echo "work done"
      judge: files/work
      timeout: 5m
  - id: check
    title: {zh: 核对, en: Check}
    needs: [second]
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
  - id: last
    title: {zh: 最后, en: Last}
    on: db_host
    effect: write
    timeout: 1m
    sh: 'echo last >> "$FOLDER/record"; touch "$FOLDER/last"; echo "work done"'
    judge: files/work
    probe:
      sh: 'test -e "$FOLDER/last" && echo mode=there || echo mode=away'
      judge: files/mode
      done: 'out.mode == "there"'
    undo: {none: {zh: 留下无妨, en: it does no harm to stay}}
"""


@dataclass
class SteeredSite:
    """The site, and what a test does to a run in it."""

    small: SmallSite

    @property
    def folder(self) -> Path:
        return self.small.folder

    def hisops(self, *words: str, who: str = "dba1") -> subprocess.CompletedProcess[str]:
        return self.small.hisops(*words, who=who)

    def plan(self) -> str:
        path = self.folder.parent / "five.plan"
        done = self.hisops("plan", "files/five-steps", "-t", "box", "-o", str(path))
        assert done.returncode == 0, done.stderr
        return str(path)

    def newest(self) -> str:
        return str(self.status()["run"])

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.hisops("status", "--json").stdout)
        return answer

    def states(self) -> dict[str, str]:
        return {step["id"]: step["state"] for step in self.status()["steps"]}

    def record(self) -> list[str]:
        path = self.folder / "record"
        return path.read_text().split() if path.exists() else []

    def until_gate(self) -> str:
        """Carry the plan out as far as the gate of `second`; return the run."""
        done = self.hisops("run", self.plan(), "--json")
        assert done.returncode == 10, done.stderr
        return str(json.loads(done.stdout)["run"])

    def answered(self) -> str:
        """Return a run whose gate is answered, and that nobody carries out."""
        run = self.until_gate()
        assert self.hisops("answer", run, "second", "box").returncode == 0
        return run

    def working(self) -> tuple[str, subprocess.Popen[bytes]]:
        """Return a run, and the process that carries it out while the tool of `second` works."""
        run = self.answered()
        (self.folder / "wait").touch()
        process = subprocess.Popen(
            self.small.command("resume", run), env=self.small.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(lambda: "second" in self.record())
        return run, process

    def let_go(self) -> None:
        """Let the tool of `second` come to its end."""
        (self.folder / "wait").unlink()


def make(root: Path, server: Sshd) -> SteeredSite:
    """Write the site for `server` below `root`."""
    small = small_site.make(root, server)
    (small.site / "runbooks/files/five-steps.yaml").write_text(RUNBOOK)
    return SteeredSite(small)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
