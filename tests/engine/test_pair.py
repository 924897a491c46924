"""A Data Guard pair: two databases that see one another as the peer, whatever their roles are today."""

from __future__ import annotations

import pytest

from hisops.model.site import Site
from hisops.ports import Rows
from tests.support.builders import SITE, World, step, write
from tests.support.fakes import FakeHost, FakeSql, Program

HIS = {**SITE["databases"]["his"], "standby": "his_dr"}
HIS_DR = {
    **SITE["databases"]["his"],
    "host": "his-db2",
    "settings": {"oracle_home": "/u02/home", "oracle_sid": "hisdr"},
    "connect": {**SITE["databases"]["his"]["connect"], "password": "dr_password"},
}
PAIR = {
    **SITE,
    "hosts": {"his-db1": SITE["hosts"]["his-db1"], "his-db2": SITE["hosts"]["his-db1"]},
    "databases": {"his": {**HIS, "secrets": {"sys": "sys_password"}}, "his_dr": HIS_DR},
}


def world(*steps, **keys):
    return World(list(steps), site=PAIR, more_hosts={"his-db2": FakeHost("his-db2")}, **keys)


def test_each_of_the_two_is_the_peer_of_the_other():
    site = Site.model_validate(PAIR)
    assert (site.peer_of("his"), site.peer_of("his_dr")) == ("his_dr", "his")
    assert Site.model_validate(SITE).peer_of("his") is None


def test_a_step_on_the_peer_has_its_settings_and_those_of_the_target_as_the_peers():
    here, there = step("here"), step("there", on="peer_host", stdin="sid")
    pair = world(here, there)
    assert pair.go().state == "SUCCEEDED"
    (near,) = [seen for seen in pair.host.seen if seen.script == "run-here"]
    (far,) = [seen for seen in pair.more_hosts["his-db2"].seen if seen.script == "run-there"]
    assert (near.env["ORACLE_SID"], near.env["HISOPS_PEER_ORACLE_SID"]) == ("his", "hisdr")
    assert (far.env["ORACLE_SID"], far.env["HISOPS_PEER_ORACLE_SID"]) == ("hisdr", "his")


def test_a_statement_on_the_peer_goes_to_its_session():
    pair = world(step("ask", on="peer", sql="select 1 from x where y = :peer_oracle_sid"))
    other = pair.more_sessions["his_dr"] = FakeSql({"from x": Rows(columns=("a",), rows=((2,),))})
    assert pair.go().state == "SUCCEEDED"
    assert [binds for _, binds, _ in other.seen] == [{"peer_oracle_sid": "his"}]


def test_conditions_know_the_peer():
    pair = world(
        step("with", when="target.has_peer && target.peer.name == 'his_dr'"),
        step("settings", when="target.peer.settings.oracle_sid == 'hisdr'"),
    )
    assert pair.go().state == "SUCCEEDED"
    assert pair.states() == {"with": "SUCCEEDED", "settings": "SUCCEEDED"}
    alone = World([step("with", when="target.has_peer")])
    assert alone.go().state == "SUCCEEDED"
    assert alone.states() == {"with": "SKIPPED"}


def test_a_secret_of_the_database_stands_for_one_of_the_site():
    asks = {"secrets": ["sys"], "stdin": "connect sys/@{secret:sys}"}
    pair = world(step("here", **asks), step("there", on="peer_host", **asks))
    assert pair.go().state == "SUCCEEDED"
    (near,) = [seen for seen in pair.host.seen if seen.script == "run-here"]
    (far,) = [seen for seen in pair.more_hosts["his-db2"].seen if seen.script == "run-there"]
    assert near.stdin[1].name == "sys_password"
    assert far.stdin[1].name == "sys", "a database that says nothing has the site's own"


def test_what_a_secret_of_the_database_holds_never_reaches_the_log():
    pair = world(step("here", secrets=["sys"], stdin="@{secret:sys}"))
    pair.host.rules["run-here"] = Program(stdout="S3cret-of-sys_password!\n")
    assert pair.go().state == "SUCCEEDED"
    assert not any(b"S3cret" in blob for blob in pair.journal._blobs.values())


NAME = {"name": {"from": "rows", "type": "identifier"}}


def named(name):
    pair = world(
        step("ask", sql="select name from x", outputs=NAME),
        step("use", needs=["ask"], sql="select 1 from y where z = '@{ask_name}'"),
    )
    pair.sql.rules |= {
        "from x": Rows(columns=("name",), rows=((name,),)),
        "from y": Rows(columns=("a",), rows=((1,),)),
    }
    return pair


def test_an_output_that_is_an_identifier_may_stand_in_a_slot():
    pair = named("HIS_DR")
    assert pair.go().state == "SUCCEEDED"
    assert [text for text, _, _ in pair.sql.seen if "from y" in text] == ["select 1 from y where z = 'HIS_DR'"]


@pytest.mark.parametrize("name", ["x' or '1'='1", "a b", "", "1his", "名", "a;b", "a\nb"])
def test_an_output_that_is_no_identifier_is_never_rendered(name):
    pair = named(name)
    ended = pair.go()
    assert ended.state == "FAILED"
    assert "is no identifier" in str(ended.reason)
    assert not [text for text, _, _ in pair.sql.seen if "from y" in text]


DONE, HALF = Program(stdout="DONE\n"), Program(stdout="HALF\n")


@pytest.mark.parametrize(("probe", "state", "step_state"), [
    ("patch 1\nDONE\n", "SUCCEEDED", "SUCCEEDED"),
    ("DONE\n", "HELD", "FAILED"),
    ("who knows\n", "HELD", "UNKNOWN"),
])  # fmt: skip
def test_what_happened_in_part_goes_on_from_the_state_and_is_never_begun_again(probe, state, step_state):
    half = World([write("switch", effect="destructive"), step("after", needs=["switch"])])
    answers = [Program(stdout="DONE\n"), *[Program(stdout=probe)] * 3]
    half.host.rules = {"probe-switch": lambda _: answers.pop(0), "run-switch": HALF}
    ended = half.go()
    assert (ended.state, half.states()["switch"]) == (state, step_state)
    assert half.resume().state == state
    assert len([op for op in half.host.started if ".switch." in op]) == 1


def test_why_it_goes_on_is_in_the_log():
    half = World([write("switch", effect="destructive")])
    answers = [Program(stdout="DONE\n"), Program(stdout="patch 1\nDONE\n")]
    half.host.rules = {"probe-switch": lambda _: answers.pop(0), "run-switch": HALF}
    assert half.go().state == "SUCCEEDED"
    assert half.view.step("switch").reason == "half: done, says the probe"


def test_a_part_without_a_probe_is_held():
    half = World([write("switch", effect="destructive", probe=None)])
    half.host.rules = {"run-switch": HALF}
    assert (half.go().state, half.states()["switch"]) == ("HELD", "UNKNOWN")


def test_an_undo_that_leaves_another_role_is_not_a_rollback():
    switched = World([write("switch", on_failure="undo", effect="destructive")])

    def switch():
        switched.role = "PHYSICAL STANDBY"

    probes = [Program(stdout="DONE\n"), Program(stdout="patch 1\nDONE\n")]
    switched.host.rules = {
        "probe-switch": lambda _: probes.pop(0),
        "run-switch": Program(stdout="FAILED\n", code=1, effect=switch),
        "undo-switch": Program(),
    }
    ended = switched.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert "database.database_role was PRIMARY, is PHYSICAL STANDBY" in str(ended.reason)


def test_probe_check_and_undo_act_as_the_step_does_unless_they_say_otherwise():
    checks = [{"sh": "check", "require": "out.code == 0"}, {"sh": "look", "as": "owner", "require": "out.code == 0"}]
    steps = [
        write("w", verify=checks, **{"as": "root"}),
        write("x", on_failure="undo", judge=None, undo={"sh": "back"}),
    ]
    rooted = World(steps)
    rooted.host.rules = {"probe-": Program(stdout="DONE\n"), "run-w": DONE, "run-x": Program(code=1)}
    rooted.go()
    users = {seen.script: seen.run_as.user for seen in rooted.host.seen if seen.run_as}
    assert {name: users[name] for name in ("probe-w", "run-w", "check", "look", "undo-w", "probe-x")} == {
        "probe-w": "root", "run-w": "root", "check": "root", "look": "oracle", "undo-w": "root", "probe-x": "oracle",
    }  # fmt: skip
