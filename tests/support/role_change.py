"""A change of roles in a lab that hisops is killed in the middle of: up to it, cut off in it, and what is left then."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hisops.lab import control
from hisops.lab.layout import HOSTS, Layout
from hisops.lab.pair import TWO_PRIMARIES
from hisops.lab.record import entries
from hisops.lab.state import Store
from tests.support.lab_site import LabSite

PATIENCE = 300
TICK = 0.02


@dataclass
class RoleChange:
    """The step `<name>-<way>` of a drill; `words` has for each way the tool and how its command begins."""

    lab: LabSite
    name: str
    words: Mapping[str, tuple[str, str]]

    def at_the_gate(self, runbook: str, way: str, *given: str) -> str:
        """Return a run whose change of roles may start at once: every gate before it, and its own, is passed."""
        lab, plan = self.lab, self.lab.site / f"{self.name}.plan"
        planned = lab.hisops("plan", runbook, "-t", lab.target, *given, "-o", str(plan))
        assert planned.returncode == 0, planned.stdout + planned.stderr
        assert lab.hisops("approve", str(plan), who="lead1").returncode == 0
        started = lab.hisops("run", str(plan), "--json")
        answer = self._waiting(lab.go_on(started, until=lambda step: step == f"{self.name}-{way}"))
        lab.answer(answer["run"], answer["waits"][0])
        return str(answer["run"])

    def cut_off_in_it(self, run: str, way: str) -> None:
        """Kill hisops while the tool runs, which outlives it; every link is cut as well before anybody resumes."""
        self.lab.fault(f"link-drop@{self.name}")
        self.lab.fault("slow")
        process = self._resumed(run)
        _wait_for(lambda: self.commands(way), process)
        _kill(process)
        assert not self._ended(way), "the tool outlives it"
        _wait_for(self._was_cut)
        self.lab.fault("slow", False)
        assert self.states()[f"{self.name}-{way}"] == "RUNNING"

    def killed_after_it(self, run: str, way: str) -> None:
        """Kill hisops when the tool has ended and nobody has written that down."""
        process = self._resumed(run)
        _wait_for(lambda: self.commands(way), process)
        process.send_signal(signal.SIGSTOP)
        _wait_for(lambda: self._ended(way))
        _kill(process)
        assert self.states()[f"{self.name}-{way}"] == "RUNNING"

    def resumed_and_done_once(self, run: str, way: str, until: str) -> dict[str, str]:
        """Resume up to the gate of the step `until`, and end the run there; return how its steps stand."""
        self._waiting(self.lab.go_on(self.lab.resume(run), until=lambda step: step == until))
        step = self.states()
        assert (step[f"{self.name}-{way}"], step["switched"], step["rpo"]) == ("SUCCEEDED", "SUCCEEDED", "SUCCEEDED")
        assert len(self.commands(way)) == 1
        assert not [each for each in self._record() if each["event"] == TWO_PRIMARIES]
        assert self.lab.hisops("log", "verify", run).returncode == 21, "nothing false, but it goes on"
        assert self.lab.hisops("abandon", run, "--reason", "the test has seen enough").returncode == 1
        return step

    def database(self, name: str) -> dict[str, Any]:
        """Return the lab's state of a database."""
        return Store(Layout(self.lab.site).state).read(name)

    def commands(self, way: str) -> list[dict[str, Any]]:
        """Return the changes of roles that the lab was told to carry out, by its own record."""
        tool, words = self.words[way]
        told = [each for each in self._record() if each["event"] == "command" and each["tool"] == tool]
        return [each for each in told if each["text"].startswith(words)]

    def states(self) -> dict[str, str]:
        """Return how the steps of the newest run stand."""
        answer = json.loads(self.lab.hisops("status", "--json").stdout)  # one that was killed ends otherwise
        return {step["id"]: step["state"] for step in answer["steps"]}

    def _record(self) -> list[dict[str, Any]]:
        return entries(Layout(self.lab.site).record)

    def _ended(self, way: str) -> bool:
        pid = self.commands(way)[0]["pid"]
        return any(each["event"] == "end" and each["pid"] == pid for each in self._record())

    def _was_cut(self) -> bool:
        struck = f"link-drop@{self.name}" not in control.status(self.lab.site).faults
        layout = Layout(self.lab.site)
        return struck and not any(layout.machine(host).order("cut").exists() for host in HOSTS)

    def _waiting(self, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
        assert done.returncode == 10, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def _resumed(self, run: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.lab.command("resume", run, "--json"), env=self.lab.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _wait_for(condition: Callable[[], object], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline, "it never came"
        time.sleep(TICK)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
