"""A patch plan saved, then the world moves: refused with exit code 3, named, and nothing was started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hisops.documents.load import load_runbook
from hisops.lab.inventory import Inventory, install
from hisops.lab.layout import Layout
from hisops.lab.patches import ONE_OFF
from hisops.lab.state import Store
from tests.support import lab_site
from tests.support.lab_site import Done, LabSite

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """A lab with a saved plan; what a test moves, it moves back."""
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    done = started.plan()
    assert done.returncode == 0, done.stdout + done.stderr
    yield started
    lab_site.down(started)


def run(lab: LabSite) -> Done:
    return lab.hisops("run", str(lab.site / "patch.plan"))


def said(done: Done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def nothing_was_done(lab: LabSite) -> bool:
    return not (lab.site / "logs" / "runs").exists() and not lab.tools("rman") and not lab.tools("opatch", "apply")


def test_the_database_failed_over(planned: LabSite) -> None:
    store = Store(planned.site / "lab" / "state")
    with store.change("his") as state:
        state["role"], state["open_mode"] = "PHYSICAL STANDBY", "READ ONLY WITH APPLY"
    try:
        done = run(planned)
    finally:
        with store.change("his") as state:
            state["role"], state["open_mode"] = "PRIMARY", "READ WRITE"
    assert done.returncode == 3, said(done)
    assert "database.database_role was PRIMARY, is PHYSICAL STANDBY" in said(done)
    assert nothing_was_done(planned)


def test_somebody_else_applied_a_patch(planned: LabSite) -> None:
    home = Path(Layout(planned.site).machine("his-db1").oracle_home)
    install(home, ONE_OFF, datetime.now(UTC) - timedelta(minutes=5))
    try:
        done = run(planned)
    finally:
        Inventory(home).remove(ONE_OFF.id)
    assert done.returncode == 3, said(done)
    assert "inventory.patches was" in said(done)
    assert ONE_OFF.id in said(done).partition("inventory.patches was")[2]
    assert nothing_was_done(planned)


def test_the_runbook_was_edited(planned: LabSite) -> None:
    edited = Path("runbooks/oracle/patch-apply.yaml").read_text().replace("timeout: 90m", "timeout: 91m", 1)
    own, site = planned.site / "runbooks" / "oracle" / "patch-apply.yaml", planned.site / "site.yaml"
    before = site.read_text()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(edited)
    site.write_text(before + f"overrides: {{oracle/patch-apply: '{load_runbook(own).digest}'}}\n")
    try:
        done = run(planned)
    finally:
        own.unlink()
        site.write_text(before)
    assert done.returncode == 3, said(done)
    assert "oracle/patch-apply is not what the library holds now" in said(done)
    assert "step apply: was timeout: 90m, is timeout: 91m" in said(done)
    assert nothing_was_done(planned)


def test_the_window_is_closed(planned: LabSite) -> None:
    calendar = planned.site / "windows" / "always.ics"
    before = calendar.read_bytes()
    calendar.write_bytes(before.replace(b"DTEND:20990101T000000Z", b"DTEND:20200102T000000Z"))
    try:
        done = run(planned)
    finally:
        calendar.write_bytes(before)
    assert done.returncode == 3, said(done)
    assert "HIS-6312" in done.stderr
    assert nothing_was_done(planned)
