"""The drill of a cluster: its order is safe, its scripts settle on the right node, and bring everything home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.shipped import procedures
from tests.shipped.procedures import runbook

NAME = "host/cluster-failover-drill"
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "ksh": ["ksh"]}
# srvctl over two files: SERVICE INSTANCE (nowhere: -) and INSTANCE NODE STATE; what it is told to do goes into `asked`.
SRVCTL = r"""#!/bin/sh
case "$1 $2" in
  "status database") awk '{ print "Instance " $1 " is " ($3 == "up" ? "" : "not ") "running on node " $2 }' instances ;;
  "config service")
    awk -v s="$6" '$1 == s { print "Preferred instances: " $3; print "Available instances: " $4 }' services ;;
  "status service")
    awk -v s="$6" 's != "" && $1 != s { next }
      $2 == "-" { print "Service " $1 " is not running."; next }
      { print "Service " $1 " is running on instance(s) " $2 }' services ;;
  *) echo "$*" >>asked ;;
esac
"""
TWO = "emr1 emr-db1 up\nemr2 emr-db2 up\n"
HOME = "emr_app emr1 emr1 emr2\nemr_report emr2 emr2 emr1\n"


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    words = SHELLS[request.param]
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    return words


def carried_out(shell: list[str], folder: Path, script: str | None, instances: str, services: str, **env: str) -> str:
    """Carry out `script` over a cluster as the two texts tell it; return what it printed, and what srvctl was asked."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / "srvctl").write_text(SRVCTL)
    (folder / "bin" / "srvctl").chmod(0o755)
    (folder / "instances").write_text(instances)
    (folder / "services").write_text(services)
    known = {"PATH": os.environ["PATH"], "LC_ALL": "C", "ORACLE_HOME": str(folder), "CLUSTER_DB": "emr", **env}
    done = subprocess.run(
        [*shell, "-c", str(script)], env=known, cwd=folder, text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def chosen(shell: list[str], folder: Path, services: str = HOME, **env: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        carried_out(shell, folder, runbook(NAME).step("choice").sh, TWO, services, **env)
    )
    return found


def brought_back(shell: list[str], folder: Path, instances: str, services: str) -> list[str]:
    carried_out(shell, folder, runbook(NAME).step("services-back").sh, instances, services)
    asked = folder / "asked"
    return asked.read_text().splitlines() if asked.exists() else []


def test_the_second_node_goes_and_its_first_service_before_it(shell: list[str], tmp_path: Path) -> None:
    assert chosen(shell, tmp_path) == {
        "node": "emr-db2", "instance": "emr2", "service": "emr_report", "runs_on": "emr2", "other": "emr1",
        "survivor": "emr-db1",
    }  # fmt: skip


def test_a_service_that_is_named_settles_on_its_node(shell: list[str], tmp_path: Path) -> None:
    found = chosen(shell, tmp_path, HISOPS_SERVICE="emr_app")
    assert (found["node"], found["other"], found["survivor"]) == ("emr-db1", "emr2", "emr-db2")


def test_what_does_not_fit_is_left_empty_for_the_check_to_refuse(shell: list[str], tmp_path: Path) -> None:
    assert chosen(shell, tmp_path, HISOPS_NODE="emr-db7")["instance"] == ""
    elsewhere = chosen(shell, tmp_path, HISOPS_NODE="emr-db2", HISOPS_SERVICE="emr_app")
    assert (elsewhere["runs_on"], elsewhere["instance"]) == ("emr1", "emr2")
    alone = chosen(shell, tmp_path, services="emr_report emr2 emr2 \n")
    assert (alone["service"], alone["other"], alone["survivor"]) == ("emr_report", "", "")
    everywhere = chosen(shell, tmp_path, services="emr_all emr1,emr2 emr1,emr2 \n", HISOPS_SERVICE="emr_all")
    assert everywhere["runs_on"] == ""


def test_what_is_at_home_is_left_alone(shell: list[str], tmp_path: Path) -> None:
    assert brought_back(shell, tmp_path, TWO, HOME) == []


def test_instances_start_first_then_each_service_goes_home_in_its_own_way(shell: list[str], tmp_path: Path) -> None:
    services = "emr_app - emr1 emr2\nemr_report emr1 emr2 emr1\nemr_all emr1 emr1,emr2 \nemr_none - emr1,emr2 \n"
    assert brought_back(shell, tmp_path, "emr1 emr-db1 up\nemr2 emr-db2 down\n", services) == [
        "start instance -db emr -instance emr2",
        "start service -db emr -service emr_app -instance emr1",
        "relocate service -db emr -service emr_report -oldinst emr1 -newinst emr2",
        "start service -db emr -service emr_all",
        "start service -db emr -service emr_none",
    ]


@pytest.mark.parametrize("step", ["announce", "stop-instance", "stop-node"])
def test_what_takes_something_away_is_gated_by_name_and_by_another_person(step: str) -> None:
    gate = runbook(NAME).step(step).gate
    assert gate is not None
    assert gate.type_target
    assert gate.approve is not None
    assert (gate.approve.role, gate.approve.of) == ("dba_lead", "plan")


@pytest.mark.parametrize("failed", ["relocate", "stop-instance", "stop-node", "start-node", "services-back"])
def test_every_way_back_ends_with_the_services_at_home(failed: str) -> None:
    assert procedures.undo_chain(runbook(NAME), failed)[-1] == "relocate"


def test_only_root_stops_and_starts_a_stack_and_nobody_else_does_anything_as_root() -> None:
    as_root = {step.id for step in runbook(NAME).steps if step.as_ == "root"}
    assert as_root == {"become-root", "stop-node", "start-node"}


def test_nothing_is_taken_away_before_a_service_of_little_risk_has_moved_and_nothing_waits_for_the_business() -> None:
    book = runbook(NAME)
    for step in ("stop-instance", "stop-node"):
        assert {"relocate", "opening", "announce", "crs-mark", "resources"} <= procedures.ancestors(book, step)
    assert "business" not in procedures.ancestors(book, "services-back")
