"""Rehearse runbooks in a lab by their scenarios, through the command line as people would, and measure what was met."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.documents.load import load_roster
from hisops.errors import UsageProblem
from hisops.journal.reader import load_run
from hisops.lab import control
from hisops.lab.layout import Layout
from hisops.lab.record import entries
from hisops.model.coverage import Coverage
from hisops.model.records import StepChanged
from hisops.model.roster import Roster
from hisops.model.runbook import Runbook
from hisops.model.scenario import Act, FromLab, Given, Scenario, Scenarios

Done = subprocess.CompletedProcess[str]
Call = Callable[[Sequence[str], Mapping[str, str]], Done]

WAITING, INCOMPLETE, MOST_GATES = 10, 21, 60
OPERATOR = "dba1"
SEEN = "done, seen by the person on duty"  # what people answer where a scenario does not say


def call_hisops(words: Sequence[str], environment: Mapping[str, str]) -> Done:
    """Call hisops in a process of its own, without a terminal."""
    command = [sys.executable, "-m", "hisops", *words]
    return subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@dataclass
class Outcome:
    """What became of one scenario: its run, if there was one, and what was not as expected."""

    id: str
    run: str | None = None
    wrong: list[str] = field(default_factory=list)


class Rehearsal:
    """A lab and the people in it, who carry out the scenarios of one runbook one after another."""

    def __init__(self, lab: Path, runbook: Runbook, scenarios: Scenarios, call: Call = call_hisops) -> None:
        self._lab = lab.resolve()
        self._runbook = runbook
        self._scenarios = scenarios
        self._call = call
        self.coverage = Coverage()

    def carry_out(self, scenario: Scenario) -> Outcome:
        """Begin from a lab as it was made, act by act; stop at the first act that is not as expected."""
        outcome = Outcome(scenario.id)
        self._start_over(scenario)
        done = self._planned(scenario)
        if done.returncode:
            self._take_refusals(done)
            outcome.wrong += [*_differs(scenario.acts[0], done, {}), *self._miscounted(scenario.acts[0])]
            return outcome
        for number, act in enumerate(scenario.acts):
            self._set_faults(act)
            done = self._pass_gates(scenario, self._begun(act, number, outcome.run))
            answer = json.loads(done.stdout or "{}")
            outcome.run = answer.get("run", outcome.run)
            outcome.wrong += _differs(act, done, answer)
            outcome.wrong += [*self._not_passed(act, outcome.run), *self._miscounted(act)]
            if outcome.wrong:
                break
        if outcome.run:
            self._close(outcome, outcome.run)
        return outcome

    def _start_over(self, scenario: Scenario) -> None:
        for name in control.status(self._lab).faults:
            control.set_fault(self._lab, name, False)
        control.reset(self._lab)
        for name in scenario.begin:
            control.set_fault(self._lab, name, True)

    def _set_faults(self, act: Act) -> None:
        for names, on in ((act.begin, True), (act.end, False)):
            for name in names:
                control.set_fault(self._lab, name, on)

    def _planned(self, scenario: Scenario) -> Done:
        values = {**self._scenarios.values, **scenario.values}
        given = [word for name, value in values.items() for word in ("-p", f"{name}={self._value(value)}")]
        plan, target = self._lab / "rehearsal.plan", self._scenarios.target
        plan.unlink(missing_ok=True)
        done = self._hisops("plan", self._runbook.id, "-t", target, *given, "-o", str(plan), "--json")
        gates = [step.gate.approve for step in self._runbook.steps if step.gate and step.gate.approve]
        for role in dict.fromkeys(gate.role for gate in gates if gate.of == "plan" and done.returncode == 0):
            self._must("approve", str(plan), who=self._who(role))
        return done

    def _begun(self, act: Act, number: int, run: str | None) -> Done:
        """Start what the act is about: the run, its undo, or that it goes on."""
        if number == 0 or run is None:
            return self._hisops("run", str(self._lab / "rehearsal.plan"), "--json")
        if act.undo:
            return self._hisops("undo", run, "--to", act.undo, "--json")
        return self._hisops("resume", run, "--json")

    def _pass_gates(self, scenario: Scenario, done: Done) -> Done:
        for _ in range(MOST_GATES):
            if done.returncode != WAITING:
                break
            answer = json.loads(done.stdout)
            run, gate = answer["run"], answer["waits"][0]
            self._answer(scenario, run, gate)
            done = self._hisops("resume", run, "--json")
        return done

    def _answer(self, scenario: Scenario, run: str, gate: Mapping[str, Any]) -> None:
        typed = {"type_target": self._scenarios.target, "confirm": "yes"}
        said = scenario.answers.get(gate["step"], SEEN)
        parts = [part for part in gate["parts"] if not part.startswith("approve")]
        if parts:
            self._must("answer", run, gate["step"], *(typed.get(part, said) for part in parts))
        if len(parts) < len(gate["parts"]):
            self._must("approve", run, gate["step"], who=self._who(gate["role"]))

    def _not_passed(self, act: Act, run: str | None) -> Iterator[str]:
        """Give the states that a step should have been in by now, and was not."""
        records = load_run(self._lab / "logs", run).records if run and act.passed else ()
        passed = {(record.step, record.state) for record in records if isinstance(record, StepChanged)}
        for step, state in act.passed.items():
            if (step, state) not in passed:
                yield f"{step} was never {state}"

    def _miscounted(self, act: Act) -> Iterator[str]:
        """Give the tools that were started more often, or less, than they should have been."""
        record = entries(Layout(self._lab).record) if act.starts else ()
        started = [(each["tool"], *each["argv"]) for each in record if each["event"] == "start"]
        for tool, count in act.starts.items():
            words = tuple(tool.split())
            times = sum(each[: len(words)] == words for each in started)
            if times != count:
                yield f"{tool} was started {times} times, not {count}"

    def _take_refusals(self, done: Done) -> None:
        for refusal in json.loads(done.stdout or "{}").get("refusals", []):
            self.coverage.add_refusal(self._runbook, refusal["step"], refusal["reason"])

    def _close(self, outcome: Outcome, run: str) -> None:
        """Hold the log to verify, as far as the run has come, and take what it tells."""
        loaded = load_run(self._lab / "logs", run)
        verified = self._hisops("log", "verify", run)
        if verified.returncode not in ({0} if loaded.sealed else {0, INCOMPLETE}):
            outcome.wrong.append(f"log verify ended {verified.returncode}: {_last_line(verified)}")
        self.coverage.add(self._runbook, loaded.records)

    def _value(self, value: Given) -> str:
        if not isinstance(value, FromLab):
            return str(value).lower() if isinstance(value, bool) else str(value)
        found = sorted(self._lab.glob(value.file))
        if len(found) != 1:
            raise UsageProblem(
                "HIS-7021", "The lab has {count} files like {pattern}, not one.", "Correct the scenario.",
                count=len(found), pattern=value.file,
            )  # fmt: skip
        return hashlib.sha256(found[0].read_bytes()).hexdigest() if value.digest else str(found[0])

    def _who(self, role: str) -> str:
        """Return somebody else than the operator who holds `role`."""
        roster: Roster = load_roster(self._lab / "trust/roster.yaml").model
        return next(who for who, person in roster.people.items() if role in person.roles and who != OPERATOR)

    def _must(self, *words: str, who: str = OPERATOR) -> None:
        done = self._hisops(*words, who=who)
        if done.returncode:
            raise UsageProblem(
                "HIS-7022", "In the rehearsal `{words}` ended {exit}: {said}", "Correct the scenario.",
                words=" ".join(("hisops", *words)), exit=done.returncode, said=_last_line(done),
            )  # fmt: skip

    def _hisops(self, *words: str, who: str = OPERATOR) -> Done:
        key = self._lab / "people" / who / "id_ed25519"
        known = {"HISOPS_SITE": str(self._lab), "HISOPS_KEY": str(key), "LC_ALL": "C.UTF-8", "COLUMNS": "400"}
        return self._call(words, {**os.environ, **known})


def _differs(act: Act, done: Done, answer: Mapping[str, Any]) -> Iterator[str]:
    """Give what is not as the act expects it."""
    if done.returncode not in act.exits:
        wanted = " or ".join(map(str, act.exits))
        yield f"exit {done.returncode}, not {wanted}: {answer.get('reason') or _last_line(done)}"
    if act.state and answer.get("state") != act.state:
        yield f"the run is {answer.get('state')}, not {act.state}"
    states = {step["id"]: step["state"] for step in answer.get("steps", [])}
    for step, state in act.steps.items():
        if states.get(step) != state:
            yield f"{step} is {states.get(step)}, not {state}"
    for pattern in act.named:
        if not re.search(pattern, done.stdout + done.stderr, re.MULTILINE):
            yield f"nothing says {pattern!r}"


def _last_line(done: Done) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip() if lines else ""
