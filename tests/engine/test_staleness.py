"""A run does what its plan says: a read that finds otherwise before the first write ends it."""

from __future__ import annotations

from typing import Any

import pytest

from hisops.model.plan import PlannedStep
from tests.support.builders import World, step, write
from tests.support.fakes import Program

PATCHES = {"patches": {"from": "judge", "type": "list"}}


def planned(step_id: str, **keys: Any) -> PlannedStep:
    return PlannedStep(id=step_id, host="his-db1", user="oracle", **keys)


def world(use: dict[str, Any] | None = None, drifts: bool | None = None, **found: Any) -> World:
    """A read of patches, planned as 7 alone, and a write that uses it as `use` says; it `found` something now."""
    output = PATCHES["patches"] | ({} if drifts is None else {"drifts": drifts})
    look = step("look", judge="tool/run", outputs={"patches": output})
    changing = write("change", **(use or {}))
    made = World([look, changing], planned=[planned("look", verdict="ok", out={"patches": ["7"]}), planned("change")])
    made.host.rules = {
        "run-look": Program(stdout=found.get("stdout", "patch 7\npatch 8\nDONE\n")),
        "run-change|change it": Program(stdout="DONE\n"),
        "probe-change": Program(stdout="DONE\n"),
    }
    return made


USED = {"sh": 'change it "$HISOPS_LOOK_PATCHES"'}


def test_a_value_that_a_write_is_rendered_with_must_be_as_planned():
    made = world(USED)
    ended = made.go()
    assert (ended.state, ended.exit_code) == ("FAILED", 3)
    assert ended.reason is not None
    assert "step look: patches was 7, is 7, 8" in ended.reason
    assert made.host.started == []
    assert made.states() == {"look": "FAILED", "change": "SKIPPED"}


def test_the_same_value_in_another_order_is_the_same():
    made = world(USED, stdout="patch 8\npatch 7\nDONE\n")
    made.planned[0] = planned("look", verdict="ok", out={"patches": ["7", "8"]})
    assert made.go().exit_code == 0


def test_a_value_that_no_write_uses_may_move():
    assert world().go().exit_code == 0


def test_an_author_may_let_a_used_value_drift():
    assert world(USED, drifts=True).go().exit_code == 0


def test_an_author_may_hold_the_plan_to_a_value_that_no_write_uses():
    assert world(drifts=False).go().exit_code == 3


@pytest.mark.parametrize(
    "use",
    [
        {"stdin": "x @{look_patches}", "sh": "change it"},
        {"undo": {"sh": "echo $HISOPS_LOOK_PATCHES"}},
        {"undo": {"sh": "x", "stdin": "@{look_patches}"}},
    ],
)
def test_used_is_whatever_a_write_or_its_undo_is_rendered_with(use):
    made = world(use)
    assert made.go().exit_code == 3


@pytest.mark.parametrize("sh", ["change it $HISOPS_LOOK_PATCHES_TOO", "change it $HISOPS_OVERLOOK_PATCHES"])
def test_a_longer_name_is_another_name(sh):
    assert world({"sh": sh}).go().exit_code == 0


def test_a_check_that_came_out_worse_is_named():
    made = World([step("look", on_failure="continue"), write("change")])
    made.planned = [planned("look", verdict="ok"), planned("change")]
    made.host.rules = {"run-look": Program(code=3)}
    ended = made.go()
    assert ended.exit_code == 3
    assert "step look was ok, is failed" in str(ended.reason)
    assert made.host.started == []


def test_a_check_that_failed_in_the_plan_too_is_as_planned():
    made = World([step("look", on_failure="continue"), write("change", sh="change it")])
    made.planned = [planned("look", verdict="failed"), planned("change")]
    made.host.rules = {"run-look": Program(code=3), "change it": Program(stdout="DONE\n"), "probe": Program("DONE\n")}
    assert made.go().state == "SUCCEEDED_WITH_EXCEPTIONS"


@pytest.mark.parametrize(
    ("before", "words"), [("no", "left out, and would be carried out"), ("yes", "carried out, and")]
)
def test_a_step_that_applies_otherwise_is_named(before, words):
    when = "steps.look.out.patches.size() > 0"
    made = world({"sh": "change it", "when": when}, stdout="DONE\n" if before == "yes" else "patch 7\nDONE\n")
    made.planned[1] = planned("change", applies=before)
    ended = made.go()
    assert ended.exit_code == 3
    assert "step change was to be " + words in str(ended.reason)


def test_what_the_plan_could_not_know_is_not_compared():
    made = world(USED)
    made.planned = [planned("look", unknown_until="other"), planned("change", applies="unknown")]
    assert made.go().exit_code == 0


def test_after_the_first_write_nothing_is_compared_any_more():
    late = step("late", judge="tool/run", outputs={"patches": PATCHES["patches"] | {"drifts": False}})
    made = World([write("change", sh="change it"), late])
    made.planned = [planned("change"), planned("late", verdict="ok", out={"patches": []})]
    made.host.rules = {
        "change it": Program(stdout="DONE\n"), "probe": Program(stdout="DONE\n"),
        "run-late": Program(stdout="patch 1\nDONE\n"),
    }  # fmt: skip
    assert made.go().exit_code == 0
