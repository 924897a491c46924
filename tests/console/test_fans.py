"""Composed runbooks on the screen: one line for all items of a step, each item by its name where it matters."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

from rich.cells import cell_len

from hisops.console.live import PlainWatch
from hisops.console.plan import plan_lines
from hisops.console.progress import Progress
from hisops.console.runbook import show_lines
from hisops.console.steps import running_lines
from hisops.model import records as r
from hisops.model.expanding import Source, expand
from hisops.model.expansion import ExpandedRunbook
from hisops.model.plan import PlannedStep
from hisops.model.runbook import Runbook
from hisops.model.site import Site
from tests.console import story
from tests.console.story import BEGIN, page
from tests.console.test_live import SlowClock, screen_into
from tests.support.builders import SITE

HOSTS = [f"app{number}" for number in range(1, 5)]
DISKS = {"id": "disks", "title": {"zh": "检查磁盘", "en": "Check the disks"}, "effect": "read", "sh": "df"}
PART = {**story.RUNBOOK, "id": "oracle/part", "steps": [
    {"id": "see", "title": {"zh": "看", "en": "See"}, "effect": "read", "sh": "x"},
    {"id": "act", "title": {"zh": "做", "en": "Act"}, "effect": "read", "sh": "x"},
]}  # fmt: skip
USE = {"id": "use", "title": {"zh": "用", "en": "Use the part"}, "effect": "read", "uses": "oracle/part"}
STEPS = [story.STEPS[0], {**DISKS, "for_each": HOSTS, "parallel": 3}, USE]


def expanded() -> ExpandedRunbook:
    hosts = {name: {"address": "127.0.0.1"} for name in ["his-db1", *HOSTS]}
    site = Site.model_validate({**SITE, "hosts": hosts})
    main = Source({**story.RUNBOOK, "steps": STEPS}, "sha256:main")
    return ExpandedRunbook.model_validate(expand(main, lambda name: Source(PART, "sha256:part"), site, "his"))


def planned(**verdicts: str) -> list[PlannedStep]:
    return [
        PlannedStep(id=id_, host=spot.host or "his-db1", user="x", verdict=verdicts.get(str(spot.item), "ok"))
        for id_, spot in ((step.id, step.spot) for step in expanded().steps)
    ]


def shown(steps: list[PlannedStep]) -> list[str]:
    document = expanded().model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    for step in document["steps"]:
        step.pop("expect", None)
    plan = replace(story.plan(), runbook=document | {"hisops": "runbook/v1"}, steps=steps, warnings=[])
    return [line.plain for line in plan_lines(plan, page(width=80))]


def told(progress: Progress) -> list[str]:
    return [line.plain for line in running_lines(progress, page(width=80), BEGIN + timedelta(minutes=1))]


def test_the_plan_has_one_line_for_all_items_within_eighty_columns():
    lines = shown(planned())
    (line,) = [line for line in lines if "Check the disks" in line]
    assert line.split()[:5] == ["2-5", "Check", "the", "disks", "×4"]
    assert "4 hosts" in line
    assert max(cell_len(line) for line in lines) <= 80


def test_items_that_differ_are_named():
    text = " ".join(" ".join(shown(planned(app2="failed", app4="failed"))).split())
    assert "2 × ✓ ok (app1, app3)" in text
    assert "(app2, app4)" in text


def test_the_steps_of_a_runbook_that_is_used_stand_below_its_title():
    lines = shown(planned())
    at = next(number for number, line in enumerate(lines) if "Use the part" in line)
    assert "oracle/part" in lines[at]
    assert [line.split()[:2] for line in lines[at + 1 : at + 3]] == [["6", "See"], ["7", "Act"]]


def test_a_run_shows_how_many_items_are_done_and_those_that_failed_by_name():
    progress = Progress(run_id=story.RUN_ID, target="his", runbook=expanded())
    progress.apply(r.StepChanged(step="opatch-version", state="SUCCEEDED"), BEGIN)
    for name in HOSTS:
        progress.apply(r.StepChanged(step=f"disks-{name}", state="RUNNING"), BEGIN)
    for name in HOSTS[:2]:
        progress.apply(r.StepChanged(step=f"disks-{name}", state="SUCCEEDED"), BEGIN)
    assert any("Check the disks ×4" in line and "2 of 4 done" in line for line in told(progress))
    progress.apply(r.StepChanged(step="disks-app4", state="FAILED", reason="exit code 1"), BEGIN)
    lines = told(progress)
    assert any("Check the disks ×3" in line for line in lines)
    assert any("Check the disks (app4)" in line for line in lines)


def test_output_of_items_worked_on_at_once_is_tagged_and_its_lines_stay_whole():
    file = io.StringIO()
    progress = Progress(run_id=story.RUN_ID, target="his", runbook=expanded())
    observer = PlainWatch(screen_into(file, terminal=False, verbose=True), progress, SlowClock())  # type: ignore[arg-type]
    observer.output("disks-app1", "stdout", b"one ")
    observer.output("disks-app2", "stdout", b"two\n")
    observer.output("disks-app1", "stdout", b"whole\n")
    observer.record(r.StepChanged(step="disks-app2", state="SUCCEEDED"))
    text = file.getvalue()
    assert "app2 │ two" in text
    assert "app1 │ one whole" in text
    assert "Check the disks (app2): " in text


def test_a_runbook_is_shown_with_what_it_uses_repeats_and_requires():
    written = {**story.RUNBOOK, "steps": STEPS, "requires": [{"runbook": "oracle/restore-validate", "max_age": "30d"}]}
    text = " ".join(line.plain for line in show_lines(Runbook.model_validate(written), "sha256:x", page()))
    for words in ("the steps of oracle/part", "app1, app2, app3, app4", "3 at once", "oracle/restore-validate"):
        assert words in " ".join(text.split())
