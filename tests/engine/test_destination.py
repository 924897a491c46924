"""A schema is copied into the destination of the target: its host, its settings, and never the target in its stead."""

from __future__ import annotations

import pytest

from hisops.errors import Refused
from hisops.model.runbook import Call, Step
from tests.support.builders import SITE, World, step
from tests.support.fakes import FakeHost

NEW = {
    "engine": "oracle",
    "title": {"zh": "新库", "en": "New"},
    "host": "lis-db2",
    "settings": {"oracle_home": "/u09/home", "oracle_sid": "lisnew"},
}
HOST = {"address": "192.0.2.61", "roles": {"owner": {"user": "newowner"}}}
MOVES = {
    **SITE,
    "hosts": {**SITE["hosts"], "lis-db2": HOST},
    "databases": {"his": {**SITE["databases"]["his"], "destination": "lis_new"}, "lis_new": NEW},
}


def seen(host, script):
    (found,) = [command for command in host.seen if command.script == script]
    return found


def test_a_step_at_the_destination_has_its_settings_and_each_sees_those_of_the_other_from_the_source():
    far = FakeHost("lis-db2")
    moved = World([step("here"), step("there", on="destination_host")], site=MOVES, more_hosts={"lis-db2": far})
    assert moved.go().state == "SUCCEEDED"
    near, there = seen(moved.host, "run-here"), seen(far, "run-there")
    assert (near.env["ORACLE_SID"], near.env["HISOPS_DESTINATION_ORACLE_SID"]) == ("his", "lisnew")
    assert (there.env["ORACLE_SID"], there.run_as.user) == ("lisnew", "newowner")


def test_nothing_stands_in_for_a_destination_that_is_not_named():
    alone = World([step("there", on="destination_host")])
    with pytest.raises(Refused) as refused:
        alone.bound().database_name("destination_host")
    assert refused.value.code == "HIS-6115"
    with pytest.raises(Refused):
        alone.bound().database_name("destination")


@pytest.mark.parametrize(
    ("on", "sql", "sh"),
    [
        ("db_host", "db", "db_host"),
        ("db", "db", "db_host"),
        ("peer_host", "peer", "peer_host"),
        ("peer", "peer", "peer_host"),
        ("scratch_host", "db", "scratch_host"),
        ("destination_host", "destination", "destination_host"),
        ("destination", "destination", "destination_host"),
        ("control", "db", "control"),
    ],
)
def test_a_call_that_does_not_say_where_goes_where_its_step_is(on, sql, sh):
    one = Step.model_construct(on=on)
    assert one.place_of(Call.model_construct(sql="select 1 from dual", on=None)) == sql
    assert one.place_of(Call.model_construct(sql=None, sh="true", on=None)) == sh
