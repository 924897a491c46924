"""The people of a lab in a rehearsal: the operator and the others, each with a key of their own, calling hisops."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hisops.cli.seat import Seat, take_seat
from hisops.documents.load import load_roster
from hisops.errors import UsageProblem
from hisops.model.roster import Roster

Done = subprocess.CompletedProcess[str]
Call = Callable[[Sequence[str], Mapping[str, str]], Done]
Sit = Callable[[Sequence[str], Mapping[str, str]], Seat]

OPERATOR = "dba1"


def call_hisops(words: Sequence[str], environment: Mapping[str, str]) -> Done:
    """Call hisops in a process of its own, without a terminal."""
    command = [sys.executable, "-m", "hisops", *words]
    return subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


class Cast:
    """Who can call hisops in a lab, and how: without a terminal by `call`, at one by `sit`."""

    def __init__(self, lab: Path, call: Call = call_hisops, sit: Sit = take_seat) -> None:
        self._lab = lab
        self._call = call
        self._sit = sit

    def hisops(self, *words: str, who: str = OPERATOR) -> Done:
        """Call hisops without a terminal."""
        return self._call(words, self._environment(who))

    def must(self, *words: str, who: str = OPERATOR) -> None:
        """Call hisops; UsageProblem if it does not end well."""
        done = self.hisops(*words, who=who)
        if done.returncode:
            raise UsageProblem(
                "HIS-7022", "In the rehearsal `{words}` ended {exit}: {said}", "Correct the scenario.",
                words=" ".join(("hisops", *words)), exit=done.returncode, said=last_line(done),
            )  # fmt: skip

    def resolve(self, run: str, step: str, what: str, seen: str) -> None:
        """Have the operator decide what became of a step, on evidence that says what was seen."""
        evidence = self._lab / "evidence.txt"
        evidence.write_text(f"{seen}\n", encoding="utf-8")
        self.must("resolve", run, step, "--as", what, "--evidence", str(evidence))

    def sit(self, *words: str) -> Seat:
        """Have the operator call hisops at a terminal, one that cannot be drawn upon: what is told stays to be read."""
        return self._sit(words, self._environment(OPERATOR) | {"TERM": "dumb"})

    def approver(self, role: str) -> str:
        """Return somebody else than the operator who holds `role`."""
        roster: Roster = load_roster(self._lab / "trust/roster.yaml").model
        return next(who for who, person in roster.people.items() if role in person.roles and who != OPERATOR)

    def _environment(self, who: str) -> dict[str, str]:
        key = self._lab / "people" / who / "id_ed25519"
        known = {"HISOPS_SITE": str(self._lab), "HISOPS_KEY": str(key), "LC_ALL": "C.UTF-8", "COLUMNS": "400"}
        return {**os.environ, **known}


def last_line(done: Done) -> str:
    """Return the last line of what a call said, errors first."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip() if lines else ""
