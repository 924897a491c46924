from __future__ import annotations

from pathlib import Path

import pytest

from hisops.journal.run import Machine, Opening
from tests.support.journal import ORIGIN, FakeClock, People

RUN = "2026-11-24-0201-his-7k3"


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(tmp_path_factory.mktemp("people")).create()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def machine() -> Machine:
    return Machine(host="control", boot="boot-1", tool="hisops 0.1.0")


@pytest.fixture
def opening(machine: Machine) -> Opening:
    plan = {"format": "hisops-plan/1", "requester": "dba1@hospital", "target": "his"}
    return Opening(run_id=RUN, origin=ORIGIN, plan=plan, runbook={"id": "test/trivial"}, machine=machine)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "site" / "logs"
