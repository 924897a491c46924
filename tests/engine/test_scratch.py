"""Restores go to the scratch instance of the target: its host, its settings, and never the target in its stead."""

from __future__ import annotations

import pytest

from hisops.engine.assembly import secret_names
from hisops.errors import Refused
from tests.support.builders import SITE, World, step, write
from tests.support.fakes import FakeHost, Program

RT = {
    "engine": "oracle",
    "title": {"zh": "恢复", "en": "Scratch"},
    "host": "his-rt1",
    "settings": {"oracle_home": "/u05/home", "oracle_sid": "hisrt"},
}
HOST = {"address": "192.0.2.51", "class": "scratch", "roles": {"owner": {"user": "restore"}}}
SCRATCH = {
    **SITE,
    "hosts": {**SITE["hosts"], "his-rt1": HOST},
    "databases": {"his": {**SITE["databases"]["his"], "scratch": "his_rt"}, "his_rt": RT},
}


def world(*steps):
    far = FakeHost("his-rt1")
    far.boot = "boot-rt"
    return World(list(steps), site=SCRATCH, more_hosts={"his-rt1": far})


def seen(host, script):
    (found,) = [command for command in host.seen if command.script == script]
    return found


def test_a_step_on_the_scratch_host_has_its_settings_and_those_of_the_target_as_the_sources():
    apart = world(step("here"), step("there", on="scratch_host", stdin="from @{source_oracle_home}"))
    assert apart.go().state == "SUCCEEDED"
    near, far = seen(apart.host, "run-here"), seen(apart.more_hosts["his-rt1"], "run-there")
    assert (near.env["ORACLE_SID"], near.env["HISOPS_SCRATCH_ORACLE_SID"]) == ("his", "hisrt")
    assert (far.env["ORACLE_SID"], far.env["HISOPS_SOURCE_ORACLE_SID"]) == ("hisrt", "his")
    assert "".join(far.stdin) == "from /u01/home"
    assert (near.run_as.user, far.run_as.user) == ("oracle", "restore")
    assert "HISOPS_SOURCE_ORACLE_SID" not in near.env
    assert "HISOPS_SCRATCH_ORACLE_SID" not in far.env


def test_secrets_are_those_of_the_places_where_steps_ask_for_them():
    asks = {"secrets": ["sys"], "stdin": "@{secret:sys}"}
    kept = {**SCRATCH["databases"], "his": {**SCRATCH["databases"]["his"], "secrets": {"sys": "sys_password"}}}
    apart = world(step("here", **asks))
    apart.site = {**SCRATCH, "databases": kept}
    assert [name for name in secret_names(apart.bound()) if "sys" in name] == ["sys_password"]
    both = world(step("here", **asks), step("there", on="scratch_host", **asks))
    both.site = apart.site
    assert [name for name in secret_names(both.bound()) if "sys" in name] == ["sys_password", "sys"]


def test_probe_checks_and_undo_go_where_their_step_goes():
    there = write("restore", on="scratch_host", on_failure="undo", verify=[{"sh": "check", "require": "out.code == 0"}])
    apart = world(there)
    far = apart.more_hosts["his-rt1"]
    probes = [Program(stdout="DONE\n"), Program(stdout="patch 1\nDONE\n")]
    far.rules = {
        "probe-": lambda _: probes.pop(0), "run-": Program(stdout="DONE\n"), "check": Program(code=1),
        "undo-": Program(),
    }  # fmt: skip
    apart.go()
    asked = [command.script for command in far.seen]
    assert {"probe-restore", "run-restore", "check", "undo-restore"} <= set(asked)
    assert not [command for command in apart.host.seen if "restore" in command.script]


def test_folders_on_the_scratch_host_are_its_own_and_made_when_something_is_done_there():
    apart = world(step("there", on="scratch_host"))
    far = apart.more_hosts["his-rt1"]
    apart.run()
    assert far.seen == []
    apart.go()
    assert [command.run_as.user for command in far.seen] == ["restore", "restore"]
    assert seen(far, "run-there").env["HISOPS_STAGE_DIR"].startswith("/home/oracle/.hisops/stage/")


def test_conditions_know_the_scratch_instance():
    asked = [
        step("has", when="target.has_scratch && target.scratch.host == 'his-rt1'"),
        step("sid", when="target.scratch.name == 'his_rt' && target.scratch.settings.oracle_sid == 'hisrt'"),
    ]
    apart = world(*asked)
    apart.go()
    assert apart.states() == {"has": "SUCCEEDED", "sid": "SUCCEEDED"}
    without = World([step("has", when="target.has_scratch")])
    without.go()
    assert without.states() == {"has": "SKIPPED"}


@pytest.mark.parametrize("there", [
    step("there", on="scratch_host"),
    step("there", verify=[{"sh": "look", "on": "scratch_host", "require": "true"}]),
])  # fmt: skip
def test_a_target_without_a_scratch_instance_is_refused_and_nothing_stands_in_for_it(there):
    without = World([there])
    with pytest.raises(Refused) as caught:
        without.survey()
    assert (caught.value.code, caught.value.exit_code) == ("HIS-6114", 3)
    assert without.host.seen == []
