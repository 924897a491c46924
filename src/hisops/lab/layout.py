"""Where everything of a lab lies. Nothing outside `root` is ever written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hisops.lab.release import R19, R112, Release

PRIMARY_HOST = "his-db1"
STANDBY_HOST = "his-db2"
LIS_HOST = "lis-db1"
SCRATCH_HOST = "his-rt1"
"""Where backups are restored to be tested: a home, and no database."""
NODES = (PRIMARY_HOST, STANDBY_HOST)
"""The hosts of the Data Guard pair, which are the nodes of the cluster as well."""
HOSTS = (*NODES, LIS_HOST, SCRATCH_HOST)
RECORD = "record.jsonl"
USERS = {PRIMARY_HOST: ("hisops", "oracle"), **dict.fromkeys(HOSTS[1:], ("oracle",))}
LOGIN = {PRIMARY_HOST: "hisops", **dict.fromkeys(HOSTS[1:], "oracle")}
SIDS = {PRIMARY_HOST: "his", STANDBY_HOST: "hisdr", LIS_HOST: "lis", SCRATCH_HOST: "hisrt"}
CLASSES = {PRIMARY_HOST: "production", STANDBY_HOST: "standby", LIS_HOST: "production", SCRATCH_HOST: "scratch"}
_RELEASES = {LIS_HOST: R112}


@dataclass(frozen=True, slots=True)
class Machine:
    """The file system of one host."""

    name: str
    root: Path

    @property
    def bin(self) -> Path:
        """The simulated tools of the system."""
        return self.root / "bin"

    @property
    def tmp(self) -> Path:
        """Cleared at every boot."""
        return self.root / "tmp"

    @property
    def boot_id(self) -> Path:
        """The boot identity, as in /proc/sys/kernel/random/boot_id."""
        return self.root / "proc" / "boot_id"

    @property
    def init(self) -> Path:
        """The pid of the process that plays init, while the host is up."""
        return self.root / "proc" / "init.pid"

    @property
    def oracle_base(self) -> Path:
        """ORACLE_BASE."""
        return self.root / "u01" / "app" / "oracle"

    @property
    def release(self) -> Release:
        """What is installed in the home."""
        return _RELEASES.get(self.name, R19)

    @property
    def oracle_home(self) -> Path:
        """ORACLE_HOME, the only one."""
        return self.oracle_base / "product" / self.release.folder / "dbhome_1"

    @property
    def grid_home(self) -> Path:
        """The home of Grid Infrastructure."""
        return self.root / "u01" / "app" / "19.0.0" / "grid"

    @property
    def grid_base(self) -> Path:
        """ORACLE_BASE of Grid Infrastructure."""
        return self.root / "u01" / "app" / "grid"

    @property
    def nas(self) -> Path:
        """Where backups are copied to: one folder of the hospital's storage, mounted on every host."""
        return self.root / "mnt" / "nas"

    @property
    def inventory(self) -> Path:
        """The central inventory."""
        return self.root / "u01" / "app" / "oraInventory"

    def home(self, user: str) -> Path:
        """Return the home of `user`."""
        return self.root / "home" / user

    def order(self, name: str) -> Path:
        """Return the file by which `reboot`, `cut` or `start` is asked of this host, or by which it is `lost`."""
        return self.root / "proc" / f"order-{name}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of a site with its lab."""

    root: Path

    @property
    def lab(self) -> Path:
        """The lab's own machinery."""
        return self.root / "lab"

    @property
    def state(self) -> Path:
        """One JSON file per database, one for the lab itself."""
        return self.lab / "state"

    @property
    def nas(self) -> Path:
        """What every host sees as its `mnt/nas`."""
        return self.lab / "nas"

    @property
    def record(self) -> Path:
        """The record of every tool that was started and ended."""
        return self.lab / RECORD

    @property
    def lock(self) -> Path:
        """Held by the running server; its pid is inside."""
        return self.lab / "server.pid"

    @property
    def ready(self) -> Path:
        """Written by the server when all hosts listen: pid and ports."""
        return self.lab / "server.json"

    def ports(self) -> dict[str, dict[str, int]]:
        """Return the ports on which the hosts listen; none while the lab is down."""
        try:
            found: dict[str, dict[str, int]] = json.loads(self.ready.read_text())["ports"]
        except FileNotFoundError:
            return {}
        return found

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.lab / "server.log"

    @property
    def keys(self) -> Path:
        """Host keys."""
        return self.lab / "keys"

    def machine(self, host: str) -> Machine:
        """Return the file system of `host`."""
        return Machine(host, self.lab / "hosts" / host)
