"""What a drill asks of both databases before, during and after it."""

from __future__ import annotations

import itertools
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hisops.lab import pictures, scn
from tests.lab.pairing import Pair

CANCEL = "alter database recover managed standby database cancel"
LAST = ("item", "timestamp", "comments")


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path, enabled=False)


def last_applied(both: Pair, name: str) -> list[tuple]:
    return [row for row in both.view(name, "v$recovery_progress", *LAST) if row[0] == "Last Applied Redo"]


def test_the_last_applied_change_is_told_with_its_time_while_recovery_runs(both: Pair) -> None:
    _, when, comment = last_applied(both, "his_dr")[0]
    assert abs(when - datetime.now()) < timedelta(seconds=5)
    assert abs(int(comment.removeprefix("SCN: ")) - scn.current(both.state("his"))) < 5 * 17
    assert last_applied(both, "his") == [], "nothing recovers on a primary"
    both.sql("his_dr", CANCEL)
    assert last_applied(both, "his_dr") == []


def test_a_standby_log_holds_the_last_change_that_was_received(both: Pair) -> None:
    both.sql("his_dr", CANCEL)
    time.sleep(0.3)
    with_redo = [row for row in both.view("his_dr", "v$standby_log", "status", "last_change#") if row[0] == "ACTIVE"]
    assert with_redo[0][1] > both.view("his_dr", "v$database", "current_scn")[0][0]
    assert {row[0] for row in both.view("his", "v$standby_log", "status")} == {"UNASSIGNED"}


def test_logs_follow_each_other_without_a_hole_in_their_changes(both: Pair) -> None:
    logs = sorted(both.view("his", "v$log_history", "sequence#", "first_change#", "next_change#"))
    assert all(one[2] == two[1] for one, two in itertools.pairwise(logs))
    archived = dict(both.view("his_dr", "v$archived_log", "sequence#", "next_change#"))
    assert archived[logs[-1][0]] == pytest.approx(logs[-1][2], abs=40)


def test_both_have_temporary_files_in_each_container(both: Pair) -> None:
    for name in ("his", "his_dr"):
        assert [row[0] for row in both.view(name, "v$tempfile", "con_id")] == [1, 3, 4]
        assert len(both.view(name, "cdb_temp_files", "file_name")) == 3
        assert both.view(name, "dba_temp_files", "status") == [("ONLINE",)]
    assert {row[0] for row in both.view("his", "v$datafile", "unrecoverable_change#")} == {0}


def test_the_configuration_names_roles_as_they_are(both: Pair) -> None:
    pictures.put_up(both.layout, "switched")
    rows = both.view("his", "v$dataguard_config", "db_unique_name", "parent_dbun", "dest_role")
    assert rows == [("HIS", "HIS_DR", "PHYSICAL STANDBY"), ("HIS_DR", "NONE", "PRIMARY DATABASE")]


def test_before_the_control_file_is_open_there_is_nothing_to_tell(both: Pair) -> None:
    both.shutdown("his_dr")
    for view in ("v$recovery_progress", "v$log_history", "v$dataguard_config", "v$tempfile"):
        column = {"v$tempfile": "name", "v$dataguard_config": "dest_role", "v$log_history": "thread#"}.get(view, "item")
        assert both.view("his_dr", view, column) == []
