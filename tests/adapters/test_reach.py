"""From an inventory to hosts: names, relative paths, one connection each; and the clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hisops.adapters.clock import SystemClock
from hisops.adapters.reach import SiteReach
from hisops.adapters.vault import SiteVault
from hisops.errors import UsageProblem
from hisops.model.site import Host, Site
from hisops.ports import Clock, Command, Reach, Sql, Vault
from hisops.ports import Host as HostPort
from tests.adapters.far_side import Far, Output


def _site(**hosts: Host) -> Site:
    title = {"zh": "医院", "en": "Hospital"}
    return Site(
        hisops="site/v1",
        name="demo",
        title=title,  # type: ignore[arg-type]
        origin="hospital.cn/demo",
        hosts={name.replace("_", "-"): host for name, host in hosts.items()},
        databases={},
    )


@pytest.fixture
def reach(server: Far, tmp_path: Path) -> SiteReach:
    """A site folder with everything relative to it."""
    for name in ("client_key", "known_hosts"):
        (tmp_path / name).write_bytes((server.server.folder / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    (tmp_path / "boot").write_text("boot 1\n")
    his_db1 = Host(
        address="127.0.0.1",
        port=server.server.port,
        user=server.server.user,
        identity_file="client_key",
        boot_id_file=str(tmp_path / "boot"),
        path=("/opt/a b/bin",),
    )
    site = _site(his_db1=his_db1)
    return SiteReach(site, tmp_path, SiteVault(site, tmp_path), ssh_config=server.no_config())


def test_a_host_of_the_site(reach: SiteReach, output: Output) -> None:
    host = reach.host("his-db1")
    assert host is reach.host("his-db1")
    assert host.run(Command(script="echo $PATH"), output) == 0
    assert output.stdout.startswith(b"/opt/a b/bin:/")
    assert host.facts().boot == "boot 1"
    reach.close()
    assert reach.host("his-db1").run(Command(script="true"), output) == 0
    reach.close()


def test_control_is_this_machine(reach: SiteReach, output: Output) -> None:
    assert reach.host("control").run(Command(script="echo $PPID"), output) == 0


def test_unknown_names_are_told(reach: SiteReach) -> None:
    with pytest.raises(UsageProblem) as caught:
        reach.host("his-db9")
    assert "his-db1" in caught.value.advice
    with pytest.raises(UsageProblem):
        reach.sql("none")


def test_the_ports_are_satisfied(reach: SiteReach, tmp_path: Path) -> None:
    """Checked by mypy; here only that it is built."""
    asked: tuple[Reach, HostPort, Vault, Clock] = (
        reach,
        reach.host("control"),
        SiteVault(_site(), tmp_path),
        SystemClock(),
    )
    assert all(asked)
    assert Sql


def test_clocks() -> None:
    clock = SystemClock()
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5
    assert clock.now().tzinfo is UTC
    first, monotonic = clock.boottime(), clock.monotonic()
    clock.sleep(0.01)
    assert clock.boottime() - first >= 10_000
    assert clock.monotonic() > monotonic
    assert abs(clock.boottime() / 1e6 - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
