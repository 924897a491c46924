"""Deviations open every summary, numbered; what is printed to be pasted is whole; what was seen is told."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.text import Text

from hisops.console.closing import closing_lines, document, status_lines
from hisops.console.logs import show_document, show_lines
from hisops.console.observed import Tool, killed_lines, left_lines, observed_document, observed_lines
from hisops.console.verify import verify_lines
from hisops.model import records as r
from hisops.ports import Killed, OpStatus
from tests.console.story import Teller, page, until_apply
from tests.console.test_reports import loaded, verification

KILLED = r.Deviation(kind="killed", step="apply", reason="its tool was killed: it hung", by="dba2@hospital")
LEFT = r.Deviation(kind="lock-left", reason="the host is away " * 12)


def plain(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def words(lines: list[Text]) -> str:
    return " ".join(plain(lines).split())


def story() -> Teller:
    return until_apply().tell(KILLED, LEFT, r.StepChanged(step="apply", state="UNKNOWN")).run_is("HELD")


OPENING = "▲ Deviations from the runbook: 2 1. apply, tool killed: its tool was killed: it hung (dba2@hospital) 2."


@pytest.mark.parametrize("width", [80, 120])
def test_deviations_open_the_closing_screen_and_the_status(width: int) -> None:
    told = story()
    for lines in (
        closing_lines(told.progress, page(width=width), 11),
        status_lines(told.progress, page(width=width), 11, told.now),
    ):
        assert words(lines).startswith(OPENING)
        assert words(lines).count("it hung") == 1
        assert all(cell_len(line.plain) <= width for line in lines)


def test_nobody_in_particular_answers_for_what_hisops_did_itself() -> None:
    assert "the host is away (hisops)" in words(closing_lines(story().progress, page(), 11))


def test_they_are_said_in_chinese_too_and_without_any_it_says_none() -> None:
    assert cell_len(plain(closing_lines(story().progress, page("zh"), 11)).split("\n")[1]) > 0
    calm = words(closing_lines(until_apply().progress, page(), 14))
    assert "Deviations from the runbook" not in calm
    assert "deviations none" in calm


def test_deviations_open_the_log_and_its_document() -> None:
    run = loaded()
    assert words(show_lines(run, page())).startswith("▲ Deviations from the runbook: 1 1. apply, resolution: resolved")
    assert next(iter(show_document(run, None))) == "deviations"


def test_deviations_open_the_verification_named_by_run_where_there_are_several() -> None:
    found = verification("verified")
    found["runs"][0]["deviations"] = story().progress.view.numbered_deviations()
    assert words(verify_lines(found, page(), ["ssh-keygen -Y verify"])).startswith(OPENING)
    found["runs"] *= 2
    assert words(verify_lines(found, page())).startswith("▲ Deviations from the runbook in 2026-11-24-0201-his-7k3: 2")


def test_the_document_of_a_run_begins_with_them() -> None:
    told = document(story().progress, 11)
    assert next(iter(told)) == "deviations"
    assert told["deviations"][0] == {  # type: ignore[index]
        "number": 1, "kind": "killed", "step": "apply", "reason": "its tool was killed: it hung", "by": "dba2@hospital",
    }  # fmt: skip


def waiting(*parts: str) -> Teller:
    told = until_apply().tell(
        r.GateOpened(step="apply", parts=list(parts), evidence="sha256:00"),
        r.StepChanged(step="apply", state="WAITING"),
    )
    return told.run_is("WAITING")


def test_answers_are_filled_in_and_what_only_a_person_knows_is_asked_for_by_the_shell() -> None:
    text = plain(closing_lines(waiting("confirm", "type_target", "read_back").progress, page(width=140), 10))
    (line,) = [line for line in text.splitlines() if "hisops answer" in line]
    command = line.partition("hisops answer ")[2]
    assert command.startswith("7k3 apply yes his ")
    script = f"set -u; printf '%s,' {command}"
    unset = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert unset.returncode != 0
    assert "read it from the evidence" in unset.stderr
    ready = subprocess.run(["sh", "-c", script], env={"READ_BACK": "1203 4"}, capture_output=True, text=True)
    assert ready.stdout == "7k3,apply,yes,his,1203 4,"


def test_options_that_were_typed_are_typed_again_but_never_ones_own_key_for_another_person() -> None:
    site = replace(page(width=160), site_words=" --site '/a b'", key_words=" --key /k")
    text = plain(closing_lines(waiting("type_target", "approve-1").progress, site, 10))
    assert "hisops --site '/a b' --key /k answer 7k3 apply his" in text
    assert "hisops --site '/a b' approve 7k3" in text
    assert "hisops --site '/a b' --key /k resume 7k3" in text


def test_what_was_seen_of_a_run_that_goes_on() -> None:
    told = until_apply().running("apply")
    tool = Tool("his-db1", OpStatus(state="running", pid=4417))
    text = words(observed_lines(told.progress, page(), 14, tool, live=True))
    assert text.startswith("The run goes on, still at step 8, Apply the patch. The tool runs on his-db1, process 4417.")
    seen = observed_document(told.progress, 14, tool, live=True, asked="sha256:01")
    assert (seen["at"], seen["tool"]["pid"], seen["asked"]) == ("apply", 4417, "sha256:01")


@pytest.mark.parametrize(
    ("state", "live", "sentence"),
    [
        ("PAUSED", False, "Nobody carries the run out now."),
        ("CANCELLED", False, "The run has ended."),
        ("RUNNING", True, "The run goes on; it is between two steps, or waits at a gate."),
    ],
)
def test_what_was_seen_of_a_run_elsewhere(state: str, live: bool, sentence: str) -> None:
    lines = observed_lines(until_apply().run_is(state).progress, page(), 14, live=live)
    assert words(lines).startswith(sentence)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (OpStatus(state="exited", code=143), "has ended with exit code 143"),
        (OpStatus(state="running", pid=7), "runs on his-db1, process 7"),
        (OpStatus(state="lost"), "is gone and has left no exit code"),
        (OpStatus(state="absent"), "his-db1 knows nothing of the tool"),
        (OpStatus(state="starting"), "is being started"),
    ],
)
def test_a_kill_tells_what_the_host_said(status: OpStatus, sentence: str) -> None:
    text = words(killed_lines("his-db1", Killed(status=status, terminated=3, killed=1), page()))
    assert text.startswith("TERM went to 3 processes, KILL to 1.")
    assert sentence in text


def test_what_is_left_is_named_or_none() -> None:
    text = words(left_lines({"steps": ["apply: UNKNOWN"], "tools": [], "locks": ["database-1 on his-db1"]}, page()))
    assert "Steps that are open: apply: UNKNOWN Tools on hosts: none Locks that remain: database-1 on his-db1" in text
