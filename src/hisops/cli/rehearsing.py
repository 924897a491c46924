"""Rehearse runbooks in a lab by their scenarios, through the command line as people would, and measure what was met."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.cli.cast import Cast, Done, last_line
from hisops.cli.expecting import differences, not_in_the_lab, not_passed
from hisops.cli.seat import BACK, ENDED, Seat
from hisops.errors import LogBroken, UsageProblem
from hisops.journal.reader import LoadedRun, list_runs, load_run
from hisops.lab import control
from hisops.lab.layout import Layout
from hisops.lab.record import entries
from hisops.model.coverage import Coverage
from hisops.model.records import GateOpened
from hisops.model.run import fold
from hisops.model.runbook import Runbook
from hisops.model.scenario import Act, FromLab, Given, Scenario, Scenarios

Came = tuple[Done, Mapping[str, Any]]

WAITING, INCOMPLETE, MOST_GATES = 10, 21, 60
LOOK = 0.1  # how often the log is read for the step at which hisops is to be killed
SEEN = "done, seen by the person on duty"  # what people answer where a scenario does not say


@dataclass
class Outcome:
    """What became of one scenario: its run, if there was one, and what was not as expected."""

    id: str
    run: str | None = None
    wrong: list[str] = field(default_factory=list)


class Rehearsal:
    """A lab and the people in it, who carry out the scenarios of one runbook one after another."""

    def __init__(self, lab: Path, runbook: Runbook, scenarios: Scenarios, cast: Cast | None = None) -> None:
        self._lab = lab.resolve()
        self._runbook = runbook
        self._scenarios = scenarios
        self._cast = cast or Cast(self._lab)
        self.coverage = Coverage()

    def carry_out(self, scenario: Scenario) -> Outcome:
        """Begin from a lab as it was made, act by act; stop at the first act that is not as expected."""
        outcome = Outcome(scenario.id)
        self._start_over(scenario)
        done = self._planned(scenario)
        if done.returncode:
            self._take_refusals(done)
            outcome.wrong += self._wrong(scenario.acts[0], done, {}, None)
            return outcome
        for number, act in enumerate(scenario.acts):
            self._set_faults(act)
            for step, what in act.resolve.items():
                self._cast.resolve(str(outcome.run), step, what, SEEN)
            words = self._words(act, number, outcome.run)
            done, answer = (self._at_terminal if act.terminal else self._by_commands)(scenario, act, words)
            outcome.run = answer.get("run", outcome.run)
            outcome.wrong += self._wrong(act, done, answer, outcome.run)
            if outcome.wrong:
                break
        if outcome.run:
            self._close(outcome, outcome.run)
        return outcome

    def _start_over(self, scenario: Scenario) -> None:
        for name in control.status(self._lab).faults:
            control.set_fault(self._lab, name, False)
        control.reset(self._lab)
        if scenario.start:
            control.set_picture(self._lab, scenario.start)
        for name in scenario.begin:
            control.set_fault(self._lab, name, True)

    def _set_faults(self, act: Act) -> None:
        for names, on in ((act.begin, True), (act.end, False)):
            for name in names:
                control.set_fault(self._lab, name, on)

    def _planned(self, scenario: Scenario) -> Done:
        values = {**self._scenarios.values, **scenario.values}
        given = [word for name, value in values.items() for word in ("-p", f"{name}={self._value(value)}")]
        plan, target = self._lab / "rehearsal.plan", self._scenarios.target_of(scenario)
        plan.unlink(missing_ok=True)
        done = self._cast.hisops("plan", self._runbook.id, "-t", target, *given, "-o", str(plan), "--json")
        gates = [step.gate.approve for step in self._runbook.steps if step.gate and step.gate.approve]
        for role in dict.fromkeys(gate.role for gate in gates if gate.of == "plan" and done.returncode == 0):
            self._cast.must("approve", str(plan), who=self._cast.approver(role))
        return done

    def _words(self, act: Act, number: int, run: str | None) -> list[str]:
        """Return the command that the act begins with: the run, its undo, or that it goes on."""
        until = ["--until", act.until] if act.until else []
        if number == 0 or run is None:
            return ["run", str(self._lab / "rehearsal.plan"), *until]
        return ["undo", run, "--to", act.undo] if act.undo else ["resume", run, *until]

    def _by_commands(self, scenario: Scenario, _act: Act, words: list[str]) -> Came:
        """Go on without a terminal: each gate ends the process, is answered by commands, and the run resumed."""
        done = self._cast.hisops(*words, "--json")
        for _ in range(MOST_GATES):
            if done.returncode != WAITING:
                break
            answer = json.loads(done.stdout)
            run, gate = answer["run"], answer["waits"][0]
            parts = [part for part in gate["parts"] if not part.startswith("approve")]
            if parts:
                said = [self._said(scenario, gate["step"], part) for part in parts]
                self._cast.must("answer", run, gate["step"], *said)
            if len(parts) < len(gate["parts"]):
                self._cast.must("approve", run, gate["step"], who=self._cast.approver(gate["role"]))
            done = self._cast.hisops("resume", run, "--json")
        return done, json.loads(done.stdout or "{}")

    def _at_terminal(self, scenario: Scenario, act: Act, words: list[str]) -> Came:
        """Go on at a terminal: one process, in which the operator types while others approve beside it."""
        known = None if words[0] == "run" else words[1]
        before, answered = set(list_runs(self._logs)), set[tuple[str, str]]()
        seat = self._cast.sit(*words)
        while (part := seat.asked(LOOK) if act.kill else seat.asked()) != ENDED:
            run = self._loaded(known, before)
            if part == BACK:
                seat.type(self._scenarios.target_of(scenario))
            elif run and part:
                self._reply(seat, scenario, run, part, answered)
            elif not act.kill or (run and fold(run.records).step(act.kill).state == "RUNNING"):
                seat.kill()  # as asked, or because it waits for what nobody knows
        done = subprocess.CompletedProcess(["hisops", *words], seat.code(), seat.text, "")
        run = self._loaded(known, before)
        return done, json.loads(self._cast.hisops("status", run.run_id, "--json").stdout) if run else {}

    def _loaded(self, known: str | None, before: set[str]) -> LoadedRun | None:
        """Return the run that goes on, or the one that has begun since `before`, as far as it has come."""
        name = known or next((run for run in list_runs(self._logs) if run not in before), None)
        try:
            return load_run(self._logs, name) if name else None
        except LogBroken:
            if known:
                raise
            return None  # its folder is there an instant before its entry in the ledger

    def _reply(self, seat: Seat, scenario: Scenario, run: LoadedRun, part: str, answered: set[tuple[str, str]]) -> None:
        """Answer a gate, or have it approved; what did not pass once leaves it waiting."""
        step = next(record.step for record in reversed(run.records) if isinstance(record, GateOpened))
        if (step, part) in answered:
            seat.type("")
        elif part == "approve":
            role = next(each.gate.approve.role for each in self._runbook.steps
                        if each.id == step and each.gate and each.gate.approve)  # fmt: skip
            self._cast.must("approve", run.run_id, step, who=self._cast.approver(role))
        else:
            seat.type(self._said(scenario, step, part))
        answered.add((step, part))

    def _said(self, scenario: Scenario, step: str, part: str) -> str:
        typed = {"type_target": self._scenarios.target_of(scenario), "confirm": "yes"}
        return typed.get(part, scenario.answers.get(step, SEEN))

    def _wrong(self, act: Act, done: Done, answer: Mapping[str, Any], run: str | None) -> list[str]:
        records = load_run(self._logs, run).records if run else ()
        record = entries(Layout(self._lab).record)
        return [*differences(act, done, answer), *not_passed(act, records), *not_in_the_lab(act, record)]

    def _take_refusals(self, done: Done) -> None:
        for refusal in json.loads(done.stdout or "{}").get("refusals", []):
            self.coverage.add_refusal(self._runbook, refusal["step"], refusal["reason"])

    def _close(self, outcome: Outcome, run: str) -> None:
        """Hold the log to verify, as far as the run has come, and take what it tells."""
        loaded = load_run(self._logs, run)
        verified = self._cast.hisops("log", "verify", run)
        if verified.returncode not in ({0} if loaded.sealed else {0, INCOMPLETE}):
            outcome.wrong.append(f"log verify ended {verified.returncode}: {last_line(verified)}")
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
        if value.text:
            return found[0].read_text(encoding="utf-8").strip()
        return hashlib.sha256(found[0].read_bytes()).hexdigest() if value.digest else str(found[0])

    @property
    def _logs(self) -> Path:
        return self._lab / "logs"
