"""df over the file systems that the lab host has by its own account."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hisops.lab.layout import Machine
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk

_FULL_FREE_KB = 640_000
_STORAGE = {"size_kb": 2_147_483_648, "used_kb": 805_306_368}
_ROOT = {"size_kb": 41_922_560, "used_kb": 14_680_064}


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system of the lab host."""

    device: str
    point: Path
    size_kb: int
    used_kb: int

    @property
    def free_kb(self) -> int:
        """What is left."""
        return max(0, self.size_kb - self.used_kb)


def mount_of(machine: Machine, lab: State, path: Path) -> Mount:
    """Return the file system that `path` lies in, with what really lies there counted in."""
    if path.is_relative_to(machine.nas.resolve()):
        return Mount("nas1:/export/backup", machine.nas, _STORAGE["size_kb"], _STORAGE["used_kb"])
    roots = (machine.root, Path("/"))  # /tmp itself is asked for as well as the lab host's own
    name = next((name for name in lab["mounts"] for root in roots if path.is_relative_to(root / name)), "")
    table = lab["mounts"].get(name, _ROOT)
    point = machine.root / name
    used = table["used_kb"] + _usage_kb(point if name else machine.root / "etc")
    if name == "u01" and "disk-full" in lab["faults"]:
        used = table["size_kb"] - _FULL_FREE_KB
    return Mount(f"/dev/mapper/vg_his-{name or 'root'}", point, table["size_kb"], min(used, table["size_kb"]))


def _usage_kb(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(parent, file)).st_blocks
            except OSError:
                continue
    return total // 2


def run(desk: Desk) -> int:
    """Answer df [-P] [-k|-h] [PATH…] for one file system a path."""
    options = {letter for word in desk.argv if word.startswith("-") for letter in word.lstrip("-")}
    if not options <= set("Pkhm"):
        desk.err(f"df: invalid option -- '{min(options - set('Pkhm'))}'", "Try 'df --help' for more information.")
        return 1
    paths = [Path(word) for word in desk.argv if not word.startswith("-")]
    paths = paths or [desk.machine.root / name for name in desk.lab["mounts"]]
    label, unit = ("Size", 0) if "h" in options else ("1M-blocks", 1024) if "m" in options else ("1024-blocks", 1)
    rows, code = [], 0
    for path in paths:
        if not path.exists():
            desk.err(f"df: {path}: No such file or directory")
            code = 1
            continue
        rows.append(_row(mount_of(desk.machine, desk.lab, path.resolve()), unit))
    if rows:
        desk.out(f"{'Filesystem':<24} {label:>11} {'Used':>10} {'Available':>10} Capacity Mounted on", *rows)
    return code


def _row(mount: Mount, unit: int) -> str:
    sizes = [_human(kb) if not unit else str(kb // unit) for kb in (mount.size_kb, mount.used_kb, mount.free_kb)]
    percent = -(-100 * mount.used_kb // mount.size_kb)
    return f"{mount.device:<24} {sizes[0]:>11} {sizes[1]:>10} {sizes[2]:>10} {percent:>7}% {mount.point}"


def _human(kb: int) -> str:
    return f"{kb / 1048576:.0f}G" if kb >= 1048576 else f"{kb / 1024:.0f}M"
