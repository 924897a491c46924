"""Rows go where redo goes: what a standby shows, what a role change keeps, what a flashback takes away."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hisops.lab import faults, history, pair, pictures, redo, scenario, scn
from tests.lab.pairing import APPLY, Pair

CANCEL = "alter database recover managed standby database cancel"


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path, enabled=False)


def beat(both: Pair, name: str, *numbers: int) -> None:
    for number in numbers:
        with pair.changing(both.store, name) as (state, _):
            history.commit(state, [(number, f"2026-11-23T08:00:{number:02d}")], [])


def shown(both: Pair, name: str) -> list[int | None]:
    state, other = both.state(name), both.state("his_dr" if name == "his" else "his")
    source = other if scn.follows(state, other) and not state["finished"] else state
    return [row[0] for row in history.rows(source, scn.applied(state, other))]


def lag(both: Pair, on: bool = True) -> None:
    faults.arm(both.store, "standby-lag", on)
    scenario.apply(both.layout, "standby-lag", on)


def test_a_row_is_on_the_standby_as_soon_as_it_is_applied(both: Pair) -> None:
    beat(both, "his", 1, 2)
    assert shown(both, "his") == shown(both, "his_dr") == [1, 2]
    both.sql("his_dr", CANCEL)
    beat(both, "his", 3)
    assert shown(both, "his_dr") == [1, 2]
    both.sql("his_dr", APPLY)
    time.sleep(0.2)
    assert shown(both, "his_dr") == [1, 2, 3]


def test_a_deletion_travels_like_a_row(both: Pair) -> None:
    beat(both, "his", 1, 2)
    both.sql("his_dr", CANCEL)
    with pair.changing(both.store, "his") as (state, _):
        history.commit(state, [], [(1, "2026-11-23T08:00:01")])
    assert shown(both, "his") == [2]
    assert shown(both, "his_dr") == [1, 2]


@pytest.mark.parametrize("fault", ["standby-lag", "gap"])
def test_lag_and_gap_hold_rows_back(both: Pair, fault: str) -> None:
    faults.arm(both.store, fault, True)
    scenario.apply(both.layout, fault, True)
    beat(both, "his", 1)
    assert shown(both, "his_dr") == []


def test_what_had_not_arrived_is_gone_after_a_failover(both: Pair) -> None:
    with pair.changing(both.store, "his_dr") as (_, primary):
        primary["scn_at"] -= 7200
    beat(both, "his", 1)
    lag(both)
    beat(both, "his", 2)
    both.shutdown("his")
    both.sql("his_dr", "alter database failover to his_dr")
    both.open("his_dr")
    lag(both, on=False)
    assert shown(both, "his_dr") == []
    assert shown(both, "his") == [1, 2], "the old primary has them, until it is flashed back"
    change = both.state("his_dr")["became_primary_scn"]
    both.mount("his")
    both.sql("his", f"flashback database to scn {change}")
    assert shown(both, "his") == []


def test_what_was_received_and_not_applied_yet_survives_a_failover_and_not_an_activation(tmp_path: Path) -> None:
    for statement, kept in (("failover to his_dr", [1]), ("activate physical standby database", [])):
        both = Pair(tmp_path / statement.split()[0], enabled=False)
        both.sql("his_dr", CANCEL)
        time.sleep(0.2)
        beat(both, "his", 1)
        both.shutdown("his")
        assert both.sql("his_dr", f"alter database {statement}") == "Database altered."
        assert shown(both, "his_dr") == kept


def test_recovery_that_was_finished_keeps_what_had_arrived(both: Pair) -> None:
    beat(both, "his", 1)
    both.sql("his_dr", "alter database recover managed standby database finish")
    beat(both, "his", 2)
    both.sql("his_dr", "alter database commit to switchover to primary")
    assert shown(both, "his_dr") == [1]


def test_a_switchover_loses_nothing_and_rows_then_flow_the_other_way(both: Pair) -> None:
    beat(both, "his", 1, 2, 3)
    pictures.put_up(both.layout, "switched")
    assert shown(both, "his_dr") == [1, 2, 3]
    beat(both, "his_dr", 4)
    assert shown(both, "his") == [1, 2, 3, 4]


def test_a_former_primary_stays_a_standby_for_good(both: Pair) -> None:
    pictures.put_up(both.layout, "failed-over")
    change = both.state("his_dr")["became_primary_scn"]
    both.mount("his")
    both.sql("his", f"flashback database to scn {change}")
    both.sql("his", "alter database convert to physical standby")
    both.mount("his")
    both.sql("his", APPLY)
    for number in (1, 2, 3):
        with pair.changing(both.store, "his") as (_, primary):
            primary["scn_at"] -= 60
        beat(both, "his_dr", number)
        assert redo.flows(both.state("his"))
    assert shown(both, "his") == [1, 2, 3]
    assert len(both.state("his")["incarnations"]) == 2


def test_two_primaries_that_take_writes_are_on_record(both: Pair) -> None:
    pictures.put_up(both.layout, "failed-over")
    assert two_primaries(both) == []
    both.mount("his")
    assert two_primaries(both) == []
    assert both.open("his") == ""
    assert two_primaries(both) == [["his", "his_dr"]]
    beat(both, "his", 1)
    assert len(two_primaries(both)) == 1, "once for each time that it comes about"
    both.shutdown("his")
    both.mount("his")
    both.open("his")
    assert len(two_primaries(both)) == 2


def test_a_broker_keeps_two_primaries_from_coming_about(both: Pair) -> None:
    pictures.put_up(both.layout, "failed-over-broker")
    both.mount("his")
    assert both.open("his") == "ORA-16649"
    assert two_primaries(both) == []


def two_primaries(both: Pair) -> list[list[str]]:
    from hisops.lab.record import entries

    return [each["databases"] for each in entries(both.layout.record) if each["event"] == pair.TWO_PRIMARIES]


def test_times_of_changes_survive_a_pause_in_which_nothing_changed(both: Pair) -> None:
    state = both.state("his")
    now = time.time()
    begun = history.time_of(state["marks"], state["scn"], now)
    assert begun == pytest.approx(now, abs=2)
    marks = [[100, 1000.0], [270, 2000.0]]  # ten seconds of changes, then nothing until 2000
    assert history.time_of(marks, 185, now) == 1005.0
    assert history.time_of(marks, 269, now) == pytest.approx(1009.9, abs=0.1)
    assert history.time_of(marks, 287, now) == 2001.0
    assert history.scn_of(marks, 1005.0) == 185
    assert history.scn_of(marks, 1500.0) == 270
    with pytest.raises(LookupError):
        history.time_of(marks, 99, now)


def test_an_scn_and_its_time_agree_after_many_changes(both: Pair) -> None:
    for number in range(30):
        beat(both, "his", number)
    state = both.state("his")
    assert history.time_of(state["marks"], scn.current(state), time.time()) == pytest.approx(time.time(), abs=2)
    assert len(state["marks"]) == 1
