"""The cluster as crsctl and srvctl show it: where services run, what an evicted node leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.lab import faults, scenario
from hisops.lab.tools import crsctl, srvctl
from tests.lab.pairing import Pair, Terminal


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def run(both: Pair, command: str, host: str = "his-db1") -> tuple[int, list[str]]:
    desk = Terminal(both.layout, host)
    tool, *desk.argv = command.split()
    code = {"crsctl": crsctl, "srvctl": srvctl}[tool].run(desk)
    return code, "".join(desk.said).splitlines()


def evict(both: Pair, on: bool = True) -> None:
    faults.arm(both.store, "node-evicted", on)
    scenario.apply(both.layout, "node-evicted", on)


def test_a_healthy_stack(both: Pair) -> None:
    code, lines = run(both, "crsctl check crs")
    assert (code, len(lines)) == (0, 4)
    assert lines[0] == "CRS-4638: Oracle High Availability Services is online"
    lines = run(both, "crsctl check cluster -all")[1]
    assert lines.count("CRS-4537: Cluster Ready Services is online") == 2
    assert lines[0] == lines[-1] == "*" * 62


def test_resources_fold_long_details(both: Pair) -> None:
    lines = run(both, "crsctl stat res -t")[1]
    at = lines.index("ora.emr.db")
    assert lines[at + 1].startswith("      1        ONLINE  ONLINE       his-db1                  Open,HOME=")
    assert lines[at + 2].startswith(" " * 61)
    assert max(map(len, lines)) <= 81


def test_a_service_is_moved_and_moved_back(both: Pair) -> None:
    assert run(both, "srvctl status service -d emr -s emr_app")[1] == ["Service emr_app is running on instance(s) emr1"]
    assert run(both, "srvctl relocate service -db emr -service emr_app -oldinst emr1 -newinst emr2") == (0, [])
    assert run(both, "srvctl status service -db emr")[1] == [
        "Service emr_app is running on instance(s) emr2",
        "Service emr_report is running on instance(s) emr2",
    ]
    again = run(both, "srvctl relocate service -d emr -s emr_app -i emr1 -t emr2")
    assert again[0] == 1
    assert again[1][0].startswith("PRCR-1090")


def test_an_instance_with_services_is_stopped_by_force_alone(both: Pair) -> None:
    code, lines = run(both, "srvctl stop instance -d emr -i emr1 -o immediate")
    assert (code, lines[0]) == (1, "PRCD-1315 : failed to stop instances for database emr")
    assert run(both, "srvctl stop instance -d emr -i emr1 -f") == (0, [])
    assert run(both, "srvctl status database -d emr")[1] == [
        "Instance emr1 is not running on node his-db1",
        "Instance emr2 is running on node his-db2",
    ]
    assert run(both, "srvctl start instance -d emr -i emr1")[0] == 0
    assert "with online services emr_app,emr_report" in run(both, "srvctl status database -d emr -v")[1][1]


def test_an_evicted_node_loses_everything_to_the_other(both: Pair) -> None:
    evict(both)
    assert run(both, "crsctl check crs", "his-db2") == (
        1,
        ["CRS-4639: Could not contact Oracle High Availability Services"],
    )
    lines = run(both, "crsctl check cluster -all")[1]
    assert "CRS-4535: Cannot communicate with Cluster Ready Services" in lines
    lines = run(both, "crsctl stat res -t")[1]
    vip = lines[lines.index("ora.his-db2.vip") + 1]
    assert vip == "      1        ONLINE  INTERMEDIATE his-db1                  FAILED OVER,STABLE"
    assert run(both, "srvctl status service -d emr -s emr_report")[1] == [
        "Service emr_report is running on instance(s) emr1"
    ]
    assert run(both, "srvctl relocate service -d emr -s emr_report -i emr1 -t emr2")[0] == 1
    evict(both, on=False)
    assert run(both, "srvctl status database -d emr")[1][1] == "Instance emr2 is running on node his-db2"
    assert run(both, "srvctl relocate service -d emr -s emr_report -i emr1 -t emr2")[0] == 0


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("srvctl status database -d nowhere", "PRCD-1120 : The resource for database nowhere could not be found."),
        ("srvctl status database -x emr", "PRKO-2002 : Invalid command line option: -x"),
        ("srvctl frobnicate database -d emr", "PRKO-2000 : Invalid command line syntax"),
        ("srvctl status service -d emr -s none", "PRCR-1001 : Resource ora.emr.none.svc does not exist"),
        ("crsctl frobnicate", "Unknown parameter: frobnicate"),
    ],
)
def test_what_is_not_there(both: Pair, command: str, error: str) -> None:
    code, lines = run(both, command)
    assert (code, lines[0]) == (1, error)
