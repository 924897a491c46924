"""A playbook's own run on the screen, and what changed in a runbook."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hisops.console.amending import difference_lines
from hisops.console.children import child_rows, children_document
from hisops.console.closing import closing_lines
from hisops.console.i18n import Language
from hisops.console.progress import Progress
from hisops.console.theme import Page
from hisops.model import records as r
from hisops.model.expansion import ExpandedRunbook
from tests.support.builders import WORDS
from tests.support.playing import played

PAGE = Page(say=Language("en"), width=100)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
BEGUN = [
    r.StepChanged(step="standby", state="RUNNING", attempt=1),
    r.ChildIntended(step="standby", attempt=1, run="2026-11-24-his-dr-k3x", runbook="oracle/standby", target="his_dr"),
]
WAITS = r.RunChanged(state="WAITING", reason="standby: its run waits")
ENDED = r.ChildEnded(step="standby", attempt=1, run="2026-11-24-his-dr-k3x", state="SUCCEEDED", exit=0, head="sha256:1")


def progress(*records: r.Record) -> Progress:
    document = {
        "hisops": "runbook/v1", "id": "playbooks/night", "version": "1.0.0", "title": WORDS, "purpose": WORDS,
        "target": {"engine": "oracle"}, "locks": [],
        "steps": [played("standby", "his_dr"), played("primary", needs=["standby"])],
    }  # fmt: skip
    found = Progress("2026-11-24-his-abc", "his", ExpandedRunbook.model_validate(document))
    for record in records:
        found.apply(record, NOW)
    return found


def test_while_a_run_waits_the_screen_leads_to_it_and_then_back() -> None:
    lines = [line.plain for line in closing_lines(progress(*BEGUN, WAITS), PAGE, 10)]
    commands = [line.strip() for line in lines if "hisops " in line]
    assert commands == ["look   hisops status k3x   (it has its own gates)", "then   hisops resume abc"]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [*BEGUN, ENDED, r.StepChanged(step="standby", state="SUCCEEDED")],
        [*BEGUN, ENDED, r.RunSealed(state="FAILED", exit=1)],
    ],
)
def test_a_playbook_with_no_run_open_has_the_usual_ways_on(records: list[r.Record]) -> None:
    assert child_rows(progress(*records), PAGE) == []


def test_programs_are_told_each_run_and_how_it_ended() -> None:
    open_, ended = (children_document(progress(*BEGUN, *more))["children"] for more in ([], [ENDED]))
    expected = {
        "step": "standby", "run": "2026-11-24-his-dr-k3x", "runbook": "oracle/standby", "target": "his_dr",
        "state": None, "exit": None,
    }  # fmt: skip
    assert open_ == [expected]
    assert ended == [{**expected, "state": "SUCCEEDED", "exit": 0}]
    assert children_document(progress()) == {}


def test_a_difference_is_whole_harmless_and_in_parts() -> None:
    lines = difference_lines(
        ["@@ step change", " id: change", "   deep: 1", "-sh: echo \x1b[2J", "+sh: " + "x" * 200], PAGE
    )
    plain = [line.plain for line in lines]
    assert plain[:4] == ["", "  step change", "     id: change", "       deep: 1"]
    assert "\x1b" not in "".join(plain)
    assert sum(line.count("x") for line in plain[5:]) == 200
    assert all(len(line) <= PAGE.width for line in plain)
    assert {str(line.style) for line in lines} >= {"bold", "red", "green", "dim"}
