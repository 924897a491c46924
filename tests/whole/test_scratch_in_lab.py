"""The scratch host of the lab: changed if it is one, and refused (3) while the machine says that it is production."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hisops.lab.layout import SCRATCH_HOST, Layout
from tests.support import lab_site
from tests.support.lab_site import Done, LabSite

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
RESTORE = """
hisops: runbook/v1
id: own/restore
version: 1.0.0
title: {zh: 恢复, en: Restore}
purpose: {zh: 恢复, en: Change something on the scratch host}
target: {engine: oracle}
steps:
  - id: look
    title: {zh: 看, en: Look}
    on: scratch_host
    effect: read
    sh: 'echo "{\\"sid\\": \\"$ORACLE_SID\\", \\"source\\": \\"$HISOPS_SOURCE_ORACLE_SID\\"}"'
    outputs: {sid: {from: json, type: string}, source: {from: json, type: string}}
    verify: [{require: "out.sid == 'hisrt' && out.source == 'his'"}]
  - id: restore
    title: {zh: 恢复, en: Restore}
    needs: [look]
    on: scratch_host
    effect: destructive
    idempotent: true
    timeout: 1m
    sh: 'touch "$COPY_DIR/restored-by-$(uname -n)"'
    gate: {type_target: true}
    undo: {none: {zh: 试, en: A test}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """A lab with a runbook that changes something on the scratch host."""
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    own = started.site / "runbooks/own"
    own.mkdir(parents=True)
    (own / "restore.yaml").write_text(RESTORE, encoding="utf-8")
    yield started
    lab_site.down(started)


def plan(lab: LabSite, *more: str) -> Done:
    return lab.hisops("plan", "own/restore", "-t", "his", "-o", str(lab.site / "restore.plan"), *more)


def restored(lab: LabSite) -> list[str]:
    store: Path = Layout(lab.site).machine(SCRATCH_HOST).nas
    return sorted(path.name for path in store.glob("restored-by-*"))


def test_the_scratch_host_is_refused_while_it_says_that_it_is_production(lab: LabSite) -> None:
    assert plan(lab).returncode == 0
    assert lab.hisops("run", str(lab.site / "restore.plan")).returncode == 10
    run = lab.status()["run"]
    assert lab.hisops("answer", run, "restore", "his").returncode == 0
    lab.fault("scratch-is-production")
    done = plan(lab)
    assert done.returncode == 3
    assert "HIS-3071" in done.stderr
    assert "his-rt1 says that it is his-db1" in " ".join(done.stderr.split())
    assert lab.hisops("run", str(lab.site / "restore.plan")).returncode == 3
    assert lab.hisops("resume", run).returncode == 3
    assert restored(lab) == []
    lab.fault("scratch-is-production", on=False)
    done = lab.hisops("resume", run)
    assert done.returncode == 0, done.stderr
    assert restored(lab) == ["restored-by-his-rt1"]
