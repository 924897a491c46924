"""Nothing is changed on a scratch host that may be another one, whatever the plan, the operator or the runbook say."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest

from hisops.engine.assembly import check_fresh
from hisops.errors import NotScratch
from tests.engine.test_scratch import SCRATCH
from tests.support.builders import World, step, write
from tests.support.fakes import FakeHost, Program

DB2 = {"address": "his-db2.hospital.lan", "class": "standby"}
SITE = {**SCRATCH, "hosts": {**SCRATCH["hosts"], "his-db2": DB2}}
RESTORE = write("restore", on="scratch_host", effect="destructive", gate={"type_target": True, "confirm": True})


class Machine(FakeHost):
    """A host that says of itself what a test wants: its name, and its boot."""

    def __init__(self, name, says, boot="boot-rt"):
        super().__init__(name)
        self.says, self.boot = says, boot
        self.rules = {"probe-": Program(stdout="DONE\n"), "run-": Program(stdout="DONE\n")}

    def facts(self, run_as=None):
        return replace(super().facts(run_as), hostname=self.says)


def world(says="rt1", boot="boot-rt", hosts=None, databases=None, steps=(RESTORE,)):
    site = deepcopy(SITE)
    for name, keys in (hosts or {}).items():
        site["hosts"].setdefault(name, {}).update(keys)
    site["databases"] |= databases or {}
    found = World(list(steps), site=site, more_hosts={"his-rt1": Machine("his-rt1", says, boot)})
    found.operator.interactive = True
    found.operator.answers = ["his", "yes"] * 9
    return found


def touched(world):
    """Return whether anything was begun on the scratch host, a folder included."""
    far = world.more_hosts["his-rt1"]
    return bool(far.seen or far.started)


LIS = {"engine": "oracle", "title": {"zh": "检", "en": "Lab"}, "settings": {"oracle_home": "/u", "oracle_sid": "lis"}}
FORBIDS = [
    ("HIS-3073", {"hosts": {"his-rt1": {"class": "production"}}}),
    ("HIS-3073", {"hosts": {"his-rt1": {"class": "standby"}}}),
    ("HIS-3074", {"hosts": {"his-rt1": {"address": "127.0.0.1", "port": 22}}}),
    ("HIS-3074", {"hosts": {"his-rt1": {"address": "HIS-DB2.hospital.lan", "port": 2222}}}),
    ("HIS-3074", {"hosts": {"his-rt1": {"address": "his-db1"}}}),
    ("HIS-3074", {"hosts": {"his-rt1": {"ssh": "system", "ssh_options": {"HostKeyAlias": "His-Db1.hospital.lan"}}}}),
    ("HIS-3074", {"hosts": {"lis-db1": {"address": "his-rt1"}}}),
    ("HIS-3075", {"databases": {"lis": {**LIS, "host": "his-rt1"}}}),
    ("HIS-3071", {"says": "his-db1"}),
    ("HIS-3071", {"says": "HIS-DB1"}),
    ("HIS-3071", {"says": "his-db1.localdomain"}),
    ("HIS-3071", {"says": "his-db2"}),
    ("HIS-3071", {"says": "HIS-DB2.Hospital.LAN"}),
    ("HIS-3071", {"says": "emr7", "hosts": {"emr": {"address": "emr7.hospital.lan", "class": "standby"}}}),
    ("HIS-3072", {"says": "rt1", "boot": "boot-1"}),
]


@pytest.mark.parametrize(("code", "keys"), FORBIDS)
def test_a_scratch_host_that_may_be_another_is_refused_in_the_plan(code, keys):
    there = world(**keys)
    with pytest.raises(NotScratch) as caught:
        there.survey()
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    assert not touched(there)


@pytest.mark.parametrize(("code", "keys"), FORBIDS)
def test_it_is_refused_again_when_the_plan_is_carried_out_and_when_its_run_goes_on(code, keys):
    there = world(**keys)
    with pytest.raises(NotScratch) as caught:
        check_fresh(there.ports(), there.bound(), there.definitions().judges, there.plan())
    assert caught.value.code == code
    for ended in (there.go(), there.resume()):
        assert (ended.state, ended.exit_code) == ("PAUSED", 3)
        assert str(caught.value) in str(ended.reason)
    assert not touched(there)
    assert there.operator.asked == [], "nobody is asked to type what would not help"


@pytest.mark.parametrize("keys", [
    {},
    {"hosts": {"his-rt1": {"address": "127.0.0.1", "port": 2222}}},
    {"says": "his-rt1.hospital.lan"},
    {"says": "his-db11"},
])  # fmt: skip
def test_a_scratch_host_that_is_one_is_restored_to(keys):
    there = world(**keys)
    assert there.survey().refusals == []
    assert there.go().state == "SUCCEEDED"
    assert [op for op in there.more_hosts["his-rt1"].started if ".restore." in op]


def test_a_machine_that_becomes_another_in_the_middle_of_a_run_gets_no_further_call():
    there = world(steps=[RESTORE, write("recover", on="scratch_host", needs=["restore"])])
    far = there.more_hosts["his-rt1"]

    def moved():
        far.says = "his-db1"

    far.rules = {"run-restore": Program(stdout="DONE\n", effect=moved), **far.rules}
    ended = there.go()
    assert (ended.state, ended.exit_code) == ("PAUSED", 3)
    assert [op.split(".")[1] for op in far.started] == ["restore"]


def test_neither_is_anything_taken_back_there():
    there = world(steps=[{**RESTORE, "on_failure": "undo"}])
    far = there.more_hosts["his-rt1"]

    def moved():
        far.says = "his-db1"

    probes = [Program(stdout="DONE\n"), Program(stdout="patch 1\nDONE\n")]
    far.rules = {"probe-": lambda _: probes.pop(0), "run-": Program(stdout="FAILED\n", code=1, effect=moved)}
    ended = there.go()
    assert (ended.state, ended.exit_code) == ("PAUSED", 3)
    assert "undo-restore" not in [command.script for command in far.seen]


def test_the_peers_machine_counts_and_one_that_is_lost_says_nothing():
    pair = {"his": {**SITE["databases"]["his"], "standby": "his_dr"}, "his_dr": {**LIS, "host": "his-db2"}}
    there = world(databases=pair)
    there.more_hosts["his-db2"] = Machine("his-db2", "dr-node", boot="boot-rt")
    with pytest.raises(NotScratch) as caught:
        there.survey()
    assert caught.value.code == "HIS-3072"
    there.more_hosts["his-db2"].broken = 99
    assert there.survey().refusals == []


def test_a_runbook_that_does_nothing_there_does_not_ask():
    there = world(says="his-db1", steps=[step("look")])
    assert there.survey().refusals == []
    assert there.go().state == "SUCCEEDED"
