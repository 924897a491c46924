"""What an act says must come of it, held against what came."""

from __future__ import annotations

import subprocess

from hisops.cli.expecting import differences, not_in_the_lab, not_passed
from hisops.lab.pair import TWO_PRIMARIES
from hisops.model import records as r
from hisops.model.scenario import Act

ANSWER = {"state": "HELD", "reason": "no proof", "steps": [{"id": "apply", "state": "FAILED"}]}


def ended(code: int, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(["hisops"], code, said, "")


def started(tool: str, *argv: str) -> dict[str, object]:
    return {"event": "start", "tool": tool, "argv": list(argv)}


def test_nothing_is_told_of_what_came_as_expected() -> None:
    act = Act(exit=[0, 11], state="HELD", steps={"apply": "FAILED"}, named=["^held"])
    assert list(differences(act, ended(11, "well\nheld"), ANSWER)) == []


def test_exit_state_steps_and_words_are_told_when_they_differ() -> None:
    act = Act(exit=0, state="SUCCEEDED", steps={"apply": "SUCCEEDED"}, named=["done"])
    assert list(differences(act, ended(11), ANSWER)) == [
        "exit 11, not 0: no proof", "the run is HELD, not SUCCEEDED", "apply is FAILED, not SUCCEEDED",
        "nothing says 'done'",
    ]  # fmt: skip


def test_a_state_that_a_step_was_never_in_is_told() -> None:
    act = Act(exit=0, passed={"apply": "FAILED", "look": "FAILED"})
    records = [r.StepChanged(step="apply", state="FAILED"), r.StepChanged(step="apply", state="SUCCEEDED")]
    assert list(not_passed(act, records)) == ["look was never FAILED"]


def test_tools_are_counted_by_their_first_words() -> None:
    act = Act(exit=0, starts={"opatch apply": 1, "opatch": 2, "rman": 0})
    record = [started("opatch", "apply", "-silent"), started("opatch", "version"), {"event": "end", "tool": "rman"}]
    assert list(not_in_the_lab(act, record)) == []
    assert list(not_in_the_lab(act, record[:1])) == ["opatch was started 1 times, not 2"]


def test_two_primaries_fail_any_act() -> None:
    assert list(not_in_the_lab(Act(exit=0), [{"event": TWO_PRIMARIES}])) == [
        "two databases were primary and open for writing at once"
    ]
