"""The cluster as crsctl and srvctl show it: where services run, what an evicted node leaves behind."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from hisops.lab import cluster, faults, scenario
from hisops.lab.state import LAB
from hisops.lab.tools import crsctl, emr_smoke, olsnodes, srvctl
from tests.lab.pairing import Pair, Terminal


@pytest.fixture
def both(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


TOOLS = {"crsctl": crsctl, "srvctl": srvctl, "olsnodes": olsnodes, "emr_smoke": emr_smoke}


def run(both: Pair, command: str, host: str = "his-db1", user: str = "oracle") -> tuple[int, list[str]]:
    desk = Terminal(both.layout, host)
    desk.env["HOME"] = f"/home/{user}"
    tool, *desk.argv = command.split()
    code = TOOLS[tool].run(desk)
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


def test_an_instance_with_services_is_stopped_only_if_it_is_said_what_becomes_of_them(both: Pair) -> None:
    code, lines = run(both, "srvctl stop instance -d emr -i emr1 -o immediate")
    assert (code, lines[0]) == (1, "PRCD-1315 : failed to stop instances for database emr")
    assert run(both, "srvctl stop instance -d emr -i emr1 -failover") == (0, [])
    assert run(both, "srvctl status database -d emr")[1] == [
        "Instance emr1 is not running on node his-db1",
        "Instance emr2 is running on node his-db2",
    ]
    assert run(both, "srvctl start instance -d emr -i emr1")[0] == 0
    assert "with online services emr_app,emr_report" in run(both, "srvctl status database -d emr -v")[1][1]


@pytest.mark.parametrize("force", ["-f", "-force"])
def test_force_takes_services_down_with_their_instance_until_somebody_starts_them(both: Pair, force: str) -> None:
    assert run(both, f"srvctl stop instance -db emr -instance emr1 {force}") == (0, [])
    assert run(both, "srvctl status service -db emr")[1] == [
        "Service emr_app is not running.",
        "Service emr_report is running on instance(s) emr2",
    ]
    assert run(both, "srvctl start instance -db emr -instance emr1")[0] == 0
    assert run(both, "srvctl status service -db emr -service emr_app")[1] == ["Service emr_app is not running."]
    assert run(both, "srvctl start service -db emr -service emr_app")[0] == 0
    evict(both)
    evict(both, on=False)
    assert run(both, "srvctl status service -db emr -service emr_app")[1][0].endswith("instance(s) emr1")


@pytest.mark.parametrize(
    "command",
    [
        "relocate service -db emr -service emr_app -oldinst emr1 -newinst emr2",
        "stop instance -db emr -instance emr1 -f",
        "start instance -db emr -instance emr2",
        "start service -db emr -service emr_report",
    ],
)
def test_others_change_the_lab_while_srvctl_works(both: Pair, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    with both.store.change(LAB) as lab:
        if command.startswith("start"):
            lab["cluster"]["instances"]["emr2"] = False
            lab["cluster"]["services"]["emr_report"] = ""
    worked = []

    def work(self: Terminal, seconds: float) -> None:
        with (both.layout.state / ".lab.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        worked.append(seconds)

    monkeypatch.setattr(Terminal, "pause", work)
    assert run(both, f"srvctl {command}")[0] == 0
    assert len(worked) == 1


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


def passed(both: Pair, seconds: float) -> None:
    """Let the lab's time pass for a stack that is coming up."""
    with both.store.change(LAB) as lab:
        rising = lab["cluster"]["rising"]
        lab["cluster"]["rising"] = {node: since - seconds for node, since in rising.items()}


def slowly(both: Pair) -> None:
    """Make the stages of a stack as long as in a rehearsal; only `passed` lets them pass."""
    with both.store.change(LAB) as lab:
        lab["pace"] = 1000


def alert(both: Pair, host: str) -> str:
    path = cluster.alert_log(both.layout, host)
    return path.read_text() if path.exists() else ""


def stop(both: Pair, *options: str) -> tuple[int, list[str]]:
    return run(both, " ".join(("crsctl stop crs", *options)), "his-db2", "root")


def start(both: Pair) -> tuple[int, list[str]]:
    with both.store.change(LAB) as lab:
        lab["pace"] = 0.001
    done = run(both, "crsctl start crs", "his-db2", "root")
    slowly(both)
    return done


def test_the_list_of_resources_has_whole_names_and_can_be_asked_for_one(both: Pair) -> None:
    code, lines = run(both, "crsctl stat res ora.emr.db")
    assert (code, lines[:2]) == (0, ["NAME=ora.emr.db", "TYPE=ora.database.type"])
    assert lines[2:4] == ["TARGET=ONLINE, ONLINE", "STATE=ONLINE on his-db1, ONLINE on his-db2"]
    assert "NAME=ora.his-db2.vip" in run(both, "crsctl status resource")[1]
    assert run(both, "crsctl stat res ora.none") == (1, ["CRS-2613: Could not find resource 'ora.none'."])


def test_nodes_are_listed_and_this_one_alone(both: Pair) -> None:
    assert run(both, "olsnodes -n -s")[1] == ["his-db1\t1\tActive", "his-db2\t2\tActive"]
    assert run(both, "olsnodes -l", "his-db2")[1] == ["his-db2"]
    evict(both)
    assert run(both, "olsnodes -s")[1][1] == "his-db2\tInactive"
    assert run(both, "olsnodes -c", "his-db2")[0] == 1


def test_the_stack_of_a_node_is_stopped_by_root_alone_and_its_services_go_to_the_other(both: Pair) -> None:
    assert run(both, "crsctl stop crs", "his-db2")[1][0] == "CRS-4563: Insufficient user privileges."
    code, lines = stop(both)
    assert (code, lines[-1]) == (0, "CRS-4133: Oracle High Availability Services has been stopped.")
    assert "CRS-2676: Start of 'ora.emr.emr_report.svc' on 'his-db1' succeeded" in lines
    assert run(both, "crsctl check crs", "his-db2")[0] == 1
    assert run(both, "srvctl status service -db emr -service emr_report")[1][0].endswith("emr1")
    assert "CRS-1625: Node his-db2, number 2, was shut down" in alert(both, "his-db1")
    assert stop(both)[1][0].startswith("CRS-4639")


def test_a_stack_comes_up_service_by_service_and_leaves_services_where_they_are(both: Pair) -> None:
    stop(both)
    assert start(both) == (0, ["CRS-4123: Oracle High Availability Services has been started."])
    lines = run(both, "crsctl check crs", "his-db2")[1]
    assert lines[:2] == ["CRS-4638: Oracle High Availability Services is online",
                         "CRS-4535: Cannot communicate with Cluster Ready Services"]  # fmt: skip
    assert run(both, "srvctl status database -db emr", "his-db2")[0] == 1
    passed(both, 3 * 15_000)
    assert run(both, "crsctl check crs", "his-db2")[1][1].startswith("CRS-4537")
    assert run(both, "srvctl status database -db emr")[1][1] == "Instance emr2 is running on node his-db2"
    assert run(both, "srvctl status service -db emr -service emr_report")[1][0].endswith("emr1")
    assert "Active nodes are his-db1 his-db2 ." in alert(both, "his-db2")


def test_a_stack_can_stop_half_way_up_until_the_fault_is_gone(both: Pair) -> None:
    stop(both)
    faults.arm(both.store, "crs-stuck", True)
    start(both)
    passed(both, 10 * 15_000)
    assert "CRS-4535: Cannot communicate with Cluster Ready Services" in run(both, "crsctl check crs", "his-db2")[1]
    faults.arm(both.store, "crs-stuck", False)
    assert run(both, "crsctl check crs", "his-db2")[1][1].startswith("CRS-4537")


def test_a_resource_that_does_not_stop_leaves_the_stack_up_and_the_instance_down(both: Pair) -> None:
    faults.arm(both.store, "stop-stuck", True)
    code, lines = stop(both)
    assert (code, lines[-2]) == (1, "CRS-4687: Shutdown command has completed with errors.")
    assert "CRS-2675: Stop of 'ora.LISTENER.lsnr' on 'his-db2' failed" in lines
    assert run(both, "crsctl check crs", "his-db2")[0] == 0
    assert run(both, "srvctl status database -db emr")[1][1] == "Instance emr2 is not running on node his-db2"
    assert stop(both, "-f")[0] == 0


def test_an_instance_that_was_stopped_on_purpose_stays_down_when_its_node_returns(both: Pair) -> None:
    run(both, "srvctl stop instance -db emr -instance emr2 -failover")
    assert "TARGET=ONLINE, OFFLINE" in run(both, "crsctl stat res ora.emr.db")[1]
    stop(both)
    start(both)
    passed(both, 4 * 15_000)
    assert run(both, "srvctl status database -db emr")[1][1] == "Instance emr2 is not running on node his-db2"


def test_a_service_can_leave_its_instance_and_not_start_on_the_other(both: Pair) -> None:
    faults.arm(both.store, "service-stuck", True)
    code, lines = run(both, "srvctl relocate service -db emr -service emr_report -oldinst emr2 -newinst emr1")
    assert (code, lines[0]) == (1, "PRCR-1089 : Failed to relocate resource ora.emr.emr_report.svc.")
    assert run(both, "srvctl status service -db emr -service emr_report")[1] == ["Service emr_report is not running."]
    assert run(both, "emr_smoke")[1][-1] == "SMOKE TEST FAILED 1 of 3"
    assert run(both, "srvctl start service -db emr -service emr_report -instance emr2") == (0, [])
    assert run(both, "srvctl start service -db emr -service emr_report")[1][0].startswith("PRCC-1014")


def test_an_eviction_can_strike_in_the_middle_of_a_command(both: Pair) -> None:
    faults.arm(both.store, "node-evicted@relocate", True)
    code, lines = run(both, "srvctl relocate service -db emr -service emr_app -oldinst emr1 -newinst emr2")
    assert (code, lines[0]) == (1, "PRCR-1064 : Failed to start resource ora.emr.emr_app.svc on node his-db2")
    assert "CRS-1607: Node his-db2 is being evicted" in alert(both, "his-db1")
    assert both.store.read(LAB)["faults"] == []


def test_a_host_that_restarts_comes_back_as_a_member_by_itself(both: Pair) -> None:
    cluster.crash(both.store, "his-db2", 0)
    assert run(both, "crsctl check crs", "his-db2")[0] == 0
    assert run(both, "srvctl status service -db emr -service emr_report")[1][0].endswith("emr1")


def test_a_service_tells_where_it_may_run(both: Pair) -> None:
    lines = run(both, "srvctl config service -db emr -service emr_app")[1]
    assert {"Preferred instances: emr1", "Available instances: emr2"} <= set(lines)
    assert "Type: RAC" in run(both, "srvctl config database -db emr")[1]


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
