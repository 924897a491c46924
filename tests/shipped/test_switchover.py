"""The switchover drill: its order is safe, its probe tells every pair of roles, and its scripts do what they say."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from hisops import expressions
from hisops.errors import HisopsError
from hisops.model.judge import Judgement
from tests.shipped import procedures
from tests.shipped.procedures import judges, runbook
from tests.shipped.recorded import cases
from tests.shipped.test_scripts import Run, run, script_of

__all__ = ["run"]
NAME = "oracle/dg-switchover"
BOOK = runbook(NAME)
SWITCHOVERS = ["switchover-broker", "switchover-sql"]
ORDER = [
    "opening", "quiesce", "transactions-gone", "caught-up", "last-change", "switchover-sql", "sides-after",
    "finish-switchover", "sides-changed", "open-primary", "open-pdbs", "mount-old", "switched", "start-apply",
]  # fmt: skip
SIDES = {case.name: case for case in cases() if (case.tool, case.action) == ("dataguard", "roles")}
ECHO = "#!/bin/sh\ncat\n"


def test_each_step_waits_for_the_one_before() -> None:
    for before, after in pairwise(ORDER):
        assert before in procedures.ancestors(BOOK, after), f"{before}, then {after}"


def test_it_has_what_the_record_of_a_drill_reads() -> None:
    known = {step.id for step in BOOK.steps}
    assert {"backup-proof", "opening", "switched", "rpo", "data-check", "business", "conclusion"} <= known
    assert {"fault_at", "last_change_at", "lost_seconds", "heartbeats_lost"} == BOOK.step("rpo").outputs.keys()
    wanted = {"drill_no", "commander", "participants", "emergency_plan", "rto_target_minutes", "rpo_target_minutes"}
    assert wanted <= BOOK.parameters.keys()
    assert not [name for name, parameter in BOOK.parameters.items() if parameter.required]


@pytest.mark.parametrize("step_id", SWITCHOVERS)
def test_a_switchover_is_approved_typed_held_and_never_repeated(step_id: str) -> None:
    step = BOOK.step(step_id)
    assert step.gate is not None
    assert step.gate.type_target
    assert step.gate.approve is not None
    assert (step.gate.approve.role, step.gate.approve.of) == ("dba_lead", "plan")
    assert (step.effect, step.idempotent, step.failure_policy) == ("destructive", False, "hold")
    assert step.undo is not None
    assert step.undo.none is not None


def test_exactly_one_of_the_two_ways_applies() -> None:
    for broker in ("ENABLED", "DISABLED"):
        scope = {"steps": {"primary_state": {"out": {"broker": broker}}}}
        applies = [expressions.evaluate(str(BOOK.step(name).when), scope) for name in SWITCHOVERS]
        assert applies == [broker == "ENABLED", broker != "ENABLED"]


def test_nothing_ends_a_run_once_the_applications_are_stopped() -> None:
    after = BOOK.steps[BOOK.steps.index(BOOK.step("quiesce")) :]
    assert not [step.id for step in after if step.failure_policy == "stop" and step.uses is None]


def judged(name: str) -> Judgement:
    return SIDES[name].judged()


def begun(name: str) -> bool | None:
    """Return what the probe makes of the roles of both sides; None when it cannot tell."""
    probe = BOOK.step("switchover-sql").probe
    assert probe is not None
    assert probe == BOOK.step("switchover-broker").probe
    result = judged(name)
    if result.verdict not in {"ok", "warn"}:
        return None
    try:
        return bool(expressions.evaluate(probe.done, {"out": result.out}))
    except HisopsError:
        return None


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ok-as-designed", False),
        ("ok-switched", True),
        ("warn-old-primary-down", True),
        ("warn-both-standby", True),
        ("warn-neither-primary", True),
        ("warn-end-of-redo-received", True),
        ("warn-old-primary-down-nothing-received", None),
        ("warn-there-down", None),
        ("failed-split-brain", None),
        ("failed-logon-denied", None),
        ("unknown-cut-off", None),
    ],
)
def test_both_roles_tell_whether_a_switchover_has_begun(name: str, answer: bool | None) -> None:
    assert begun(name) is answer


@pytest.mark.parametrize("name", ["finish-switchover", "limbo-apply", "mount-limbo", "limbo-applied"])
def test_force_is_for_two_standbys_alone(name: str) -> None:
    scope = {"steps": {"sides_after": {"out": {"there_primary": True, "here_down": True}}}}
    assert not expressions.evaluate(str(BOOK.step(name).when), scope)


def test_force_waits_until_both_control_files_say_standby_and_the_end_of_redo_is_applied() -> None:
    limbo = BOOK.step("sides-limbo").verify[0].require
    assert expressions.evaluate(limbo, {"out": judged("warn-both-standby").out})
    assert not expressions.evaluate(limbo, {"out": judged("warn-end-of-redo-received").out})
    assert not expressions.evaluate(limbo, {"out": judged("ok-as-designed").out})
    wait = BOOK.step("limbo-applied").wait
    assert wait is not None
    assert not expressions.evaluate(wait.until, {"out": judged("warn-end-of-redo-received").out})
    gate = BOOK.step("finish-switchover").gate
    assert gate is not None
    assert gate.confirm


def test_an_old_primary_is_never_opened_before_its_role_is_seen() -> None:
    starts = [part.call.stdin or part.call.sh or "" for part in procedures.parts(BOOK)]
    assert not [text for text in starts if "STARTUP" in text.replace("STARTUP MOUNT", "")]
    assert "switched" in procedures.ancestors(BOOK, "open-old")


def test_passwords_never_stand_on_a_command_line_and_dgmgrl_never_uses_a_slash() -> None:
    for part in procedures.parts(BOOK):
        assert "secret:" not in (part.call.sh or "")
        if "dgmgrl" in (part.call.sh or ""):
            assert 'connect sys/"@{secret:sys}"@@{' in (part.call.stdin or ""), str(part)


def sqlplus_that_echoes(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "bin" / "sqlplus"
    path.parent.mkdir(parents=True)
    path.write_text(ECHO)
    path.chmod(0o755)
    return tmp_path / "home"


def test_only_pdbs_that_were_open_before_and_are_closed_now_are_opened(run: Run, tmp_path: Path) -> None:
    done = run(
        script_of("open-pdbs", NAME), ORACLE_HOME=sqlplus_that_echoes(tmp_path),
        HISOPS_PDBS_BEFORE_NAMES="HISPDB LISPDB", HISOPS_PDBS_CLOSED_NAMES="LISPDB TESTPDB",
    )  # fmt: skip
    opened = [line for line in done.stdout.splitlines() if line.startswith("ALTER PLUGGABLE")]
    assert opened == ["ALTER PLUGGABLE DATABASE LISPDB OPEN READ WRITE FORCE;"]


@pytest.mark.parametrize(("processes", "cancels"), [(0, False), (1, True)])
def test_a_standby_that_applies_is_stopped_before_it_is_opened(
    run: Run, tmp_path: Path, processes: int, cancels: bool
) -> None:
    done = run(
        script_of("open-old", NAME), ORACLE_HOME=sqlplus_that_echoes(tmp_path), HISOPS_STANDBY_STATE_PDBS="HISPDB",
        HISOPS_OLD_STATE_RECOVERY_PROCESSES=processes,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert ("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL;" in lines) is cancels
    assert "ALTER PLUGGABLE DATABASE HISPDB OPEN READ ONLY FORCE;" in lines


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [("7", "7", (0, 0)), ("7", "5", (40, 2)), ("", "", (0, -1)), ("7", "", (0, -1))],
)
def test_what_was_lost_is_told_by_heartbeats_where_there_are_any(
    run: Run, before: str, after: str, lost: tuple[int, int]
) -> None:
    done = run(
        script_of("rpo", NAME), HISOPS_LAST_CHANGE_AT="2026-11-23 14:00:00", HISOPS_HEARTBEAT_BEFORE_BEAT=before,
        HISOPS_HEARTBEAT_AFTER_BEAT=after, HISOPS_HEARTBEAT_AFTER_SECONDS=40,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["lost_seconds"], told["heartbeats_lost"]) == lost


def test_the_judges_of_a_change_of_roles_never_say_failed_of_a_lost_session() -> None:
    assert [rule.id for rule in judges()["dataguard"].actions["switchover"].partial] == ["session-lost"]


def test_an_area_of_the_business_that_does_not_work_keeps_nothing_from_being_looked_at() -> None:
    needing = [step.id for step in BOOK.steps if "business" in step.needs]
    assert not needing, "each would be skipped"
