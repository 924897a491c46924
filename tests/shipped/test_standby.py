"""The runbook for a standby's home, and the inspection: their order is safe, and they promise what they keep."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hisops.expressions import evaluate
from tests.shipped import procedures
from tests.shipped.procedures import runbook

STANDBY = runbook("oracle/patch-standby")
APPLY = runbook("oracle/patch-apply")
INSPECTION = runbook("oracle/inspection")
ORDER = [
    "stop-apply", "stop-database", "stop-listener", "holders", "archive-home", "apply", "inventory-after",
    "start-listener", "start-database", "open-standby", "start-apply", "standby-caught-up", "resume-operations",
]  # fmt: skip


def test_it_is_for_a_physical_standby_and_takes_the_parameters_of_a_playbook() -> None:
    assert STANDBY.command == "patch standby"
    assert STANDBY.target.role == "PHYSICAL STANDBY"
    assert set(STANDBY.parameters) == {"patch", "patch_sha256", "patch_id"} <= set(APPLY.parameters)
    assert set(STANDBY.locks) == {"database", "oracle_home"}


def test_each_step_waits_for_the_one_before() -> None:
    for before, after in pairwise(ORDER):
        assert before in procedures.ancestors(STANDBY, after), f"{before}, then {after}"


def test_no_sql_part_and_no_backup_runs_on_a_standby() -> None:
    scripts = " ".join(part.call.sh or "" for part in procedures.parts(STANDBY))
    assert "datapatch" not in scripts
    assert "rman" not in scripts
    assert "utlrp" not in scripts


def test_nothing_is_stopped_before_its_name_is_typed_and_another_person_has_approved() -> None:
    first = next(step for step in STANDBY.steps if step.writes and step.manual is None)
    assert first.id == "stop-apply"
    for step in (first, STANDBY.step("apply")):
        assert step.gate is not None
        assert step.gate.type_target
        assert step.gate.approve is not None
        assert (step.gate.approve.role, step.gate.approve.of) == ("dba_lead", "plan")


def test_a_failed_patch_leads_back_until_redo_is_applied_again() -> None:
    assert STANDBY.step("apply").on_failure == "undo"
    chain = procedures.undo_chain(STANDBY, "apply")
    assert chain == ["apply", "slibclean-before", "stop-listener", "stop-database", "stop-apply"]
    undo = STANDBY.step("stop-apply").undo
    assert undo is not None
    assert undo.verify


def test_an_undo_after_the_start_goes_all_the_way() -> None:
    chain = procedures.undo_chain(STANDBY, "start-apply")
    assert chain[:4] == ["start-apply", "open-standby", "start-database", "start-listener"]
    assert chain[-1] == "stop-apply"
    assert procedures.undo_chain(STANDBY, "resume-operations") == []


def test_a_failed_check_after_the_stop_ends_no_run_half_done() -> None:
    after = STANDBY.steps[STANDBY.steps.index(STANDBY.step("stop-apply")) :]
    assert "stop" not in {step.failure_policy for step in after}


def test_a_lag_counts_only_while_its_data_is_young() -> None:
    for step in ("standby-lag", "standby-caught-up"):
        part = STANDBY.step(step)
        sql = part.sql or (part.wait.sql if part.wait else "")
        assert "datum_time" in str(sql)


SHARED = sorted({step.id for step in STANDBY.steps} & {step.id for step in APPLY.steps})


@pytest.mark.parametrize("step", SHARED)
def test_what_both_nights_do_they_do_alike(step: str) -> None:
    """The scripts are the same, so that what is mended in one is mended in the other."""
    here, there = STANDBY.step(step), APPLY.step(step)
    if step not in {"stop-database", "start-database", "standby-lag", "listener-serves"}:
        assert (here.sh, here.judge, here.probe) == (there.sh, there.judge, there.probe)
    if step not in {"stop-database", "start-database", "quiesce", "resume-operations"}:
        assert here.undo == there.undo


def test_the_inspection_asks_and_goes_on() -> None:
    assert INSPECTION.command == "inspect database"
    assert INSPECTION.target.role is None
    assert {step.effect for step in INSPECTION.steps} == {"read"}
    assert {step.failure_policy for step in INSPECTION.steps} == {"continue"}
    assert not [name for name, parameter in INSPECTION.parameters.items() if parameter.required]


def test_what_reads_the_dictionary_leaves_a_mounted_standby_alone() -> None:
    for step in INSPECTION.steps:
        if any(word in (step.sql or "") for word in ("cdb_", "pdb_plug_in", "dba_")):
            assert str(step.when).endswith('target.state.database.open_mode != "MOUNTED"'), step.id


def caught_up(mode: str, transport: str, apply: str, age: int = 3) -> tuple[bool, bool]:
    """Return whether the check before and the wait after are content with these lags."""
    names = ("transport lag", transport), ("apply lag", apply)
    rows = [{"name": name, "value": value, "age_s": age} for name, value in names]
    scope = {"out": {"rows": rows, "count": 2}, "steps": {"apply_mode": {"out": {"mode": mode}}}}
    wait = STANDBY.step("standby-caught-up").wait
    assert wait is not None
    before = all(evaluate(item.require, scope) for item in STANDBY.step("standby-lag").verify)
    return before, evaluate(wait.until, scope)


@pytest.mark.parametrize(
    ("mode", "transport", "apply", "said"),
    [
        ("REAL TIME", "+00 00:00:00", "+00 00:00:01", (True, True)),
        ("REAL TIME", "+00 00:00:00", "+00 00:04:00", (True, False)),
        ("REAL TIME", "+00 00:00:00", "+00 00:40:00", (False, False)),
        ("REAL TIME", "+00 01:30:00", "+00 01:30:00", (False, False)),
        ("ARCHIVED", "+00 00:00:00", "+00 00:40:00", (True, True)),
        ("ARCHIVED", "+00 00:40:00", "+00 00:40:00", (False, False)),
        ("ARCHIVED", "+00 00:00:00", "+00 03:00:00", (False, False)),
        ("REAL TIME", "+01 00:00:00", "+01 00:00:00", (False, False)),
    ],
)
def test_how_far_behind_a_standby_may_be(mode: str, transport: str, apply: str, said: tuple[bool, bool]) -> None:
    assert caught_up(mode, transport, apply) == said


def test_an_old_lag_of_nothing_is_not_believed() -> None:
    assert caught_up("REAL TIME", "+00 00:00:00", "+00 00:00:00", age=600) == (False, False)
