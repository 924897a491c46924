"""A lab for tests: brought up fast, called only through the command line, as a caller without a terminal would."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.lab import control
from hisops.lab.layout import Layout
from hisops.lab.record import entries
from tests.support import forking

GOOD = "37642901"
STANDBY_FIRST = "oracle/patch-standby"
CODES = (0, 1, 3, 10, 11, 12, 13)
Done = subprocess.CompletedProcess[str]


@dataclass
class LabSite:
    """A lab's site folder and the people who work there."""

    site: Path
    home: Path
    target: str = "his"
    """What the newest plan is for; who is asked for the name of the target types it."""

    def environment(self, who: str = "dba1") -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TMPDIR"}}
        return kept | {
            "HOME": str(self.home),
            "HISOPS_SITE": str(self.site),
            "HISOPS_KEY": str(self.site / "people" / who / "id_ed25519"),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")]),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hisops", *words]

    def hisops(self, *words: str, who: str = "dba1") -> Done:
        return forking.call(words, self.environment(who), 900)

    def fault(self, name: str, on: bool = True) -> None:
        control.set_fault(self.site, name, on)

    def plan(self, patch: str = GOOD, *more: str, runbook: str = "oracle/patch-apply", target: str = "his") -> Done:
        self.target = target
        archive = next((self.site / "patches").glob(f"p{patch}*.zip"))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        values = {"patch": str(archive), "patch_sha256": digest, "patch_id": patch}
        if runbook != STANDBY_FIRST:
            values["change"] = "CHG1182"
        words = [word for name, value in values.items() for word in ("-p", f"{name}={value}")]
        return self.hisops("plan", runbook, "-t", target, *words, "-o", str(self.site / "patch.plan"), *more)

    def approved_plan(self, runbook: str = "oracle/patch-apply", target: str = "his") -> Path:
        done = self.plan(runbook=runbook, target=target)
        assert done.returncode == 0, done.stdout + done.stderr
        approved = self.hisops("approve", str(self.site / "patch.plan"), who="lead1")
        assert approved.returncode == 0, approved.stderr
        return self.site / "patch.plan"

    def status(self) -> dict[str, Any]:
        done = self.hisops("status", "--json")
        assert done.returncode in CODES, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def start(self, runbook: str = "oracle/patch-apply", target: str = "his") -> Done:
        return self.hisops("run", str(self.approved_plan(runbook, target)), "--json")

    def resume(self, run: str) -> Done:
        return self.hisops("resume", run, "--json")

    def go_on(self, done: Done, until: Callable[[str], bool] = lambda step: False) -> Done:
        """Answer every gate and resume until the run ends, is held, or waits before a step that `until` names."""
        while done.returncode == 10:
            answer = json.loads(done.stdout)
            gate = answer["waits"][0]
            if until(gate["step"]):
                return done
            self.answer(answer["run"], gate)
            done = self.resume(answer["run"])
        return done

    def answer(self, run: str, gate: dict[str, Any]) -> None:
        known = {"type_target": self.target, "confirm": "yes"}
        open_parts = [part for part in gate["parts"] if not part.startswith("approve")]
        if open_parts:
            words = [known.get(part, "done, seen by the person on duty") for part in open_parts]
            answered = self.hisops("answer", run, gate["step"], *words)
            assert answered.returncode == 0, answered.stderr
        if len(open_parts) < len(gate["parts"]):
            who = {"app_owner": "app1"}.get(gate["role"], "lead1")
            approved = self.hisops("approve", run, gate["step"], who=who)
            assert approved.returncode == 0, approved.stderr

    def tools(self, tool: str, *words: str) -> list[dict[str, Any]]:
        """Return the starts of `tool` with these first arguments, from the lab's own record."""
        starts = [entry for entry in self._record() if entry["event"] == "start"]
        return [entry for entry in starts if entry["tool"] == tool and entry["argv"][: len(words)] == list(words)]

    def statements(self) -> list[str]:
        """Return the statements that the listener saw from the driver, from the lab's own record."""
        return [entry["text"] for entry in self._record() if entry["event"] == "statement"]

    def _record(self) -> list[dict[str, Any]]:
        return entries(Layout(self.site).record)

    def forget(self) -> None:
        """Put hosts, homes and databases back to the start, without faults; people and logs stay."""
        for name in control.status(self.site).faults:
            control.set_fault(self.site, name, False)
        control.reset(self.site)


def up(root: Path) -> LabSite:
    """Bring a lab up below `root`."""
    home = root / "home"
    home.mkdir(mode=0o700, parents=True)
    control.up(root / "lab", pace=0.05)
    return LabSite(root / "lab", home)


def down(lab: LabSite) -> None:
    """Stop it."""
    control.down(lab.site)
