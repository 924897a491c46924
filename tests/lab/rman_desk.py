"""RMAN without hosts: the tool itself on the state and the files of a lab, in this process."""

from __future__ import annotations

from pathlib import Path

from hisops.lab import faults, history, pair, scenario
from hisops.lab.layout import HOSTS, PRIMARY_HOST, SIDS, Layout
from hisops.lab.seeds import start_states
from hisops.lab.state import State, Store
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.rman import main

_ENV = {"NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS", "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8"}


class Voice(Desk):
    """A desk whose output is kept."""

    def __init__(self, layout: Layout, host: str, argv: list[str]) -> None:
        machine = layout.machine(host)
        env = {"HOME": str(machine.home("oracle")), "ORACLE_SID": SIDS[host], "ORACLE_HOME": str(machine.oracle_home)}
        super().__init__("rman", argv, layout, host, env | _ENV)
        self.said = ""

    def raw(self, data: bytes) -> None:
        self.said += data.decode()


class Site:
    """The databases of a lab with their files, and RMAN."""

    def __init__(self, directory: Path) -> None:
        self.layout = Layout(directory)
        self.store = Store(self.layout.state)
        states = start_states({host: self.layout.machine(host) for host in HOSTS}, 0.0)
        self.layout.nas.mkdir(parents=True)
        for host in HOSTS:
            dbs = self.layout.machine(host).oracle_home / "dbs"
            dbs.mkdir(parents=True)
            (dbs / f"spfile{SIDS[host]}.ora").touch()
        scenario.furnish(self.layout, states)
        for name, state in states.items():
            self.store.write(name, state)
        self.code = 0

    def rman(self, *commands: str, host: str = PRIMARY_HOST) -> str:
        """Carry out a command file; return what was said."""
        file = self.layout.root / "commands.rcv"
        file.write_text("\n".join([*commands, "exit;", ""]))
        desk = Voice(self.layout, host, ["target", "/", f"cmdfile={file}"])
        self.code = main.run(desk)
        return desk.said

    def state(self, name: str = "his") -> State:
        return self.store.read(name)

    def fault(self, name: str, on: bool = True) -> None:
        faults.arm(self.store, name, on)
        scenario.apply(self.layout, name, on)

    def beat(self, *numbers: int) -> None:
        with pair.changing(self.store, "his") as (state, _):
            history.commit(state, [(number, f"2026-11-23T08:00:{number % 60:02d}") for number in numbers], [])

    def file(self, number: int) -> Path:
        return Path(next(file["name"] for file in self.state()["datafiles"] if file["file"] == number))

    def pieces(self, kind: str = "DLCSP") -> list[Path]:
        return [Path(one["handle"]) for one in self.state()["backups"] if one["kind"] in kind]
