"""Composed runbooks carried out: names of their own, items of their own, and an undo across all of them."""

from __future__ import annotations

from hisops.ports import Rows
from tests.support.builders import SITE, WORDS, World, step, write
from tests.support.fakes import FakeHost, FakeSql, Program

HOST = SITE["hosts"]["his-db1"]
NODES = [
    {"host": "his-db1", "settings": {"oracle_sid": "his1"}},
    {"host": "his-db2", "settings": {"oracle_sid": "his2"}},
]
CLUSTER = {
    **SITE,
    "hosts": {"his-db1": HOST, "his-db2": {**HOST, "roles": {"owner": {"user": "ora2"}}}},
    "databases": {"his": {**SITE["databases"]["his"], "nodes": NODES}},
}
COUNT = {"n": {"from": "json", "type": "integer"}}


def uses(step_id, name="oracle/part", **keys):
    return {"id": step_id, "title": WORDS, "effect": "read", "uses": name, **keys}


def part(*steps, name="oracle/part", **head):
    usual = {"hisops": "runbook/v1", "id": name, "version": "1.0.0", "title": WORDS, "purpose": WORDS}
    return {name: {**usual, "target": {"engine": "oracle"}, "steps": list(steps), **head}}


def cluster(steps, **keys):
    return World(steps, site=CLUSTER, more_hosts={"his-db2": FakeHost("his-db2")}, **keys)


def seen(host, start="run-"):
    return [command for command in host.seen if command.script.startswith(start)]


def word(**keys):
    return {"type": "string", "title": WORDS, **keys}


def test_a_sub_runbook_keeps_its_own_names():
    library = part(
        step("see", outputs=COUNT, verify=[{"require": "out.n == 3 && params.word == 'abc'"}]),
        step("act", needs=["see"], when="steps.see.out.n > 2"),
        parameters={"word": word(required=True), "note": word(default="-")},
    )
    given = {"with": {"word": {"from": "params.outer"}}}
    world = World(
        [uses("part", **given), step("after", when="steps.part_see.out.n == 3 && steps.part.state == 'SUCCEEDED'")],
        library=library, parameters={"outer": "abc"}, runbook={"parameters": {"outer": word()}},
    )  # fmt: skip
    world.host.rules = {"run-see": Program(stdout='{"n": 3}')}
    assert world.go().state == "SUCCEEDED"
    act, after = seen(world.host)[1:]
    assert act.env["HISOPS_WORD"] == "abc"
    assert act.env["HISOPS_NOTE"] == "-"
    assert act.env["HISOPS_SEE_N"] == "3"
    assert "HISOPS_OUTER" not in act.env
    assert after.env["HISOPS_PART_SEE_N"] == "3"
    assert "HISOPS_WORD" not in after.env


def test_a_value_of_the_wrong_form_is_not_handed_down():
    library = part(step("see"), parameters={"word": word(required=True, pattern="[a-z]+")})
    given = {"with": {"word": {"from": "steps.look.out.n"}}}
    world = World([step("look", outputs=COUNT), uses("part", **given)], library=library)
    world.host.rules = {"run-look": Program(stdout='{"n": 3}')}
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("HELD", 11)
    assert "word" in str(ended.reason)
    assert len(seen(world.host)) == 1


def test_a_condition_asks_only_for_the_parameters_that_it_names():
    library = part(
        step("see", when="params.word == 'abc'"),
        step("act", when="params.count == 3"),
        parameters={"word": word(required=True), "count": {**word(required=True), "type": "integer"}},
    )
    given = {"with": {"word": "abc", "count": {"from": "steps.look.out.n"}}}
    world = World([step("look", effect="write", outputs=COUNT), uses("part", **given)], library=library)
    world.host.rules = {"run-look": Program(stdout='{"n": 3}')}
    assert world.survey().refusals == []
    assert world.go().state == "SUCCEEDED"


def test_the_condition_of_a_use_is_asked_in_the_names_of_who_wrote_it():
    library = part(step("see"), step("act", needs=["see"]), parameters={"x": word(default="inner")})
    world = World(
        [uses("part", when="params.x == 'outer'"), uses("other", when="params.x == 'inner'")], library=library,
        parameters={"x": "outer"}, runbook={"parameters": {"x": word()}},
    )  # fmt: skip
    world.go()
    assert world.states() == {
        "part-see": "SUCCEEDED", "part-act": "SUCCEEDED", "other-see": "SKIPPED", "other-act": "SKIPPED",
    }  # fmt: skip


def test_nodes_have_their_own_user_settings_and_item():
    world = cluster([step("look", for_each="nodes")])
    world.go()
    (one,), (two,) = seen(world.host), seen(world.more_hosts["his-db2"])
    assert (one.env["ORACLE_SID"], one.env["HISOPS_ITEM"], one.run_as.user) == ("his1", "his-db1", "oracle")
    assert (two.env["ORACLE_SID"], two.env["HISOPS_ITEM"], two.run_as.user) == ("his2", "his-db2", "ora2")
    assert two.env["ORACLE_HOME"] == "/u01/home"


def test_on_hosts_at_large_the_targets_settings_are_not_set():
    world = cluster([step("look", for_each="hosts")])
    world.go()
    assert "ORACLE_HOME" not in seen(world.more_hosts["his-db2"])[0].env


def test_what_is_found_on_an_item_is_seen_on_that_item_and_as_a_list_by_others():
    world = cluster([
        step("look", for_each="hosts", outputs=COUNT),
        step("again", for_each="hosts", when="steps.look.out.n > 3"),
        step("total", when="steps.look.all.n.exists(n, n == 5) && size(steps.look.items) == 2"),
    ])  # fmt: skip
    world.host.rules = {"run-look": Program(stdout='{"n": 3}')}
    world.more_hosts["his-db2"].rules = {"run-look": Program(stdout='{"n": 5}')}
    world.go()
    assert world.states()["again-his-db1"] == "SKIPPED"
    (again,) = seen(world.more_hosts["his-db2"], "run-again")
    assert again.env["HISOPS_LOOK_N"] == "5"
    (total,) = seen(world.host, "run-total")
    assert total.env["HISOPS_LOOK_N"] == "3 5"


def test_a_step_that_failed_on_one_item_is_not_followed_there():
    world = cluster([
        step("look", for_each="hosts", on_failure="continue"), step("next", for_each="hosts", needs=["look"]),
    ])  # fmt: skip
    world.more_hosts["his-db2"].rules = {"run-look": Program(code=1)}
    assert world.go().exit_code == 13
    assert world.states()["next-his-db1"] == "SUCCEEDED"
    assert world.states()["next-his-db2"] == "SKIPPED"


def test_an_undo_goes_back_over_the_steps_of_a_sub_runbook_and_no_further_than_its_point_of_no_return():
    not_yet, did = Program(stdout="DONE\n"), Program(stdout="DONE\n")
    library = part(write("one", point_of_no_return=True), write("two"))
    world = World([uses("part", effect="write"), write("last", on_failure="undo")], library=library)
    world.host.rules = {
        "probe-last": Program(stdout="patch 1\nDONE\n"), "probe": not_yet, "run-last": Program(stdout="FAILED\n"),
        "run-": did, "undo-": did,
    }  # fmt: skip
    probes = iter(["DONE\n", "patch 1\nDONE\n"])
    world.host.rules["probe-last"] = lambda command: Program(stdout=next(probes))
    assert world.go().state == "ROLLED_BACK"
    undone = [name.split(".")[1] for name in world.host.started if ".undo" in name]
    assert undone == ["last", "part-two"]


def test_the_gate_of_a_use_is_asked_once_in_the_names_of_who_wrote_it():
    library = part(write("one"), write("two"), parameters={"x": word(default="inner")})
    gate = {"read_back": "params.x"}
    world = World(
        [uses("part", effect="write", gate=gate)], library=library, parameters={"x": "outer"},
        runbook={"parameters": {"x": word()}},
    )  # fmt: skip
    world.operator.interactive, world.operator.answers = True, ["outer"]
    world.host.rules = {"probe": Program(stdout="DONE\n"), "run-": Program(stdout="DONE\n")}
    assert world.go().state == "SUCCEEDED"
    assert [(asked.step, asked.expected) for asked in world.operator.asked] == [("part-one", "outer")]


def test_a_plan_waits_for_writes_inside_of_a_use_and_refuses_what_a_part_refuses():
    refuse = [{"when": "params.x == 'no'", "because": WORDS}]
    library = part(write("one"), step("two", needs=["one"]), parameters={"x": word(default="yes")}, refuse=refuse)
    world = World([uses("part", effect="write"), step("after", needs=["part"])], library=library)
    planned = {each.id: each for each in world.survey().steps}
    assert planned["part-two"].unknown_until == "part-one"
    assert planned["after"].unknown_until == "part-one"
    refused = World([uses("part", effect="write", **{"with": {"x": "no"}})], library=library).survey()
    assert [item.reason for item in refused.refusals] == ["words"]


def test_what_is_required_must_still_be_there_before_the_first_write():
    world = World([step("look"), write("one", gate={"confirm": True})])
    world.host.rules = {"probe": Program(stdout="DONE\n"), "run-": Program(stdout="DONE\n")}
    world.operator.interactive, world.operator.answers = True, ["yes"]
    world.evidence.lacks = ["oracle/check is required: its newest run is too old"]
    ended = world.go()
    assert (ended.state, ended.exit_code) == ("PAUSED", 3)
    assert "oracle/check" in str(ended.reason)
    assert world.host.started == []
    world.evidence.lacks, world.operator.answers = [], ["yes"]
    assert world.resume().state == "SUCCEEDED"


def test_databases_have_their_own_session_host_and_settings():
    standby = {**SITE["databases"]["his"], "host": "his-db2", "settings": {"oracle_home": "/u02", "oracle_sid": "dr"}}
    site = {**CLUSTER, "databases": {"his": {**SITE["databases"]["his"], "standby": "his_dr"}, "his_dr": standby}}
    world = World(
        [
            step("look", for_each="databases"),
            step("ask", for_each="databases", sql="select 1 from x where y = :oracle_sid and z = :item"),
        ],
        site=site, more_hosts={"his-db2": FakeHost("his-db2")},
    )  # fmt: skip
    world.sql.rules["from x"] = Rows(columns=("a",), rows=((1,),))
    other = world.more_sessions["his_dr"] = FakeSql({"from x": Rows(columns=("a",), rows=((2,),))})
    assert world.go().state == "SUCCEEDED"
    (look,) = seen(world.more_hosts["his-db2"])
    assert (look.env["ORACLE_HOME"], look.env["HISOPS_ITEM"]) == ("/u02", "his_dr")
    assert [binds for text, binds, _ in other.seen] == [{"oracle_sid": "dr", "item": "his_dr"}]
    assert [binds for text, binds, _ in world.sql.seen if "from x" in text] == [{"oracle_sid": "his", "item": "his"}]
