"""oracle/patch-apply as shipped where a site requires a restore test: planned in the lab, refused without one (3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hisops.lab import control
from hisops.lab.layout import Layout
from hisops.lab.state import Store
from tests.support import lab_site
from tests.support.lab_site import LabSite

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]
REQUIRES = """
requires:
  oracle/patch-apply:
    - {runbook: oracle/restore-validate, max_age: 30d, title: {zh: 恢复演练, en: A restore was tested}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """A lab that was backed up last night, and whose site patches only with a restore test."""
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    control.set_picture(started.site, "backed-up")
    with (started.site / "site.yaml").open("a", encoding="utf-8") as file:
        file.write(REQUIRES)
    yield started
    lab_site.down(started)


def restore(lab: LabSite, code: int) -> str:
    """Carry out a restore test of level 1; return its run."""
    path = str(lab.site / "test.plan")
    done = lab.hisops("plan", "oracle/restore-validate", "-t", "his", "-p", "level=1", "-o", path)
    assert done.returncode == 0, done.stdout + done.stderr
    done = lab.hisops("run", path)
    assert done.returncode == code, done.stdout + done.stderr
    return str(lab.status()["run"])


def refused(lab: LabSite) -> str:
    """Plan the patch; return the words in which that is refused."""
    done = lab.plan()
    assert done.returncode == 3, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_a_patch_is_refused_without_a_good_restore_test_and_planned_with_one(lab: LabSite) -> None:
    assert "oracle/restore-validate is required: no run of it on his" in refused(lab)

    run = restore(lab, 0)
    done = lab.plan()
    assert done.returncode == 0, done.stdout + done.stderr
    assert run in done.stdout

    with_another_dbid(lab, run)

    segment = lab.site / "logs/runs" / run / "seg-0001.jsonl"
    with_a_byte_changed(lab, run, segment)

    lab.fault("corrupt-piece")
    failed = restore(lab, 1)
    assert f"its newest run, {failed}, ended FAILED" in refused(lab)


def with_another_dbid(lab: LabSite, run: str) -> None:
    store = Store(Layout(lab.site).state)
    with store.change("his") as state:
        mine, state["dbid"] = state["dbid"], 4_000_000_001
    assert f"its newest run, {run}, was on another database: dbid was" in refused(lab)
    with store.change("his") as state:
        state["dbid"] = mine


def with_a_byte_changed(lab: LabSite, run: str, segment: Path) -> None:
    written = segment.read_bytes()
    segment.write_bytes(written.replace(b'"SUCCEEDED"', b'"SUCCEEDEE"', 1))
    assert f"the log of its newest run, {run}, does not verify" in refused(lab)
    segment.write_bytes(written)
    assert lab.plan().returncode == 0
