"""A lab without its server: databases as files and state, and its tools called as functions."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.lab import history, mounting, pair, roles, scenario
from hisops.lab.layout import HOSTS, PRIMARY_HOST, SCRATCH_HOST, SIDS, Layout
from hisops.lab.seeds import start_states
from hisops.lab.state import Store
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.rman import main as rman_main
from hisops.lab.tools.sqlplus.own import COMMANDS
from hisops.lab.tools.sqlplus.plus import Leave, Plus
from hisops.lab.tree import build

NLS = {"NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS", "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8"}


@dataclass(slots=True)
class Quiet(Desk):
    """A desk that keeps what a tool prints."""

    printed: list[bytes] = field(default_factory=list)

    def raw(self, data: bytes) -> None:
        self.printed.append(data)


class Workbench:
    """The hosts of a lab, its tools at hand."""

    def __init__(self, directory: Path) -> None:
        self.layout = Layout(directory)
        self.store = Store(self.layout.state)
        states = start_states({host: self.layout.machine(host) for host in HOSTS}, 0.0)
        for host in (PRIMARY_HOST, SCRATCH_HOST):
            build(self.layout, host)
        scenario.furnish(self.layout, {"his": states["his"]})
        for name, state in states.items():
            self.store.write(name, state)
        self.scratch = self.layout.machine(SCRATCH_HOST)
        self.data = self.scratch.oracle_base / "oradata" / "HIS"
        self.data.mkdir()
        self.pfile = self.scratch.oracle_home / "dbs" / "inithisrt.ora"
        self.write_pfile()
        self.copies = self.scratch.nas / "copies"
        self.code = 0
        self.last = 0

    def write_pfile(self, **more: str) -> None:
        values = {
            "db_name": "HIS", "db_unique_name": "HIS_RT", "control_files": f"'{self.data}/control01.ctl'",
            "sga_target": "1G", "db_recovery_file_dest": f"'{self.scratch.oracle_base}/fast_recovery_area'",
            "db_recovery_file_dest_size": "10G", "job_queue_processes": "0", **more,
        }  # fmt: skip
        self.pfile.write_text("".join(f"*.{name}={value}\n" for name, value in values.items()))

    def rman(self, text: str, host: str = PRIMARY_HOST, argv: tuple[str, ...] = ("target", "/")) -> str:
        file = self.layout.machine(host).tmp / "bench.rcv"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        desk = self._desk("rman", host, [*argv, f"cmdfile={file}"])
        self.code = rman_main.run(desk)
        return b"".join(desk.printed).decode()

    def restore(self, text: str) -> str:
        """RMAN on the scratch host."""
        return self.rman(text, SCRATCH_HOST)

    def auxiliary(self, text: str) -> str:
        """RMAN on the scratch host, whose instance is to become a duplicate."""
        return self.rman(text, SCRATCH_HOST, ("auxiliary", "/"))

    @property
    def production(self) -> Path:
        """The folder of the primary's data files."""
        return self.layout.machine(PRIMARY_HOST).oracle_base / "oradata" / "HIS"

    def sql(self, *lines: str, host: str = SCRATCH_HOST) -> str:
        """SQL*Plus, as SYSDBA."""
        desk = self._desk("sqlplus", host, [])
        plus = Plus(desk, True, COMMANDS)
        try:
            plus.log_on("/ as sysdba")
            for line in lines:
                plus.play_line(line)
            plus.log_off()
        except Leave:
            pass
        return b"".join(desk.printed).decode()

    def beat(self, *numbers: int, gone: tuple[int, ...] = ()) -> int:
        """Commit beats in the primary, or their deletion; return the SCN."""
        with pair.changing_one(self.store, "his") as state:
            history.commit(state, [_row(number) for number in numbers], [_row(number) for number in gone])
            return int(state["scn"])

    def copy_pieces(self) -> Path:
        """Copy all pieces of the primary to where every host sees them."""
        self.copies.mkdir(parents=True, exist_ok=True)
        for one in self.store.read("his")["backups"]:
            if (handle := Path(one["handle"])).exists():
                shutil.copy(handle, self.copies / handle.name)
        return self.copies

    def copied(self, part: str) -> list[Path]:
        """Return the copies whose names have `part`, older ones first."""
        order = [Path(one["handle"]).name for one in self.store.read("his")["backups"]]
        return sorted((path for path in self.copies.glob(f"*{part}*")), key=lambda path: order.index(path.name))

    def control_file(self) -> Path:
        """Return the copy of the newest autobackup."""
        return self.copied("o1_mf_s_")[-1]

    def clear(self) -> None:
        """Leave nothing on the scratch host, and all copies as they were made."""
        with self.store.change("his_rt") as state:
            mounting.bare(state)
            roles.down(state)
        for folder in (self.data, self.scratch.oracle_base / "fast_recovery_area"):
            shutil.rmtree(folder)
            folder.mkdir()
        self.write_pfile()
        self.copy_pieces()

    def mount(self, *, catalog: bool = True) -> None:
        """Start from the parameter file, restore the control file and mount it."""
        self.sql("startup nomount")
        known = f"catalog start with '{self.copies}/' noprompt;\n" if catalog else ""
        self.restore(f"restore controlfile from '{self.control_file()}';\nalter database mount;\n{known}")

    def script(self, until: str) -> str:
        """Return a run block that restores and recovers into the folder of the scratch database."""
        names = f"set newname for database to '{self.data}/%U';"
        return f"run {{\n{until}\n{names}\nrestore database;\nswitch datafile all;\nrecover database;\n}}\n"

    def renaming(self) -> list[str]:
        """Return the statements that put the online logs into that folder."""
        logs = self.state()["logfiles"]
        return [f"alter database rename file '{log}' to '{self.data}/{Path(log).name}';" for log in logs]

    def opening(self) -> str:
        return "\n".join([*self.renaming(), "alter database open resetlogs;"])

    def beats(self) -> list[int]:
        """Return what the restored database shows."""
        said = self.sql("set heading off", "select beat from hisops.hisops_heartbeat order by beat;")
        return [int(line) for line in said.splitlines() if line.strip().isdigit()]

    def state(self) -> dict[str, Any]:
        return self.store.read("his_rt")

    def _desk(self, tool: str, host: str, argv: list[str]) -> Quiet:
        machine = self.layout.machine(host)
        env = {"ORACLE_HOME": str(machine.oracle_home), "ORACLE_SID": SIDS[host], **NLS}
        env["HOME"] = str(machine.home("oracle"))
        return Quiet(tool, argv, self.layout, host, env)


def _row(number: int) -> history.Row:
    return number, f"2026-11-23T08:{number // 60:02d}:{number % 60:02d}"
