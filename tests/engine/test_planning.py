"""A plan knows what it has read, says what it cannot know, and names everything that forbids it."""

import pytest

from hisops.engine.assembly import check_fresh
from hisops.errors import Refused, Unreachable
from hisops.ports import Rows
from tests.support.builders import SITE, World, step, write
from tests.support.fakes import Program


def by_id(survey):
    return {planned.id: planned for planned in survey.steps}


def test_reads_are_run_live_and_writes_are_not():
    world = World([step("a", judge="tool/run"), write("w"), step("b", needs=["w"])])
    world.host.rules = {"run-a": Program(stdout="patch 7\nDONE\n")}
    found = by_id(world.survey())
    assert found["a"].verdict == "ok"
    assert found["w"].verdict is None
    assert found["b"].unknown_until == "w"
    assert [c.script for c in world.host.seen if c.script.startswith(("run-", "probe-"))] == ["run-a"]
    assert world.host.started == []


def test_a_read_without_needs_after_a_write_is_read_now():
    world = World([write("w"), step("b")])
    assert by_id(world.survey())["b"].verdict == "ok"


def test_unknown_is_handed_down():
    world = World([write("w"), step("b", needs=["w"]), step("c", needs=["b"]), step("d", when="steps.b.state == 'X'")])
    found = by_id(world.survey())
    assert found["c"].unknown_until == "w"
    assert found["d"].applies == "unknown"


def test_everything_that_forbids_is_named_at_once():
    world = World([step("a", judge="tool/run"), step("b", judge="tool/run"), step("c", needs=["a"])])
    world.host.rules = {
        "run-a": Program(stdout="patch 36912597\nFAILED: conflict\n"),
        "run-b": Program(stdout="FAILED: no space\n"),
    }
    survey = world.survey()
    assert [item.step for item in survey.refusals] == ["a", "b"]
    assert "36912597" in survey.refusals[0].reason
    assert by_id(survey)["c"].verdict == "not checked"


def test_what_may_be_passed_over_is_a_warning():
    world = World([step("a", on_failure="continue")])
    world.host.rules = {"run-a": Program(code=3)}
    survey = world.survey()
    assert (survey.refusals, [item.step for item in survey.warnings]) == ([], ["a"])


def test_a_target_that_is_not_the_inventorys_is_refused_before_any_step():
    world = World([step("a")], dbid=42)
    survey = world.survey()
    assert "dbid is 42, the inventory says 1203345671" in survey.refusals[0].reason
    assert survey.steps == []


@pytest.mark.parametrize(
    ("wants", "why"),
    [
        ({"engine": "oracle", "role": "PHYSICAL STANDBY"}, "role"),
        ({"engine": "oracle", "version": ">=19.27"}, "version"),
        ({"engine": "oracle", "version": "<12.1"}, "version"),
    ],
)
def test_a_target_that_the_runbook_is_not_for_is_refused(wants, why):
    world = World([step("a")], runbook={"target": wants})
    assert why in world.survey().refusals[0].reason


def test_a_statement_for_a_target_that_takes_no_logins_is_refused_before_any_step():
    statements = [step("a", sql="select 1 as n from dual"), write("w"), step("b")]
    no_login = {name: entry for name, entry in SITE["databases"]["his"].items() if name != "connect"}
    world = World(statements, site={**SITE, "databases": {"his": no_login}})
    survey = world.survey()
    assert [item.reason for item in survey.refusals] == [
        "his takes no logins (no `connect:` in site.yaml), but a has SQL"
    ]


def test_a_runbook_names_why_it_refuses():
    because = {"zh": "不支持", "en": "RAC needs the rolling runbook"}
    world = World(
        [step("a")], runbook={"refuse": [{"when": "target.settings.oracle_sid == 'his'", "because": because}]}
    )
    assert world.survey().refusals[0].reason == "RAC needs the rolling runbook"


def test_a_host_out_of_reach_is_not_a_finding():
    world = World([step("a")])
    world.host.broken = 100
    with pytest.raises(Unreachable):
        world.survey()


def test_a_fresh_plan_passes_and_a_stale_one_names_what_moved():
    world = World([step("a")])
    definitions = world.definitions()
    check_fresh(world.ports(), world.bound(), definitions.judges, world.plan())
    world.open_mode = "MOUNTED"
    with pytest.raises(Refused, match=r"mode\.open_mode was READ WRITE, is MOUNTED"):
        check_fresh(world.ports(), world.bound(), definitions.judges, world.plan())


def test_a_statement_of_a_read_step_is_read_only():
    world = World([step("a", sql="select count(*) n from dba_objects")])
    world.sql.rules["dba_objects"] = Rows(columns=("n",), rows=((3,),))
    world.survey()
    assert all(read_only for _, _, read_only in world.sql.seen)


def test_the_sites_own_entry_is_not_changed_by_planning():
    before = repr(SITE)
    World([step("a")]).survey()
    assert repr(SITE) == before


def test_a_role_that_the_inventory_does_not_give_is_refused():
    world = World([step("a", **{"as": "grid"})])
    with pytest.raises(Refused, match="grid on his-db1"):
        world.survey()
