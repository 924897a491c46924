"""Saved plans over the system's own sshd: refused by name when anything moved; windows; times from verified runs."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import small_site, sshd
from tests.support.small_site import SmallSite
from tests.support.sshd import Sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]
Done = subprocess.CompletedProcess[str]

STEPS = """
hisops: runbook/v1
id: files/note
version: 1.0.0
title: {zh: 记, en: Note}
purpose: {zh: 记, en: Takes a note}
target: {engine: files}
WINDOW
steps:
  - id: look
    title: {zh: 看, en: Look}
    effect: read
    sh: 'printf "{\\"level\\": \\"%s\\", \\"free\\": %d}\\n" "$(cat "$FOLDER/level")" "$(wc -c < "$FOLDER/record")"'
    outputs:
      level: {from: json, type: string}
      free: {from: json, type: integer}
  - id: change
    title: {zh: 改, en: Change}
    needs: [look]
    effect: write
    GATE
    idempotent: true
    sh: 'echo "$HISOPS_LOOK_LEVEL" >> "$FOLDER/record"; echo "work done"'
    judge: files/work
    expect: 10m
    timeout: 10m
    undo: {none: {zh: 无, en: only a note}}
"""


@pytest.fixture
def small(tmp_path: Path, server: Sshd) -> SmallSite:
    made = small_site.make(tmp_path, server)
    (made.folder / "level").write_text("19.26\n")
    (made.folder / "record").write_text("")
    write_runbook(made)
    return made


def write_runbook(small: SmallSite, window: str = "", gate: str = "") -> None:
    text = STEPS.replace("WINDOW\n", f"{window}\n" if window else "").replace("    GATE\n", gate)
    (small.site / "runbooks/files/note.yaml").write_text(text)


def planned(small: SmallSite, *more: str) -> str:
    path = str(small.folder.parent / "p.plan")
    done = small.hisops("plan", "files/note", "-t", "box", "-o", path, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def said(done: Done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def document(small: SmallSite, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(small.hisops(*words, "--json").stdout)
    return answer


def nothing_was_written(small: SmallSite) -> bool:
    return (small.folder / "record").read_text() == ""


def test_a_saved_plan_is_carried_out(small: SmallSite) -> None:
    assert small.hisops("run", planned(small)).returncode == 0
    assert (small.folder / "record").read_text() == "19.26\n"


def test_a_database_that_failed_over_makes_the_plan_stale(small: SmallSite) -> None:
    path = planned(small)
    (small.folder / "mode").write_text("standby\n")
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "mode.mode was plain, is standby" in said(done)
    assert not (small.site / "logs/runs").exists()


def test_another_database_in_its_place_makes_the_plan_stale(small: SmallSite) -> None:
    path = planned(small)
    (small.folder / "name").write_text("another\n")
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "is another" in said(done)


def test_a_patch_that_somebody_else_applied_makes_the_plan_stale(small: SmallSite) -> None:
    path = planned(small)
    (small.folder / "level").write_text("19.27\n")
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "step look: level was 19.26, is 19.27" in said(done)
    assert nothing_was_written(small)
    verified = small.hisops("log", "verify", document(small, "status")["run"])
    assert verified.returncode == 0, verified.stdout


def test_a_value_that_changes_by_itself_does_not(small: SmallSite) -> None:
    path = planned(small)
    (small.folder / "record").write_text("grown\n")
    assert small.hisops("run", path).returncode == 0


def test_an_edited_runbook_makes_the_plan_stale(small: SmallSite) -> None:
    path = planned(small)
    runbook = small.site / "runbooks/files/note.yaml"
    runbook.write_text(runbook.read_text().replace("timeout: 10m", "timeout: 11m"))
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "files/note is not what the library holds now" in said(done)
    assert "step change: was timeout: 10m, is timeout: 11m" in said(done)


def test_a_stale_plan_can_still_be_read(small: SmallSite) -> None:
    path = planned(small)
    (small.folder / "name").write_text("another\n")
    (small.site / "site.yaml").unlink()
    shown = small.hisops("plan", "show", path)
    assert shown.returncode == 0
    assert "hospital/small" in shown.stdout
    assert "level 19.26" in shown.stdout


# ---- windows ---------------------------------------------------------------------------------------------------------


def open_between(
    small: SmallSite, begin: timedelta, end: timedelta, cutoff: str = "0m", window: bool = True, gate: str = ""
) -> None:
    """Give the site a calendar with one window around now, and the runbook the wish for one."""
    now = datetime.now(UTC)
    stamps = [f"{now + each:%Y%m%dT%H%M%SZ}" for each in (begin, end)]
    event = f"BEGIN:VEVENT\nUID:1\nSUMMARY:night\nDTSTART:{stamps[0]}\nDTEND:{stamps[1]}\nEND:VEVENT"
    (small.site / "night.ics").write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{event}\nEND:VCALENDAR\n")
    site = small.site / "site.yaml"
    text = site.read_text()
    if "windows:" not in text:
        calendar = f"windows:\n  night: {{file: night.ics, timezone: Asia/Shanghai, cutoff: {cutoff}}}\n"
        text = text.replace("    host: one\n", "    host: one\n    window: night\n") if window else text
        site.write_text(text + calendar)
    write_runbook(small, "window: required", gate)


GATE = "    gate: {type_target: true}\n"
HOUR = timedelta(hours=1)


def test_in_its_window_a_run_is_carried_out_and_the_screens_tell_it(small: SmallSite) -> None:
    open_between(small, -HOUR, 5 * HOUR)
    shown = small.hisops("plan", "files/note", "-t", "box")
    assert "open when planned" in said(shown)
    assert "last safe start" in said(shown)
    assert small.hisops("run", planned(small)).returncode == 0
    assert document(small, "status")["window"]["calendar"] == "night"


def test_by_day_it_is_planned_and_carried_out_only_at_night(small: SmallSite) -> None:
    open_between(small, 3 * HOUR, 5 * HOUR)
    path = planned(small)
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "HIS-6312" in done.stderr
    assert "the next is" in said(done)
    assert not (small.site / "logs/runs").exists()
    open_between(small, -HOUR, 5 * HOUR)
    assert small.hisops("run", path).returncode == 0


def test_too_late_in_the_night_it_is_refused_with_the_figures(small: SmallSite) -> None:
    open_between(small, -5 * HOUR, timedelta(minutes=9))
    done = small.hisops("run", planned(small))
    assert done.returncode == 3
    assert "HIS-6315" in done.stderr
    assert "10m" in said(done)
    assert "the author's figure" in said(done)


def test_after_the_cutoff_it_is_refused(small: SmallSite) -> None:
    open_between(small, -5 * HOUR, timedelta(minutes=40), cutoff="45m")
    done = small.hisops("run", planned(small))
    assert done.returncode == 3
    assert "HIS-6314" in done.stderr
    assert "45m" in said(done)


def test_without_a_calendar_it_is_refused_and_the_plan_warns(small: SmallSite) -> None:
    open_between(small, -HOUR, HOUR, window=False)
    shown = small.hisops("plan", "files/note", "-t", "box")
    assert "no calendar" in said(shown)
    done = small.hisops("run", planned(small))
    assert done.returncode == 3
    assert "HIS-6311" in done.stderr


def test_a_run_that_waited_at_its_gate_until_the_window_closed_waits_for_the_next(small: SmallSite) -> None:
    open_between(small, -HOUR, 5 * HOUR, gate=GATE)
    assert small.hisops("run", planned(small)).returncode == 10
    run = document(small, "status")["run"]
    assert small.hisops("answer", run, "change", "box").returncode == 0
    open_between(small, 3 * HOUR, 5 * HOUR, gate=GATE)
    done = small.hisops("resume", run)
    assert done.returncode == 3
    assert "No window is open for box" in said(done)
    assert document(small, "status")["state"] == "PAUSED"
    assert nothing_was_written(small)
    open_between(small, -HOUR, 5 * HOUR, gate=GATE)
    assert small.hisops("resume", run).returncode == 0
    verified = small.hisops("log", "verify", run)
    assert verified.returncode == 0, verified.stdout
    assert "in the window" in said(verified)


def test_a_calendar_that_cannot_be_read_is_a_mistake_of_usage(small: SmallSite) -> None:
    open_between(small, -HOUR, HOUR)
    path = planned(small)
    (small.site / "night.ics").write_text("nothing")
    done = small.hisops("run", path)
    assert done.returncode == 2
    assert "night.ics" in said(done)


def test_doctor_tells_of_calendars_and_windows(small: SmallSite) -> None:
    open_between(small, 2 * HOUR, 5 * HOUR)
    rows = {row["subject"]: row for row in document(small, "doctor")["checks"]}
    assert rows["calendar night"]["state"] == "ok"
    assert "closed now; the next:" in rows["window of box"]["fact"]
    (small.site / "night.ics").write_text("nothing")
    rows = {row["subject"]: row for row in document(small, "doctor")["checks"]}
    assert rows["calendar night"]["state"] == "bad"


@pytest.mark.parametrize(("line", "code"), [("windows: {}", "SI009"), ("timezone: Asia/Shangai", "SI010")])
def test_a_calendar_that_is_not_there_or_in_no_zone_is_a_fault_of_the_site(
    small: SmallSite, line: str, code: str
) -> None:
    open_between(small, -HOUR, HOUR)
    site = small.site / "site.yaml"
    head, _, tail = site.read_text().partition("windows:")
    other = line + "\n" if line.startswith("windows") else f"windows:{tail.replace('timezone: Asia/Shanghai', line)}"
    site.write_text(head + other)
    done = small.hisops("plan", "files/note", "-t", "box")
    assert done.returncode == 2
    assert code in done.stderr


# ---- times -----------------------------------------------------------------------------------------------------------


def test_after_three_runs_the_plan_counts_on_them(small: SmallSite) -> None:
    assert "the author's figures" in said(small.hisops("plan", "files/note", "-t", "box"))
    for _ in range(3):
        assert small.hisops("run", planned(small)).returncode == 0
    shown = small.hisops("plan", "files/note", "-t", "box")
    assert "median of 3 runs" in said(shown)
    timing = document(small, "plan", "files/note", "-t", "box")["plan"]["timing"]
    assert timing["total"]["runs"] == 3
    assert timing["steps"]["change"]["p95"] < 600
